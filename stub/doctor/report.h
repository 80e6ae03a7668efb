/* SPDX-License-Identifier: MIT */
#ifndef STUB_DOCTOR_REPORT_H
#define STUB_DOCTOR_REPORT_H

/*
 * Inside --doctor: what was found, what follows from it, and the two ways to
 * print it. All but doctor_examine() only look at a report, so tests can make
 * one up (a probe whose answers are all known needs no KVM).
 */

#include <stdbool.h>
#include <stdio.h>

#include "kvm/core/diag.h"
#include "kvm/core/trap.h"
#include "kvm/probe/types.h"

enum { DOCTOR_CAPS_MAX = 32 };

struct doctor_report {
    struct host host;
    int error;        /* -errno: KVM cannot be used, and diag says why */
    struct diag diag; /* the rest is empty then */
    int api;
    int cap[DOCTOR_CAPS_MAX]; /* by host_cap_at() */
    struct probe probe;
    const struct trap *trap;
};

/* Something that a user of the debugger wants: features that must all work in
 * all contexts of the kernel, of user code, or of both. */
enum doctor_where { IN_KERNEL = 1, IN_USER = 2, IN_BOTH = 3 };

enum { DOCTOR_TRAP = PROBE_FEATURES }; /* the trap instruction of the host */

struct doctor_ability {
    const char *key, *text;
    enum doctor_where where;
    unsigned n;
    unsigned feature[4];
    const char *instead; /* what the stub does without it */
};

/* A question of needs:NAME, in terms of the probe. */
struct doctor_need {
    const struct doctor_ability *ability; /* or NULL, and then: */
    unsigned feature;
    int context; /* -1: all */
};

/* One "no" of the probe. */
struct doctor_reason {
    enum probe_feature feature;
    unsigned context;
};

void doctor_examine(struct doctor_report *ret);

/* NULL after the last. */
const struct doctor_ability *doctor_ability_at(unsigned i);
/* Does it work? If not, *ret_reason is the first cell that says no. */
bool doctor_has(struct doctor_report *report,
                const struct doctor_ability *ability,
                struct doctor_reason *ret_reason);
/* An ability, a feature, or feature@context. false: no such name. */
bool doctor_find_need(const char *name, struct doctor_need *ret);
bool doctor_meets(struct doctor_report *report, const struct doctor_need *need,
                  struct doctor_reason *ret_reason);

/* The verdict, as the program's exit status. */
int doctor_status(struct doctor_report *report);
/* What to do where KVM cannot be used; NULL after the last that applies. */
const char *doctor_hint(const struct doctor_report *report, unsigned i);

void doctor_print_text(struct doctor_report *report, FILE *out);
void doctor_print_json(struct doctor_report *report, FILE *out);

#endif
