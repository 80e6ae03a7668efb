/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_BOOT_LINUX_H
#define KVM_X86_64_BOOT_LINUX_H

#include "kvm/image/image.h"
#include "kvm/x86_64/boot/info.h"

/* Linux, Documentation/arch/x86/zero-page.rst: struct boot_params, and the
 * command line. Returns its gpa. */
uint64_t x86_put_linux(struct info *info, const struct image_boot *boot);

#endif
