/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_STATE_CPUID_H
#define KVM_X86_64_STATE_CPUID_H

/* What the guest's CPUID tells the guest (Intel SDM 2A, CPUID). For the vCPU's
 * owner. */

#include <stdbool.h>
#include <stdint.h>

#include "kvm/vm/types.h"

enum cpuid_register { CPUID_EAX, CPUID_EBX, CPUID_ECX, CPUID_EDX };

/* One bit; leaf and subleaf. */
struct cpuid_bit {
    uint32_t leaf, index;
    enum cpuid_register reg;
    unsigned bit;
};

/* A bit of a leaf, for tables of them. */
#define LEAF1_ECX(bit)                                                         \
    {                                                                          \
        1, 0, CPUID_ECX, bit                                                   \
    }
#define LEAF1_EDX(bit)                                                         \
    {                                                                          \
        1, 0, CPUID_EDX, bit                                                   \
    }
#define LEAF7_EBX(bit)                                                         \
    {                                                                          \
        7, 0, CPUID_EBX, bit                                                   \
    }
#define LEAF7_ECX(bit)                                                         \
    {                                                                          \
        7, 0, CPUID_ECX, bit                                                   \
    }
#define EXT_ECX(bit)                                                           \
    {                                                                          \
        0x80000001, 0, CPUID_ECX, bit                                          \
    }
#define EXT_EDX(bit)                                                           \
    {                                                                          \
        0x80000001, 0, CPUID_EDX, bit                                          \
    }
#define XSAVE_EAX(bit)                                                         \
    {                                                                          \
        0xd, 1, CPUID_EAX, bit                                                 \
    }

/* A register; of leaves without subleaves index is ignored. 0 also when KVM
 * does not say; it is asked once. */
uint32_t x86_cpuid_value(struct vcpu *vcpu, uint32_t leaf, uint32_t index,
                         enum cpuid_register reg);

/* Is it set? False also when KVM does not say. */
bool x86_cpuid_has(struct vcpu *vcpu, const struct cpuid_bit *bit);

#endif
