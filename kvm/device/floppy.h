/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_FLOPPY_H
#define KVM_DEVICE_FLOPPY_H

/* Which floppy disk a disk is an image of. There is no drive for it: the BIOS
 * reads it where hard disks are. */

#include <stdint.h>

#include "kvm/core/diag.h"
#include "kvm/device/disk.h"

struct disk_geometry {
    uint16_t cylinders;
    uint8_t heads, sectors;
};

struct floppy {
    struct disk_geometry geometry;
    uint8_t drive; /* what int 0x13, function 8, calls it */
};

/* By its size, or by what its boot sector says of that. NULL: it is none. */
const struct floppy *floppy_of(struct disk *disk);
/* The usual kind, for who wants one without naming it. */
const struct floppy *floppy_usual(void);
/* The disk is a floppy disk, as the user says: it ends where one of those ends
 * that it fits on, with zeros. -EFBIG with a sentence. */
int floppy_make(struct disk *disk, const char *path, struct diag *diag);

#endif
