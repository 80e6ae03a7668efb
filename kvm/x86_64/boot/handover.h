/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_BOOT_HANDOVER_H
#define KVM_X86_64_BOOT_HANDOVER_H

/*
 * The state in which a boot loader leaves the machine, for images that a boot
 * protocol starts.
 */

#include "kvm/core/diag.h"
#include "kvm/image/image.h"
#include "kvm/vm/types.h"
#include "kvm/x86_64/boot/flat.h"

/* The vCPU is at the start of its mode; after this it is where the image's
 * protocol has it, and the guest is told what that promises. -errno with a
 * sentence. */
int x86_hand_over(struct vcpu *vcpu, const struct image *image,
                  const struct x86_gdt *gdt, struct diag *diag);

#endif
