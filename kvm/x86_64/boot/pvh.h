/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_BOOT_PVH_H
#define KVM_X86_64_BOOT_PVH_H

#include "kvm/image/image.h"
#include "kvm/x86_64/boot/info.h"

/* Xen, xen/include/public/arch-x86/hvm/start_info.h: struct hvm_start_info,
 * version 1. Returns its gpa. */
uint64_t x86_put_pvh(struct info *info, const struct image_boot *boot);

#endif
