/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/state/cpuid_given.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * KVM_GET_SUPPORTED_CPUID reports x2APIC and the timer's TSC deadline whether
 * or not KVM has the local APIC; without it their MSRs fail or do nothing. So
 * do, of leaf 0x40000001, the page faults that are told by an interrupt (x86.c,
 * kvm_pv_enable_async_pf_int()) and IPIs by hypercall (lapic.c,
 * kvm_pv_send_ipi()). The others of that leaf need a host's scheduler to be of
 * use. KVM's clock goes by the TSC, which is no virtual one.
 */
enum {
    APIC_ID = 24, /* leaf 1, EBX: its shift (Intel SDM 2A, CPUID) */
    X2APIC = 1 << 21,
    TSC_DEADLINE = 1 << 24,
};

/* Whoever looks for the leaves of a hypervisor looks at this bit of leaf 1,
 * ECX, first (AMD APM 3, E.3.2). Not each KVM reports it. */
#define HYPERVISOR (UINT32_C(1) << 31)

/* Leaves and features of KVM's own: Linux, Documentation/virt/kvm/x86/cpuid.rst
 */
#define KVM_SIGNATURE_LEAF UINT32_C(0x40000000)
#define KVM_FEATURES_LEAF  UINT32_C(0x40000001)
enum {
    CLOCKSOURCE = 1 << 0,
    NOP_IO_DELAY = 1 << 1,
    CLOCKSOURCE2 = 1 << 3,
    CLOCKSOURCE_STABLE = 1 << 24,
    CLOCKS = CLOCKSOURCE | CLOCKSOURCE2 | CLOCKSOURCE_STABLE,
};

/* False: the leaf is not there. */
static bool cpuid_given_limit(struct kvm_cpuid_entry2 *e, uint32_t id,
                              bool virtual_clock)
{
    switch (e->function) {
    case 1:
        e->ebx = (e->ebx & ~(UINT32_MAX << APIC_ID)) | id << APIC_ID;
        e->ecx &= ~(uint32_t)(X2APIC | TSC_DEADLINE);
        e->ecx |= HYPERVISOR;
        break;
    case 0xb:
    case 0x1f:
        e->edx = id;
        break;
    case 0x8000001e:
        e->eax = id;
        break;
    case KVM_SIGNATURE_LEAF:
        e->eax = KVM_FEATURES_LEAF; /* the last one */
        break;
    case KVM_FEATURES_LEAF:
        e->eax &= virtual_clock ? (uint32_t)NOP_IO_DELAY
                                : (uint32_t)(NOP_IO_DELAY | CLOCKS);
        e->edx = 0; /* hints */
        break;
    default:
        return e->function >> 28 != 4;
    }
    return true;
}

void x86_cpuid_limit(struct kvm_cpuid2 *cpuid, unsigned index,
                     bool virtual_clock)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < cpuid->nent; i++) {
        struct kvm_cpuid_entry2 entry = cpuid->entries[i];

        if (cpuid_given_limit(&entry, index, virtual_clock))
            cpuid->entries[kept++] = entry;
    }
    cpuid->nent = kept;
}
