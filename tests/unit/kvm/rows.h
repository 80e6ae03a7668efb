/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_KVM_ROWS_H
#define TESTS_UNIT_KVM_ROWS_H

/*
 * Tests as rows of tables. Criterion runs each case in a process of its own
 * and copies the parameter there, so the parameter is a row's index, never
 * anything with a pointer in it.
 */

#include <criterion/parameterized.h>
#include <stddef.h>

enum { ROWS_MAX = 128 };

#define ROWS(table) (sizeof(table) / sizeof *(table))

/* The parameters 0 to n - 1. */
static inline struct criterion_test_params row_numbers(size_t n)
{
    static size_t number[ROWS_MAX];

    for (size_t i = 0; i < n && i < ROWS_MAX; i++)
        number[i] = i;
    return cr_make_param_array(size_t, number, n);
}

#endif
