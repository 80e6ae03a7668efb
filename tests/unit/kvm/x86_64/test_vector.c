/* SPDX-License-Identifier: MIT */
/* The exceptions' table, against Intel SDM 3A table 6-1 and AMD APM 2 table
 * 8-1, which has vectors 28 to 30. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "kvm/x86_64/insn/vector.h"

Test(vector, names_begin_with_the_number)
{
    for (int vector = 0; vector < ARCH_VECTORS; vector++) {
        char start[16];
        int n = snprintf(start, sizeof start, "vector %d, ", vector);

        cr_expect(zero(int, strncmp(x86_vector_name(vector), start, (size_t)n)),
                  "%d: %s", vector, x86_vector_name(vector));
    }
    cr_expect(
        zero(int, strcmp(x86_vector_name(-1), "an exception of unknown kind")));
    cr_expect(zero(int, strcmp(x86_vector_name(ARCH_VECTORS), "an interrupt")));
}

/* A short name is the long one's, in parentheses and small. */
Test(vector, short_names_are_those_of_the_long_ones)
{
    for (unsigned vector = 0; vector < ARCH_VECTORS; vector++) {
        const char *key = arch_vector_name(vector);
        const char *at = strchr(x86_vector_name((int)vector), '(');

        if (!key)
            continue;
        cr_assert(at != NULL);
        at += at[1] == '#' ? 2 : 1;
        cr_expect(zero(int, strncasecmp(at, key, strlen(key))), "%u", vector);
        cr_expect(eq(chr, at[strlen(key)], ')'), "%u", vector);
    }
    cr_expect(arch_vector_name(ARCH_VECTORS) == NULL);
}

Test(vector, error_codes)
{
    static const int with[] = {8, 10, 11, 12, 13, 14, 17, 21, 29, 30};
    size_t i = 0;

    for (int vector = -1; vector < 256; vector++) {
        bool has = i < sizeof with / sizeof with[0] && with[i] == vector;

        i += has;
        cr_expect(eq(int, x86_vector_has_code(vector), has), "%d", vector);
    }
}

Test(vector, kinds_of_mistake)
{
    static const struct {
        int vector;
        enum fault_class kind;
    } rows[] = {{-1, FAULT_UNKNOWN},         {X86_DE, FAULT_ARITHMETIC},
                {X86_OF, FAULT_ARITHMETIC},  {X86_MF, FAULT_ARITHMETIC},
                {X86_XM, FAULT_ARITHMETIC},  {X86_UD, FAULT_ILLEGAL},
                {X86_NM, FAULT_ILLEGAL},     {X86_PF, FAULT_MEMORY},
                {X86_GP, FAULT_MEMORY},      {X86_DB, FAULT_MEMORY},
                {ARCH_VECTORS, FAULT_MEMORY}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect(
            eq(int, (int)x86_fault_class(rows[i].vector), (int)rows[i].kind),
            "%d", rows[i].vector);
}
