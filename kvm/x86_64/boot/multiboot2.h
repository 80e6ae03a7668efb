/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_BOOT_MULTIBOOT2_H
#define KVM_X86_64_BOOT_MULTIBOOT2_H

#include "kvm/image/image.h"
#include "kvm/x86_64/boot/info.h"

/* Multiboot Specification 2.0, 3.6: the structure of tags. Returns its gpa. */
uint64_t x86_put_multiboot2(struct info *info, const struct image_boot *boot);

#endif
