/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "scripts/bench.d/bench.h"
#include "scripts/bench.d/echo.h"
#include "scripts/bench.d/net.h"
#include "scripts/bench.d/vm.h"

/*
 * What watchpoints and breakpoints cost that are not hit: how fast a loop runs
 * that counts in memory. And how soon a hundred watchpoints are set.
 */

enum {
    SLICE_MS = 100,
    SLICES = 15,
    SETS = 30,
    RAW_WRITES = 2000,
    WARM_COUNTS = 10000,
    WATCHPOINTS = 100,
    PAGE = 4096,
    GUEST_STACK = 0xa00,
};

/* --- points --- */

struct points {
    char type; /* of the Z packet */
    uint64_t offset, stride;
    unsigned count, size;
};

static int send_point(struct live *live, char packet, const struct points *p,
                      unsigned i)
{
    uint64_t at = live->peer->base + p->offset + i * p->stride;
    char request[64];
    int n = snprintf(request, sizeof request, "%c%c,%" PRIx64 ",%x", packet,
                     p->type, at, p->size);

    return wire_send(&live->wire, request, (size_t)n);
}

static int expect(struct live *live, const char *start)
{
    const char *reply = NULL;
    ssize_t n = wire_receive(&live->wire, &reply);

    if (n < 0)
        return (int)n;
    if (n == 0)
        return -ENOTSUP;
    return strncmp(reply, start, strlen(start)) ? -EPROTO : 0;
}

/* All at once, or waiting for each reply as GDB does. */
static int send_points(struct live *live, char packet, const struct points *p,
                       bool wait)
{
    int err = 0;

    for (unsigned i = 0; i < p->count && !err; i++) {
        err = send_point(live, packet, p, i);
        if (wait && !err)
            err = expect(live, "OK");
    }
    for (unsigned i = 0; i < p->count && !err && !wait; i++)
        err = expect(live, "OK");
    return err;
}

/* --- how fast a loop runs --- */

static int counter_of(struct live *live, uint32_t *ret)
{
    uint8_t b[4];
    int err =
        wire_peek(&live->wire, live->peer->base + GUEST_COUNTER, b, sizeof b);

    *ret = b[0] | b[1] << 8 | b[2] << 16 | (uint32_t)b[3] << 24;
    return err;
}

/* Runs the guest for a while; counts a second. */
int live_rate(struct live *live, double *ret)
{
    const struct timespec pause = {.tv_nsec = SLICE_MS * 1000000};
    uint32_t before = 0, after = 0;
    uint64_t start;
    int err = counter_of(live, &before);

    if (err)
        return err;
    start = now_ns();
    err = wire_send(&live->wire, "vCont;c", strlen("vCont;c"));
    nanosleep(&pause, NULL);
    if (!err)
        err = net_write(live->wire.fd, "\003", 1);
    if (!err)
        err = expect(live, "T");
    start = now_ns() - start;
    if (!err)
        err = counter_of(live, &after);
    *ret = (double)(uint32_t)(after - before) * 1e9 / (double)start;
    return err;
}

static int raw_slice(struct vm *vm, double *ret)
{
    uint64_t start = now_ns();
    int err = vm_run_guarded(vm, RAW_WRITES);

    *ret = RAW_WRITES * 1e9 / (double)(now_ns() - start);
    return err;
}

/* Raw single steps, all of those from one count to the next. */
static int raw_steps(struct vm *vm, double *ret)
{
    uint64_t start = now_ns();
    int err = 0;

    for (unsigned i = 0; i < RAW_WRITES && !err; i++)
        err = vm_step(vm);
    *ret = RAW_WRITES * 1e9 / GUEST_INSTRUCTIONS / (double)(now_ns() - start);
    return err;
}

/* The stack pointer leads to the watched page, where a stub may have to step:
 * the loop itself has no stack. */
static int move_stack(struct live *live, enum guest_mode mode)
{
    uint64_t sp = live->peer->base + GUEST_STACK;
    unsigned size = mode == GUEST_64 ? 8 : 4;
    char request[32];
    int n = snprintf(request, sizeof request, "P%d=", mode == GUEST_64 ? 7 : 4);

    for (unsigned i = 0; i < size; i++)
        n += snprintf(request + n, sizeof request - (size_t)n, "%02x",
                      (unsigned)(sp >> 8 * i & 0xff));
    return wire_expect(&live->wire, request, "OK");
}

enum floor { FLOOR_LOOP, FLOOR_RAW, FLOOR_STEP };

/* clang-format off */
static const struct scene {
    const char *id, *label;
    struct points points;
    enum floor floor;
    double goal;
} scenes[] = {
    {"watch_beside", "beside a watched word",
     {'2', GUEST_COUNTER + 9, 0, 1, 3}, FLOOR_RAW, 2},
    {"watch_stack", "beside it and a stack",
     {'2', GUEST_COUNTER + 9, 0, 1, 3}, FLOOR_STEP, 2},
    {"breaks_far", "1000 breakpoints elsewhere",
     {'0', PEER_DATA_OFFSET, 16, 1000, 1}, FLOOR_LOOP, 1.05},
    {"breaks_near", "1000 breakpoints on its page",
     {'0', GUEST_COUNTER + 16, 1, 1000, 1}, FLOOR_LOOP, 1.05},
};
/* clang-format on */

struct scene_run {
    const struct scene *scene;
    struct live live;
    struct vm vm;
    double rate[SLICES], floor[SLICES];
};

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

double bench_median(double *values, size_t n)
{
    qsort(values, n, sizeof *values, by_size);
    return values[n / 2];
}

