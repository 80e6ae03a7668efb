/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_CPUID_H
#define KVM_X86_64_CPUID_H

/* What the guest's CPUID tells the guest (Intel SDM 2A, CPUID). For the vCPU's
 * owner. */

#include <stdbool.h>
#include <stdint.h>

#include "kvm/vcpu.h"

enum cpuid_register { CPUID_EAX, CPUID_EBX, CPUID_ECX, CPUID_EDX };

/* One bit; leaf and subleaf. */
struct cpuid_bit {
    uint32_t leaf, index;
    enum cpuid_register reg;
    unsigned bit;
};

/* Is it set? An ioctl; false also when KVM does not say. */
bool x86_cpuid_has(struct vcpu *vcpu, const struct cpuid_bit *bit);

#endif
