/* SPDX-License-Identifier: MIT */
#ifndef KVM_CORE_FOREIGN_H
#define KVM_CORE_FOREIGN_H

/*
 * Files that are no guest image but are easily named as one: compressed or
 * packed images, disks in other formats, programs for an operating system,
 * sources. Executed as machine code they end somewhere without a word.
 */

#include <stdbool.h>
#include <stdint.h>

struct foreign {
    const char *what; /* "a qcow2 disk image" */
    const char *cure; /* "convert it with ..." */
};

/* What an open file is, or NULL: nothing that is known here. has_boot_sector:
 * it ends its first sector with the mark of one (many formats leave that sector
 * alone). */
const struct foreign *foreign_image(int fd, uint64_t size,
                                    bool has_boot_sector);
/* The same of a disk's content, which may be anything but a container: its
 * sectors would not be where the guest looks for them. */
const struct foreign *foreign_disk(int fd, uint64_t size);

#endif
