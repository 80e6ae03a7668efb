/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "scripts/bench.d/bench.h"
#include "scripts/bench.d/echo.h"
#include "scripts/bench.d/net.h"
#include "scripts/bench.d/vm.h"

/*
 * Single steps, beside three floors: an echo of the same sizes, an echo whose
 * server makes one raw KVM step in between (a stub that costs nothing), and
 * the KVM step alone.
 */

enum { ROUNDS = 20 };

static int reply_length(struct live *live, size_t *ret)
{
    const char *reply = NULL;
    ssize_t n = wire_ask(&live->wire, "vCont;s", &reply);

    if (n < 0)
        return (int)n;
    *ret = bench_framed((size_t)n);
    /* On to the loop's first instruction again. */
    for (unsigned i = 1; i < GUEST_INSTRUCTIONS && n >= 0; i++)
        n = wire_ask(&live->wire, "vCont;s", &reply);
    return n < 0 ? (int)n : 0;
}

static int step(void *context)
{
    struct live *live = context;
    char request[64];

    snprintf(request, sizeof request, "vCont;s:%s", live->wire.thread);
    return wire_expect(&live->wire, request, "T05");
}

static int raw_step(void *context)
{
    return vm_step(context);
}

struct step_run {
    struct live live;
    struct echo echo, echo_step;
    struct vm vm;
};

static int open_step(struct step_run *run, const struct bench *bench,
                     enum guest_mode mode)
{
    size_t request = bench_framed(strlen("vCont;s:1"));
    size_t reply = 0;
    int err = live_open(&run->live, bench, mode);

    if (!err)
        err = reply_length(&run->live, &reply);
    if (!err)
        err = echo_open(&run->echo, request, reply, ECHO_PLAIN);
    if (!err)
        err = echo_open(&run->echo_step, request, reply, (int)mode);
    return err ? err : vm_open(&run->vm, mode);
}

static void close_step(struct step_run *run)
{
    vm_close(&run->vm);
    echo_close(&run->echo_step);
    echo_close(&run->echo);
    live_close(&run->live);
}

struct step_labels {
    const char *id, *label, *ideal_id, *ideal, *raw_id, *raw;
};

/* clang-format off */
static const struct step_labels step_labels[GUEST_MODES] = {
    [GUEST_16] = {"step_16", "step, 16-bit",
                  "ideal_16", "echo with a KVM step, 16-bit",
                  "raw_16", "KVM step alone, 16-bit"},
    [GUEST_32] = {"step_32", "step, 32-bit",
                  "ideal_32", "echo with a KVM step, 32-bit",
                  "raw_32", "KVM step alone, 32-bit"},
    [GUEST_64] = {"step_64", "step, 64-bit",
                  "ideal_64", "echo with a KVM step, 64-bit",
                  "raw_64", "KVM step alone, 64-bit"},
};
/* clang-format on */

static void report_step(struct report *report, const struct step_labels *l,
                        const struct probe *probes)
{
    struct figure steps =
        bench_time(l->id, l->label, &probes[0], &probes[1], "us TCP echo");
    struct figure rate = {
        .id = l->raw_id,
        .label = l->raw,
        .unit = "steps/s",
        .value = 1e6 / probe_us(&probes[3], 0.5),
    };

    steps.goal = (struct goal){GOAL_RATIO, 2};
    report_add(report, steps);
    report_add(report, bench_time(l->ideal_id, l->ideal, &probes[2], &probes[1],
                                  "us TCP echo"));
    report_add(report, rate);
}

static int measure_step(struct bench *bench, enum guest_mode mode)
{
    struct step_run run = {.vm = VM_NONE};
    struct probe probes[] = {
        {.run = step, .context = &run.live},
        {.run = echo_once, .context = &run.echo},
        {.run = echo_once, .context = &run.echo_step},
        {.run = raw_step, .context = &run.vm},
    };
    unsigned per_round = bench_runs(bench, 100) * GUEST_INSTRUCTIONS;
    uint16_t before = 0;
    int err = open_step(&run, bench, mode);

    if (!err)
        err = live_counter(&run.live, &before);
    if (!err)
        err = probe_all(probes, 4, ROUNDS, per_round);
    if (!err)
        err = live_check(&run.live, before, probes[0].n / GUEST_INSTRUCTIONS);
    if (err)
        err = report_error(&bench->report, step_labels[mode].id,
                           step_labels[mode].label, err);
    else
        report_step(&bench->report, &step_labels[mode], probes);
    for (size_t i = 0; i < 4; i++)
        probe_done(&probes[i]);
    close_step(&run);
    return err;
}

int bench_step(struct bench *bench)
{
    int result = 0;

    for (unsigned mode = 0; mode < GUEST_MODES; mode++) {
        int err = 0;

        if (bench->peer->modes & 1u << mode)
            err = measure_step(bench, (enum guest_mode)mode);
        result = err ? err : result;
    }
    return result;
}
