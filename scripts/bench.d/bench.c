/* SPDX-License-Identifier: MIT */
#include "scripts/bench.d/bench.h"

#include <errno.h>
#include <string.h>

/* clang-format off */
static const struct suite suites[] = {
    {"step",       bench_step,       true},
    {"breakpoint", bench_breakpoint, true},
    {"interrupt",  bench_interrupt,  false},
    {"watch",      bench_watch,      false},
    {"complete",   bench_complete,   false},
    {"transfer",   bench_transfer,   true},
    {"start",      bench_start,      false},
    {"resident",   bench_resident,   false},
    {"gdb",        bench_gdb,        false},
};
/* clang-format on */

const struct suite *suite_at(size_t i)
{
    return i < sizeof suites / sizeof *suites ? &suites[i] : NULL;
}

int live_open(struct live *live, const struct bench *bench,
              enum guest_mode mode)
{
    int err;

    *live = (struct live){.peer = bench->peer};
    err = stub_start(&live->stub, bench->peer, bench->program, mode);
    if (err)
        return err;
    err = stub_connect(&live->stub, bench->peer, mode, &live->wire);
    if (err)
        stub_stop(&live->stub);
    return err;
}

void live_close(struct live *live)
{
    wire_close(&live->wire);
    stub_stop(&live->stub);
}

int live_counter(struct live *live, uint16_t *ret)
{
    uint8_t bytes[2];
    int err = wire_peek(&live->wire, live->peer->base + GUEST_COUNTER, bytes,
                        sizeof bytes);

    *ret = (uint16_t)(bytes[0] | bytes[1] << 8);
    return err;
}

int live_check(struct live *live, uint16_t before, size_t counts)
{
    uint16_t after = 0;
    int err = live_counter(live, &after);

    if (!err && (uint16_t)(after - before) != (uint16_t)counts)
        err = -EIO;
    return err;
}

enum guest_mode bench_mode(const struct bench *bench)
{
    unsigned mode = GUEST_MODES - 1;

    while (mode > 0 && !(bench->peer->modes & 1u << mode))
        mode--;
    return (enum guest_mode)mode;
}

size_t bench_framed(size_t payload)
{
    return payload + strlen("$#xx");
}

unsigned bench_runs(const struct bench *bench, unsigned n)
{
    unsigned runs = n * bench->effort / 100;

    return runs ? runs : 1;
}

struct figure bench_time(const char *id, const char *label,
                         const struct probe *probe, const struct probe *floor,
                         const char *floor_label)
{
    return (struct figure){
        .id = id,
        .label = label,
        .unit = "us",
        .value = probe_us(probe, 0.5),
        .floor = floor_label,
        .floor_value = floor ? probe_us(floor, 0.5) : 0,
        .best = probe_us(probe, 0),
        .p99 = probe_us(probe, 0.99),
    };
}