/* A stub may go slowly at first, to see where the guest goes. */
static int warm_up(struct live *live, const struct points *points)
{
    uint32_t counted = 0;
    double ignored;
    int err = send_points(live, 'Z', points, true);

    while (counted < WARM_COUNTS && !err) {
        err = live_rate(live, &ignored);
        if (!err)
            err = counter_of(live, &counted);
    }
    return err ? err : send_points(live, 'z', points, true);
}

static int open_scene(struct scene_run *run, const struct bench *bench)
{
    int err = live_open(&run->live, bench, bench_mode(bench));

    if (!err)
        err = warm_up(&run->live, &run->scene->points);
    if (!err && run->scene->floor != FLOOR_LOOP)
        err = vm_open(&run->vm, bench_mode(bench));
    if (!err && run->scene->floor == FLOOR_STEP)
        err = move_stack(&run->live, bench_mode(bench));
    if (!err && run->scene->floor == FLOOR_RAW)
        err = vm_guard(&run->vm);
    return err;
}

static int take_turns(struct scene_run *run, unsigned i)
{
    const struct points *points = &run->scene->points;
    int err = send_points(&run->live, 'Z', points, true);

    if (!err)
        err = live_rate(&run->live, &run->rate[i]);
    if (!err)
        err = send_points(&run->live, 'z', points, true);
    if (err)
        return err;
    switch (run->scene->floor) {
    case FLOOR_RAW:
        return raw_slice(&run->vm, &run->floor[i]);
    case FLOOR_STEP:
        return raw_steps(&run->vm, &run->floor[i]);
    default:
        return live_rate(&run->live, &run->floor[i]);
    }
}

static void report_scene(struct report *report, struct scene_run *run, size_t n)
{
    static const char *const floors[] = {
        [FLOOR_LOOP] = "k/s without",
        [FLOOR_RAW] = "k/s raw MMIO exits",
        [FLOOR_STEP] = "k/s raw steps",
    };

    report_add(report, (struct figure){
                           .id = run->scene->id,
                           .label = run->scene->label,
                           .unit = "k/s",
                           .value = bench_median(run->rate, n) / 1000,
                           .floor = floors[run->scene->floor],
                           .floor_value = bench_median(run->floor, n) / 1000,
                           .rate = true,
                           .goal = {GOAL_RATIO, run->scene->goal},
                       });
}

static int measure_scene(struct bench *bench, const struct scene *scene)
{
    struct scene_run run = {.scene = scene, .vm = VM_NONE};
    unsigned slices = bench_runs(bench, SLICES);
    int err = open_scene(&run, bench);

    for (unsigned i = 0; i < slices && !err; i++)
        err = take_turns(&run, i);
    if (err)
        err = report_error(&bench->report, scene->id, scene->label, err);
    else
        report_scene(&bench->report, &run, slices);
    vm_close(&run.vm);
    live_close(&run.live);
    return err;
}

/* --- how soon they are set --- */

/* A word on each of so many pages, none of them neighbours. */
static const struct points hundred = {'2', PEER_DATA_OFFSET, 2 * PAGE,
                                      WATCHPOINTS, 4};

struct set_run {
    struct live live;
    struct echo echo;
    bool wait;
};

/* The guest runs without them, so that nothing of them is left. */
static int unset(void *context)
{
    struct set_run *run = context;
    struct live *live = &run->live;
    const struct points stop = {'1', guests[GUEST_64].after, 0, 1, 1};
    int err = send_points(live, 'z', &hundred, false);

    if (!err)
        err = wire_expect(&live->wire, "vCont;s", "T05");
    if (!err)
        err = send_points(live, 'Z', &stop, true);
    if (!err)
        err = wire_expect(&live->wire, "vCont;c", "T05");
    return err ? err : send_points(live, 'z', &stop, true);
}

/* And resumes, which is when they must be there. */
static int set(void *context)
{
    struct set_run *run = context;
    int err = send_points(&run->live, 'Z', &hundred, run->wait);

    return err ? err : wire_expect(&run->live.wire, "vCont;s", "T05");
}

static int echo_hundred(void *context)
{
    struct set_run *run = context;
    int err = 0;

    for (unsigned i = 0; i <= WATCHPOINTS && !err; i++)
        err = echo_once(&run->echo);
    return err;
}

static int measure_set(struct bench *bench, bool wait)
{
    const char *id = wait ? "watch_100_each" : "watch_100";
    const char *label =
        wait ? "100 watchpoints, each alone" : "100 watchpoints";
    struct set_run run = {.wait = wait};
    struct probe probes[] = {
        {.prepare = unset, .run = set, .context = &run},
        {.run = echo_hundred, .context = &run},
    };
    struct figure figure;
    int err = live_open(&run.live, bench, GUEST_64);

    if (!err)
        err = echo_open(&run.echo, bench_framed(strlen("Z2,100800000,4")),
                        bench_framed(strlen("OK")), ECHO_PLAIN);
    if (!err)
        err = probe_all(probes, 2, bench_runs(bench, SETS), 1);
    figure =
        bench_time(id, label, &probes[0], &probes[1], "us TCP, 101 echoes");
    figure.goal = (struct goal){GOAL_AT_MOST, 5000};
    if (err)
        err = report_error(&bench->report, id, label, err);
    else
        report_add(&bench->report, figure);
    probe_done(&probes[0]);
    probe_done(&probes[1]);
    echo_close(&run.echo);
    live_close(&run.live);
    return err;
}

int bench_watch(struct bench *bench)
{
    int result = 0;

    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
        int err = measure_scene(bench, &scenes[i]);

        result = err ? err : result;
    }
    for (int wait = 0; wait < 2; wait++) {
        int err =
            bench->peer->modes & 1u << GUEST_64 ? measure_set(bench, wait) : 0;

        result = err ? err : result;
    }
    return result;
}
