/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/state/cpuid.h"

#include <stdlib.h>

#include <linux/kvm.h>

#include "kvm/core/link.h"
#include "kvm/x86_64/state/state.h"

enum { ENTRIES_MAX = 256 };

static uint32_t value_of(const struct kvm_cpuid_entry2 *e,
                         enum cpuid_register reg)
{
    const uint32_t values[] = {[CPUID_EAX] = e->eax,
                               [CPUID_EBX] = e->ebx,
                               [CPUID_ECX] = e->ecx,
                               [CPUID_EDX] = e->edx};

    return values[reg];
}

/* The index counts only where the leaf has subleaves. */
static bool is_entry(const struct kvm_cpuid_entry2 *e, uint32_t leaf,
                     uint32_t index)
{
    return e->function == leaf &&
           (!(e->flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX) || e->index == index);
}

/* KVM changes a few bits of it, by CR4 and IA32_APIC_BASE; nobody here asks for
 * those. */
static const struct kvm_cpuid2 *cpuid_of(struct vcpu *vcpu)
{
    const size_t size = sizeof(struct kvm_cpuid2) +
                        ENTRIES_MAX * sizeof(struct kvm_cpuid_entry2);
    struct kvm_cpuid2 *cpuid = vcpu->arch->cpuid;

    if (cpuid)
        return cpuid;
    cpuid = calloc(1, size);
    if (!cpuid)
        return NULL;
    cpuid->nent = ENTRIES_MAX;
    if (vcpu_ioctl_sized(vcpu, KVM_GET_CPUID2, cpuid, size) < 0)
        cpuid->nent = 0;
    vcpu->arch->cpuid = cpuid;
    return cpuid;
}

uint32_t x86_cpuid_value(struct vcpu *vcpu, uint32_t leaf, uint32_t index,
                         enum cpuid_register reg)
{
    const struct kvm_cpuid2 *cpuid = cpuid_of(vcpu);
    uint32_t value = 0;

    for (uint32_t i = 0; cpuid && i < cpuid->nent; i++)
        if (is_entry(&cpuid->entries[i], leaf, index))
            value = value_of(&cpuid->entries[i], reg);
    return value;
}

bool x86_cpuid_has(struct vcpu *vcpu, const struct cpuid_bit *bit)
{
    return x86_cpuid_value(vcpu, bit->leaf, bit->index, bit->reg) >> bit->bit &
           1;
}
