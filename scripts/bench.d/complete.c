/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "scripts/bench.d/bench.h"

/*
 * What an instruction costs that KVM leaves to the stub, where it does, beside
 * a port's exit: a turn of a loop with it, less one without. A host that
 * executes it by itself is faster than that.
 */

enum { SLICES = 15, SETUP = 0x100 };

/* clang-format off */
static const struct scene {
    const char *id, *label;
    uint8_t code[16];
    unsigned size;
    double goal; /* how many exits it may cost */
} scenes[] = {
    {"complete_integer", "completed popcnt",
     {0xf3, 0x0f, 0xb8, 0xc3}, 4, 1 / 0.70},
    {"complete_sse", "completed addps",
     {0x0f, 0x58, 0xc1}, 3, 1 / 0.35},
    {"complete_four", "four SSE in a row",
     {0x0f, 0x58, 0xc1, 0x0f, 0x59, 0xc1, 0x0f, 0x58, 0xc1, 0x0f, 0x59, 0xc1},
     12, 4 / 0.70},
};

static const uint8_t out[] = {0xe6, 0x80}; /* out %al, $0x80 */

/* CR4.OSFXSR and OSXMMEXCPT, and to the loop:
 *     mov %cr4, %rax; or $0x600, %eax; mov %rax, %cr4; jmp GUEST_LOOP */
static const uint8_t setup[] = {
    0x0f, 0x20, 0xe0, 0x0d, 0x00, 0x06, 0x00, 0x00, 0x0f, 0x22, 0xe0,
    0xe9, 0xf0, 0xfe, 0xff, 0xff,
};
/* clang-format on */

_Static_assert(SETUP + sizeof setup == 0x110, "the distance of its jump");

/* The instructions, and the guest's own loop behind them: its counter is as far
 * as before less their size. */
static int put_loop(struct live *live, const uint8_t *code, unsigned size)
{
    const unsigned counter = GUEST_COUNTER - size - 6;
    const uint8_t inc[] = {
        0xff, 0x05, (uint8_t)counter, (uint8_t)(counter >> 8), 0x00, 0x00};
    const uint8_t jmp[] = {0xeb, (uint8_t) - (size + sizeof inc + 2)};
    uint8_t loop[64];

    memcpy(loop, code, size);
    memcpy(loop + size, inc, sizeof inc);
    memcpy(loop + size + sizeof inc, jmp, sizeof jmp);
    return wire_poke(&live->wire, live->peer->base + GUEST_LOOP, loop,
                     size + sizeof inc + sizeof jmp);
}

static int go_to(struct live *live, uint64_t at)
{
    char request[32];
    int n = snprintf(request, sizeof request, "P10=");

    for (unsigned i = 0; i < 8; i++)
        n += snprintf(request + n, sizeof request - (size_t)n, "%02x",
                      (unsigned)(at >> 8 * i & 0xff));
    return wire_expect(&live->wire, request, "OK");
}

static int rate_of(struct live *live, const uint8_t *code, unsigned size,
                   double *ret)
{
    int err = put_loop(live, code, size);

    if (!err)
        err = go_to(live, live->peer->base + SETUP);
    return err ? err : live_rate(live, ret);
}

/* What the instructions add to a turn, us. */
static int cost_of(struct live *live, const uint8_t *code, unsigned size,
                   double *ret)
{
    double with = 0;
    double without = 0;
    int err = rate_of(live, code, size, &with);

    if (!err)
        err = rate_of(live, code, 0, &without);
    if (!err && (with <= 0 || without <= 0))
        err = -EIO;
    if (!err)
        *ret = 1e6 / with - 1e6 / without;
    return err;
}

static int measure(struct bench *bench, const struct scene *scene)
{
    struct live live;
    double cost[SLICES];
    double floor[SLICES];
    unsigned n = bench_runs(bench, SLICES);
    int err = live_open(&live, bench, GUEST_64);

    if (!err)
        err =
            wire_poke(&live.wire, live.peer->base + SETUP, setup, sizeof setup);
    for (unsigned i = 0; i < n && !err; i++) {
        err = cost_of(&live, scene->code, scene->size, &cost[i]);
        if (!err)
            err = cost_of(&live, out, sizeof out, &floor[i]);
    }
    live_close(&live);
    if (err)
        return report_error(&bench->report, scene->id, scene->label, err);
    report_add(&bench->report, (struct figure){
                                   .id = scene->id,
                                   .label = scene->label,
                                   .unit = "us",
                                   .value = bench_median(cost, n),
                                   .floor = "us port exit",
                                   .floor_value = bench_median(floor, n),
                                   .goal = {GOAL_RATIO, scene->goal},
                               });
    return 0;
}

int bench_complete(struct bench *bench)
{
    int result = 0;

    if (!(bench->peer->modes & 1u << GUEST_64))
        return 0;
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
        int err = measure(bench, &scenes[i]);

        result = err ? err : result;
    }
    return result;
}
