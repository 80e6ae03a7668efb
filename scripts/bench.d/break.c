/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "scripts/bench.d/bench.h"
#include "scripts/bench.d/echo.h"
#include "scripts/bench.d/net.h"
#include "scripts/bench.d/place.h"

/*
 * The guest runs: to a breakpoint, and until it is interrupted.
 */

enum { ROUNDS = 20 };

struct run {
    struct live live;
    struct echo echo;
    char type;  /* '0' or '1': of the Z packet */
    bool after; /* the breakpoint is at the second instruction */
    enum guest_mode mode;
};

static int open_run(struct run *run, const struct bench *bench, size_t request)
{
    const char *reply = NULL;
    ssize_t n;
    int err;

    run->mode = bench_mode(bench);
    err = live_open(&run->live, bench, run->mode);
    if (err)
        return err;
    n = wire_ask(&run->live.wire, "?", &reply);
    if (n < 0)
        return (int)n;
    return echo_open(&run->echo, request, bench_framed((size_t)n), ECHO_PLAIN);
}

static void close_run(struct run *run)
{
    place_restore();
    echo_close(&run->echo);
    live_close(&run->live);
}

/* --- to a breakpoint --- */

static int breakpoint(struct run *run, char packet)
{
    uint64_t offset = run->after ? guests[run->mode].after : GUEST_LOOP;
    char request[64];

    (void)snprintf(request, sizeof request, "%c%c,%" PRIx64 ",1", packet,
                   run->type, run->live.peer->base + offset);
    return wire_expect(&run->live.wire, request, "OK");
}

/* The guest is never resumed from an address with a breakpoint: what that
 * means differs between stubs. GDB does not do it either. */
static int move_breakpoint(void *context)
{
    struct run *run = context;
    int err = breakpoint(run, 'z');

    run->after = !run->after;
    return err ? err : breakpoint(run, 'Z');
}

static int go_on(void *context)
{
    struct run *run = context;

    return wire_expect(&run->live.wire, "vCont;c", "T05");
}

/* A breakpoint packet: Z0, Z1. */
struct kind {
    const char *id, *label;
    char type;
    enum place place;
};

/* clang-format off */
static const struct kind kinds[] = {
    {"break_one",  "to a breakpoint, Z0, one CPU",  '0', PLACE_ONE},
    {"hbreak_one", "to a breakpoint, Z1, one CPU",  '1', PLACE_ONE},
    {"break_two",  "to a breakpoint, Z0, two CPUs", '0', PLACE_TWO},
    {"hbreak_two", "to a breakpoint, Z1, two CPUs", '1', PLACE_TWO},
};
/* clang-format on */

static int measure_breakpoint(struct bench *bench, const struct kind *kind)
{
    struct run run = {.type = kind->type};
    struct probe probes[] = {
        {.prepare = move_breakpoint, .run = go_on, .context = &run},
        {.run = echo_once, .context = &run.echo},
    };
    uint16_t before = 0;
    int err = place_servers(kind->place);

    if (!err)
        err = open_run(&run, bench, bench_framed(strlen("vCont;c")));
    if (!err)
        err = place_client();
    if (!err)
        err = breakpoint(&run, 'Z'); /* at the loop: removed first */
    if (!err)
        err = live_counter(&run.live, &before);
    if (!err)
        err = probe_all(probes, 2, ROUNDS, 2 * bench_runs(bench, 50));
    if (!err)
        err = live_check(&run.live, before, probes[0].n / 2);
    if (!err)
        report_add(&bench->report, bench_time(kind->id, kind->label, &probes[0],
                                              &probes[1], "us TCP echo"));
    probe_done(&probes[0]);
    probe_done(&probes[1]);
    close_run(&run);
    return err;
}

int bench_breakpoint(struct bench *bench)
{
    int result = 0;

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        int err = measure_breakpoint(bench, &kinds[i]);

        if (err)
            err =
                report_error(&bench->report, kinds[i].id, kinds[i].label, err);
        result = err ? err : result;
    }
    return result;
}

/* --- until it is interrupted --- */

/* A millisecond later the guest runs, whatever its stub does first. */
static int let_go(void *context)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    struct run *run = context;
    int err = wire_send(&run->live.wire, "vCont;c", 7);

    nanosleep(&pause, NULL);
    return err;
}

static int interrupt(void *context)
{
    struct run *run = context;
    const char *reply = NULL;
    int err = net_write(run->live.wire.fd, "\003", 1);
    ssize_t n = err ? err : wire_receive(&run->live.wire, &reply);

    return n < 0 ? (int)n : 0;
}

int bench_interrupt(struct bench *bench)
{
    struct run run = {.type = '0'};
    struct probe probes[] = {
        {.prepare = let_go, .run = interrupt, .context = &run},
        {.run = echo_once, .context = &run.echo},
    };
    int err = open_run(&run, bench, 1);

    if (!err)
        err = probe_all(probes, 2, ROUNDS, bench_runs(bench, 10));
    if (err)
        err =
            report_error(&bench->report, "interrupt", "interrupt (0x03)", err);
    else
        report_add(&bench->report,
                   bench_time("interrupt", "interrupt (0x03)", &probes[0],
                              &probes[1], "us TCP echo"));
    probe_done(&probes[0]);
    probe_done(&probes[1]);
    close_run(&run);
    return err;
}
