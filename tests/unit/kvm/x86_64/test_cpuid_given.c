/* SPDX-License-Identifier: MIT */
/* What of KVM's CPUID the guest is told. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#include "kvm/x86_64/state/cpuid_given.h"
#include "tests/unit/kvm/rows.h"

struct leaf {
    uint32_t function, eax, ebx, ecx, edx;
};

enum { VIRTUAL = 0x100 }; /* the clock; with the index */

/* clang-format off */
static const struct cpuid_row {
    const char *label;
    unsigned index;
    struct leaf from, to; /* function 0 in `to`: it is gone */
} rows[] = {
    {"another leaf", 3, {7, 1, 2, 3, 4}, {7, 1, 2, 3, 4}},
    {"the vendor", 3, {0, 0x16, 2, 3, 4}, {0, 0x16, 2, 3, 4}},
    {"the APIC's ID, not the host's", 3, {1, 5, 0x1f101800, 1u << 31, 0x200},
     {1, 5, 0x03101800, 1u << 31, 0x200}},
    {"KVM's leaves are looked for", 0, {1, 0, 0, 1, 0},
     {1, 0, 0, 0x80000001, 0}},
    {"no x2APIC, no TSC deadline", 0, {1, 0, 0, 0xffffffff, 0xffffffff},
     {1, 0, 0, 0xfedfffff, 0xffffffff}},
    {"the ID once more", 2, {0xb, 1, 2, 3, 0x1f}, {0xb, 1, 2, 3, 2}},
    {"... and again", 2, {0x1f, 1, 2, 3, 0x1f}, {0x1f, 1, 2, 3, 2}},
    {"... and AMD's", 2, {0x8000001e, 0x1f, 1, 2, 3}, {0x8000001e, 2, 1, 2, 3}},
    {"KVM is there", 0, {0x40000000, 0x40000001, 1, 2, 3},
     {0x40000000, 0x40000001, 1, 2, 3}},
    {"no leaf beyond the one", 0, {0x40000000, 0x40000010, 1, 2, 3},
     {0x40000000, 0x40000001, 1, 2, 3}},
    {"its clocks, and no more", 0, {0x40000001, 0xffffffff, 0, 0, 1},
     {0x40000001, 0x0100000b, 0, 0, 0}},
    {"no clock but the machine's", VIRTUAL, {0x40000001, 0xffffffff, 0, 0, 1},
     {0x40000001, 0x00000002, 0, 0, 0}},
    {"its other leaves", 0, {0x40000010, 1, 2, 3, 4}, {0, 0, 0, 0, 0}},
    {"other hypervisors", 0, {0x40000100, 1, 2, 3, 4}, {0, 0, 0, 0, 0}},
};
/* clang-format on */

ParameterizedTestParameters(cpuid_given, leaves)
{
    return row_numbers(ROWS(rows));
}

ParameterizedTest(const size_t *i, cpuid_given, leaves)
{
    const struct cpuid_row *row = &rows[*i];
    const struct kvm_cpuid_entry2 other = {.function = 0x80000001, .eax = 1};
    struct kvm_cpuid2 *cpuid =
        calloc(1, sizeof *cpuid + 2 * sizeof *cpuid->entries);
    const struct kvm_cpuid_entry2 *e;
    bool gone = row->from.function && !row->to.function;

    cr_assert(cpuid != NULL);
    cpuid->nent = 2;
    cpuid->entries[0] = (struct kvm_cpuid_entry2){
        .function = row->from.function,
        .eax = row->from.eax,
        .ebx = row->from.ebx,
        .ecx = row->from.ecx,
        .edx = row->from.edx,
    };
    cpuid->entries[1] = other;
    x86_cpuid_limit(cpuid, row->index & 0xff, row->index & VIRTUAL);
    cr_expect(eq(u32, cpuid->nent, gone ? 1 : 2), "%s", row->label);
    e = &cpuid->entries[0];
    if (!gone)
        cr_expect(e->function == row->to.function && e->eax == row->to.eax &&
                      e->ebx == row->to.ebx && e->ecx == row->to.ecx &&
                      e->edx == row->to.edx,
                  "%s: %x %x %x %x", row->label, e->eax, e->ebx, e->ecx,
                  e->edx);
    e = &cpuid->entries[cpuid->nent - 1];
    cr_expect(e->function == other.function && e->eax == 1, "%s", row->label);
    free(cpuid);
}
