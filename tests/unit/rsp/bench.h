/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_RSP_BENCH_H
#define TESTS_UNIT_RSP_BENCH_H

/*
 * A session on a fake target, as each test of this folder starts with.
 * Criterion runs each test in a process of its own, so there is one of each.
 */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

#include "tests/support/fake_target.h"
#include "tests/support/wire.h"

/* Criterion's assertions store an int in a bit-field. */
#pragma GCC diagnostic ignored "-Wconversion"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/*
 * The parameters of a test that walks a table: indices, never pointers, because
 * Criterion copies them into another process.
 */
#define TABLE_PARAMETERS(suite, name, table)                                   \
    ParameterizedTestParameters(suite, name)                                   \
    {                                                                          \
        static size_t index[COUNT(table)];                                     \
                                                                               \
        for (size_t i = 0; i < COUNT(index); i++)                              \
            index[i] = i;                                                      \
        return cr_make_param_array(size_t, index, COUNT(index));               \
    }

/* The registers of thread 1: as they are at first. */
#define A_1     "0001020304050607"
#define SP_1    "1011121314151617"
#define PC_1    "2021222324252627"
#define FLAGS_1 "30313233"
#define ST_1    "40414243444546474849"
#define ALL_1   A_1 SP_1 PC_1 FLAGS_1 ST_1 "xxxx"

extern struct fake_target fake;
extern struct rsp_session session;

/* Criterion wants char *, which it does not write to. */
char *str(const char *text);

/* A fresh target and a client that has said hello: packets with blanks
 * between, or "". Their replies are dropped. */
void begin(enum fake_kind kind, const char *hello);

/* Sends each of the packets, with blanks between; the reply of the last. */
const char *ask(const char *packets);

#endif
