/* SPDX-License-Identifier: MIT */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

/*
 * What is measured. Each of these adds its figures to the report, or what went
 * wrong instead, and returns 0 or -errno.
 */

#include <stdbool.h>
#include <stddef.h>

#include "scripts/bench.d/peer.h"
#include "scripts/bench.d/probe.h"
#include "scripts/bench.d/report.h"

struct bench {
    const struct peer *peer;
    const char *program; /* instead of the peer's own, or NULL */
    const char *gdb;
    unsigned effort; /* percent of the usual number of runs */
    struct report report;
};

int bench_step(struct bench *bench);       /* vCont;s to the stop reply */
int bench_breakpoint(struct bench *bench); /* vCont;c to the next one */
int bench_interrupt(struct bench *bench);  /* 0x03 to the stop reply */
int bench_watch(struct bench *bench);      /* points that are not hit */
int bench_complete(struct bench *bench);   /* what KVM leaves to the stub */
int bench_transfer(struct bench *bench);   /* x, m, X and M */
int bench_start(struct bench *bench);      /* from exec to listening */
int bench_resident(struct bench *bench);   /* beside guest memory */
int bench_gdb(struct bench *bench);        /* a real gdb at the other end */

/* All of them. */
struct suite {
    const char *name;
    int (*run)(struct bench *bench);
    bool compared; /* with another build: scripts/bench --against */
};
/* NULL after the last. */
const struct suite *suite_at(size_t i);

/* A stub with its client, the guest at its loop. */
struct live {
    const struct peer *peer;
    struct stub stub;
    struct wire wire;
};

int live_open(struct live *live, const struct bench *bench,
              enum guest_mode mode);
void live_close(struct live *live);
/* The guest's counter, 16 bits of it; and whether it has gone on by so much:
 * 0 or -EIO. What is measured is checked by it, off the clock. */
int live_counter(struct live *live, uint16_t *ret);
int live_check(struct live *live, uint16_t before, size_t counts);

/* Runs the guest for a while: how many counts a second. */
int live_rate(struct live *live, double *ret);
/* Sorts them. */
double bench_median(double *values, size_t n);

/* The first mode that the peer can be given, the widest first. */
enum guest_mode bench_mode(const struct bench *bench);
/* The bytes of a packet with a payload of so many. */
size_t bench_framed(size_t payload);
/* How many runs to make of what usually takes n. */
unsigned bench_runs(const struct bench *bench, unsigned n);

/* A probe's median as a figure in microseconds, with its floor beside it. */
struct figure bench_time(const char *id, const char *label,
                         const struct probe *probe, const struct probe *floor,
                         const char *floor_label);

#endif
