/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_BOOT_MULTIBOOT_H
#define KVM_X86_64_BOOT_MULTIBOOT_H

#include "kvm/image/image.h"
#include "kvm/x86_64/boot/info.h"

/* Multiboot Specification 0.6.96, 3.3: the structure, and what it leads to.
 * Returns its gpa. */
uint64_t x86_put_multiboot(struct info *info, const struct image_boot *boot);

#endif
