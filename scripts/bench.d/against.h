/* SPDX-License-Identifier: MIT */
#ifndef BENCH_AGAINST_H
#define BENCH_AGAINST_H

/*
 * This build of the stub against another one: each suite is run with both, one
 * right after the other and by turns first, so many times. What the machine
 * does meanwhile meets both of a pair, and the median of the pairs' ratios says
 * what is left.
 */

#include "scripts/bench.d/bench.h"

enum {
    AGAINST_PAIRS = 30,
    AGAINST_PAIRS_MAX = 1000,
    AGAINST_EFFORT = 25, /* percent: many pairs say more than long ones */
};

struct against {
    const char *other; /* the program to compare with */
    const char *only;  /* a suite, or NULL */
    unsigned pairs;
    double limit; /* the worst ratio that will do; above 1 is slower */
};

/* Reads the numbers, NULL for the usual ones, and looks whether the program and
 * the suite are there. False: that makes no sense, as was said. */
bool against_parse(struct against *how, const char *pairs, const char *limit);

/* Prints a table. 0, or 1 if a median ratio is worse than the limit or a
 * measurement failed. */
int against_run(struct bench *bench, const struct against *how);

#endif
