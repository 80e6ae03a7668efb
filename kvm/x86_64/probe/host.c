/* SPDX-License-Identifier: MIT */
#include <cpuid.h>
#include <string.h>

#include "kvm/arch_probe.h"

/* Leaf and bit of ECX that say "virtualization", Intel SDM 2A (CPUID), AMD APM
 * 3 E.3.2, E.4.1. */
/* clang-format off */
static const struct {
    unsigned leaf, bit;
    const char *module;
} kinds[] = {
    {1,          5, "kvm_intel"}, /* VMX */
    {0x80000001, 2, "kvm_amd"},   /* SVM */
};
/* clang-format on */

enum { HYPERVISOR_BIT = 31 };      /* of leaf 1 ECX: reserved for this use */
#define HYPERVISOR_LEAF 0x40000000 /* its name in EBX, ECX, EDX */

static bool has_bit(unsigned leaf, unsigned bit)
{
    unsigned eax, ebx, ecx, edx;

    return __get_cpuid(leaf, &eax, &ebx, &ecx, &edx) && ecx >> bit & 1;
}

/* __get_cpuid() asks for the largest leaf first, which leaves this out. */
static void read_hypervisor(char name[HOST_WORD])
{
    unsigned eax, part[3];

    __cpuid(HYPERVISOR_LEAF, eax, part[0], part[1], part[2]);
    memcpy(name, part, sizeof part);
    name[sizeof part] = '\0';
}

void arch_host_read(struct host *ret)
{
    ret->is_virtual = has_bit(1, HYPERVISOR_BIT);
    if (ret->is_virtual)
        read_hypervisor(ret->hypervisor);
    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (has_bit(kinds[i].leaf, kinds[i].bit))
            ret->cpu_module = kinds[i].module;
}
