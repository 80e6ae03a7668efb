/* SPDX-License-Identifier: MIT */
#ifndef KVM_IMAGE_MULTIBOOT_H
#define KVM_IMAGE_MULTIBOOT_H

/* Multiboot Specification 0.6.96: an image with its header in the first 8192
 * bytes, as ELF or with the addresses in the header ("a.out kludge"). */

#include "kvm/image/job.h"

/* Loads it; fills in ret but for its mode and what goes along.
 * LOAD_NOT_MINE: it has no such header. -errno with a sentence. */
int load_multiboot(const struct load_job *job, struct image *ret);

#endif
