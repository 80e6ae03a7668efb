/* SPDX-License-Identifier: MIT */
/* A message and a register call an MSR the same. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "kvm/x86_64/state/msr.h"
#include "stub/x86_64/row.h"

/* A row of them has one name in messages: "an mtrr_phys". */
static bool is_called(const char *row, const char *name)
{
    static const char one_of[] = "an ";

    if (!name)
        return false;
    if (!strncmp(name, one_of, sizeof one_of - 1))
        return strstr(row, name + sizeof one_of - 1) == row;
    return !strcmp(row, name);
}

Test(msr_names, are_those_of_the_registers)
{
    const struct row *row;
    size_t seen = 0;

    for (size_t id = 0; (row = x86_row(id)); id++) {
        if (row->bank != X86_BANK_MSR)
            continue;
        cr_expect(is_called(row->name, x86_msr_name(row->offset)), "%s",
                  row->name);
        seen++;
    }
    cr_expect(gt(sz, seen, 40));
}

Test(msr_names, others)
{
    cr_expect(eq(int, x86_msr_name(0x12345) == NULL, true));
    cr_expect(is_called(&"an x2APIC register"[3], x86_msr_name(0x802)));
    cr_expect(is_called("efer", x86_msr_name(0xc0000080)));
}
