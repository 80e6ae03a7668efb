/* SPDX-License-Identifier: MIT */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

/* The figures: a table for people as they come, JSON for programs at the
 * end. */

#include <stdbool.h>
#include <stddef.h>

/* What the project wants of a figure. */
struct goal {
    enum { GOAL_NONE, GOAL_RATIO, GOAL_AT_MOST, GOAL_AT_LEAST } kind;
    double number;
};

struct figure {
    const char *id;    /* in the JSON: "step_64" */
    const char *label; /* in the table: "step, 64-bit" */
    const char *unit;
    double value;
    const char *floor; /* label of the floor, or NULL when there is none */
    double floor_value;
    bool machine;     /* of the machine, whatever stub is measured */
    bool rate;        /* more is better, so the ratio is floor to value */
    double best, p99; /* of single runs, in unit; 0 when not known */
    struct goal goal;
    const char *error; /* instead of a value; or NULL */
};

enum { REPORT_MAX = 64 };

struct report {
    const char *peer;
    bool goals; /* of this peer anything is wanted */
    bool quiet; /* no table */
    size_t n;
    struct figure figures[REPORT_MAX];
};

void report_begin(struct report *report, const char *peer, bool goals);
/* The strings are borrowed for good. */
void report_add(struct report *report, struct figure figure);
/* Instead of a figure that could not be had. Returns err, but 0 for -ENOTSUP:
 * that the peer has no such thing is an answer too. */
int report_error(struct report *report, const char *id, const char *label,
                 int err);
int report_write_json(const struct report *report, const char *path);

#endif
