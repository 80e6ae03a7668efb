/* SPDX-License-Identifier: MIT */
#ifndef KVM_IMAGE_ADDRESSES_H
#define KVM_IMAGE_ADDRESSES_H

/* Images whose boot header says itself where they go: multiboot 1 and 2. */

#include "kvm/image/job.h"

/* Multiboot Specification 0.6.96, 3.1.3; 2.0, 3.1.7 and 3.1.8: gpa. */
struct load_addresses {
    uint64_t offset; /* of the header in the file */
    uint32_t header_addr, load_addr;
    uint32_t load_end; /* 0: all of the file */
    uint32_t bss_end;  /* 0: there is none */
    uint32_t entry;
};

/* Loads the file by them; fills in ret but for its mode and what goes along.
 * -ENOEXEC and -E2BIG with a sentence. */
int load_by_addresses(const struct load_job *job,
                      const struct load_addresses *at, struct image *ret);

#endif
