/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/state/cpuid.h"

#include <stdlib.h>

#include <linux/kvm.h>

#include "kvm/core/link.h"

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
static bool is_entry(const struct kvm_cpuid_entry2 *e,
                     const struct cpuid_bit *bit)
{
    return e->function == bit->leaf &&
           (!(e->flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX) ||
            e->index == bit->index);
}

bool x86_cpuid_has(struct vcpu *vcpu, const struct cpuid_bit *bit)
{
    const size_t size = sizeof(struct kvm_cpuid2) +
                        ENTRIES_MAX * sizeof(struct kvm_cpuid_entry2);
    struct kvm_cpuid2 *cpuid = calloc(1, size);
    bool has = false;

    if (!cpuid)
        return false;
    cpuid->nent = ENTRIES_MAX;
    if (vcpu_ioctl_sized(vcpu, KVM_GET_CPUID2, cpuid, size) < 0)
        cpuid->nent = 0;
    for (uint32_t i = 0; i < cpuid->nent && !has; i++)
        has = is_entry(&cpuid->entries[i], bit) &&
              value_of(&cpuid->entries[i], bit->reg) >> bit->bit & 1;
    free(cpuid);
    return has;
}
