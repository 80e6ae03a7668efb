/* SPDX-License-Identifier: MIT */
#ifndef KVM_IMAGE_MULTIBOOT2_H
#define KVM_IMAGE_MULTIBOOT2_H

/* Multiboot Specification 2.0, for i386: an image with its header in the first
 * 32768 bytes, as ELF or with its addresses in a tag. */

#include "kvm/image/job.h"

/* As load_multiboot(). */
int load_multiboot2(const struct load_job *job, struct image *ret);

#endif
