/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "scripts/bench.d/bench.h"
#include "scripts/bench.d/echo.h"
#include "scripts/bench.d/net.h"
#include "scripts/bench.d/place.h"
#include "scripts/bench.d/vm.h"

/*
 * Single steps, beside three floors: an echo of the same sizes, an echo whose
 * server makes one raw KVM step in between (a stub that costs nothing), and
 * the KVM step alone. Client and stub on one CPU, then on two.
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

    (void)snprintf(request, sizeof request, "vCont;s:%s", live->wire.thread);
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

static int open_placed(struct step_run *run, const struct bench *bench,
                       enum guest_mode mode, enum place place)
{
    int err = place_servers(place);

    if (!err)
        err = open_step(run, bench, mode);
    return err ? err : place_client();
}

static void close_step(struct step_run *run)
{
    place_restore();
    vm_close(&run->vm);
    echo_close(&run->echo_step);
    echo_close(&run->echo);
    live_close(&run->live);
}

/* A row of figures. */
struct kind {
    enum guest_mode mode;
    enum place place;
    const char *id, *label;
    const char *ideal_id, *ideal; /* echo_step */
    const char *raw_id, *raw;     /* vm; NULL: told elsewhere */
};

/* clang-format off */
static const struct kind kinds[] = {
    {GUEST_16, PLACE_ONE, "step_16_one", "step, 16-bit, one CPU",
     "ideal_16_one", "  echo with a KVM step", "raw_16", "  KVM step alone"},
    {GUEST_32, PLACE_ONE, "step_32_one", "step, 32-bit, one CPU",
     "ideal_32_one", "  echo with a KVM step", "raw_32", "  KVM step alone"},
    {GUEST_64, PLACE_ONE, "step_64_one", "step, 64-bit, one CPU",
     "ideal_64_one", "  echo with a KVM step", "raw_64", "  KVM step alone"},
    {GUEST_16, PLACE_TWO, "step_16_two", "step, 16-bit, two CPUs",
     "ideal_16_two", "  echo with a KVM step", NULL, NULL},
    {GUEST_32, PLACE_TWO, "step_32_two", "step, 32-bit, two CPUs",
     "ideal_32_two", "  echo with a KVM step", NULL, NULL},
    {GUEST_64, PLACE_TWO, "step_64_two", "step, 64-bit, two CPUs",
     "ideal_64_two", "  echo with a KVM step", NULL, NULL},
};
/* clang-format on */

static void report_step(struct report *report, const struct kind *kind,
                        const struct probe *probes)
{
    struct figure steps = bench_time(kind->id, kind->label, &probes[0],
                                     &probes[1], "us TCP echo");
    struct figure ideal = bench_time(kind->ideal_id, kind->ideal, &probes[2],
                                     &probes[1], "us TCP echo");
    struct figure raw = bench_time(kind->raw_id, kind->raw, &probes[3],
                                   &probes[1], "us TCP echo");

    steps.goal = (struct goal){GOAL_RATIO, 2};
    ideal.machine = raw.machine = true;
    report_add(report, steps);
    report_add(report, ideal);
    if (kind->raw)
        report_add(report, raw);
}

static int measure(struct bench *bench, const struct kind *kind)
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
    int err = open_placed(&run, bench, kind->mode, kind->place);

    if (!err)
        err = live_counter(&run.live, &before);
    if (!err)
        err = probe_all(probes, 4, ROUNDS, per_round);
    if (!err)
        err = live_check(&run.live, before, probes[0].n / GUEST_INSTRUCTIONS);
    if (err)
        err = report_error(&bench->report, kind->id, kind->label, err);
    else
        report_step(&bench->report, kind, probes);
    for (size_t i = 0; i < 4; i++)
        probe_done(&probes[i]);
    close_step(&run);
    return err;
}

int bench_step(struct bench *bench)
{
    int result = 0;

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        int err = 0;

        if (bench->peer->modes & 1u << kinds[i].mode)
            err = measure(bench, &kinds[i]);
        result = err ? err : result;
    }
    return result;
}
