/* SPDX-License-Identifier: MIT */
#ifndef BENCH_PROBE_H
#define BENCH_PROBE_H

/*
 * Timing. A probe is one thing that can be done again and again; probes whose
 * times will be compared are taken in turns within one run, so that whatever
 * else the machine does meets all of them alike. The times of single runs are
 * kept: a median says more than a mean on a machine that others use too.
 */

#include <stddef.h>
#include <stdint.h>

struct probe {
    int (*prepare)(void *context); /* not timed; may be NULL */
    int (*run)(void *context);     /* timed; 0 or -errno */
    void *context;
    uint64_t *ns; /* one per run, sorted by probe_all() */
    size_t n;
};

/* Runs each of the probes per_round times, rounds times over. 0 or -errno of
 * the run that failed; the times taken so far stay. */
int probe_all(struct probe *probes, size_t count, unsigned rounds,
              unsigned per_round);
void probe_done(struct probe *probe);

/* A quantile of the times, in microseconds: 0 the best, 0.5 the median. */
double probe_us(const struct probe *probe, double quantile);

uint64_t now_ns(void);

#endif
