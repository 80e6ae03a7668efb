/* SPDX-License-Identifier: MIT */
#include "scripts/bench.d/probe.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int run_once(struct probe *p)
{
    int err = p->prepare ? p->prepare(p->context) : 0;
    uint64_t start;

    if (err)
        return err;
    start = now_ns();
    err = p->run(p->context);
    if (!err)
        p->ns[p->n++] = now_ns() - start;
    return err;
}

static int run_round(struct probe *p, unsigned per_round)
{
    int err = 0;

    for (unsigned i = 0; i < per_round && !err; i++)
        err = run_once(p);
    return err;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

int probe_all(struct probe *probes, size_t count, unsigned rounds,
              unsigned per_round)
{
    int err = 0;

    for (size_t i = 0; i < count; i++) {
        probes[i].n = 0;
        probes[i].ns = calloc((size_t)rounds * per_round, sizeof(uint64_t));
        if (!probes[i].ns)
            return -ENOMEM;
    }
    for (unsigned r = 0; r < rounds && !err; r++)
        for (size_t i = 0; i < count && !err; i++)
            err = run_round(&probes[i], per_round);
    for (size_t i = 0; i < count; i++)
        qsort(probes[i].ns, probes[i].n, sizeof(uint64_t), by_value);
    return err;
}

void probe_done(struct probe *probe)
{
    free(probe->ns);
    probe->ns = NULL;
    probe->n = 0;
}

double probe_us(const struct probe *probe, double quantile)
{
    if (!probe->n)
        return 0;
    return (double)probe->ns[(size_t)(quantile * (double)(probe->n - 1))] /
           1000;
}
