/* SPDX-License-Identifier: MIT */
#ifndef KVM_ARCH_BOOT_H
#define KVM_ARCH_BOOT_H

/* What a CPU architecture provides for the start of a guest. As kvm/arch_cpu.h
 * has it. */

#include "kvm/arch_fault.h"
#include "kvm/image/image.h"

/* Registers, stack and tables for the image's CPU mode. */
int arch_vcpu_boot(struct vcpu *vcpu, const struct image *image,
                   struct diag *diag);

/* --- optional: a firmware of ours --- */

struct arch_firmware_ops {
    /* Is it there? To those who step it is one instruction that calls it. */
    bool (*is_there)(struct vcpu *vcpu, uint64_t gva);
    /* After VCPU_EVENT_HALT: was that the firmware, asked for what it has not,
     * or come to by an exception? Then the vCPU is put back to the instruction
     * that led to it, which would do so again. */
    bool (*undo_call)(struct vcpu *vcpu, struct fault *ret);
};

/* NULL: there is none. */
extern const struct arch_firmware_ops *const arch_firmware;

#endif
