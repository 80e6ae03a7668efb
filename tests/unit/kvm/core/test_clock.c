/* SPDX-License-Identifier: MIT */
/* The machine's clock: it goes while a vCPU does, and stands still else. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "kvm/core/clock.h"

static void wait_for(uint64_t ns)
{
    uint64_t end = machine_clock_host() + ns;

    while (machine_clock_host() < end)
        ;
}

enum { A_WHILE = 1000000 };

Test(clock, stands_still_at_first)
{
    struct machine_clock clock;

    machine_clock_init(&clock);
    wait_for(A_WHILE);
    cr_expect(eq(u64, machine_clock_now(&clock), 0));
}

Test(clock, goes_and_stops)
{
    struct machine_clock clock;
    uint64_t then;

    machine_clock_init(&clock);
    for (unsigned round = 1; round < 4; round++) {
        machine_clock_go(&clock);
        wait_for(A_WHILE);
        machine_clock_stop(&clock);
        then = machine_clock_now(&clock);
        cr_expect(ge(u64, then, (uint64_t)round * A_WHILE));
        wait_for(A_WHILE);
        cr_expect(eq(u64, machine_clock_now(&clock), then));
    }
}

/* For as long as one of several vCPUs goes. */
Test(clock, goes_for_the_last)
{
    struct machine_clock clock;
    uint64_t then;

    machine_clock_init(&clock);
    machine_clock_go(&clock);
    machine_clock_go(&clock);
    machine_clock_stop(&clock);
    then = machine_clock_now(&clock);
    wait_for(A_WHILE);
    cr_expect(gt(u64, machine_clock_now(&clock), then));
    machine_clock_stop(&clock);
    then = machine_clock_now(&clock);
    wait_for(A_WHILE);
    cr_expect(eq(u64, machine_clock_now(&clock), then));
}

/* What is over is due at once; the rest when the clock has come there. */
Test(clock, when)
{
    struct machine_clock clock;
    uint64_t now;
    uint64_t host;

    machine_clock_init(&clock);
    machine_clock_go(&clock);
    wait_for(A_WHILE);
    machine_clock_stop(&clock);
    now = machine_clock_now(&clock);
    host = machine_clock_host();
    cr_expect(lt(u64, machine_clock_when(&clock, now - 1), host + A_WHILE));
    cr_expect(ge(u64, machine_clock_when(&clock, now + UINT64_C(1) * A_WHILE),
                 host + A_WHILE));
    cr_expect(eq(u64, machine_clock_when(&clock, CLOCK_NEVER), CLOCK_NEVER));
}

/* --- virtual time --- */

static struct machine_clock virtual_clock(void)
{
    struct machine_clock clock;

    machine_clock_init(&clock);
    machine_clock_make_virtual(&clock);
    machine_clock_go(&clock);
    return clock;
}

/* By accesses, and nothing else. */
Test(clock, counts_accesses)
{
    struct machine_clock clock = virtual_clock();

    wait_for(A_WHILE);
    cr_expect(zero(u64, machine_clock_now(&clock)));
    machine_clock_count(&clock, 1);
    machine_clock_count(&clock, 4);
    cr_expect(eq(u64, machine_clock_now(&clock), 5 * CLOCK_ACCESS_NS));
    cr_expect(eq(u64, machine_clock_state(&clock).accesses, 5));
}

Test(clock, jumps)
{
    struct machine_clock clock = virtual_clock();

    cr_expect(machine_clock_jump(&clock, 70000));
    cr_expect(eq(u64, machine_clock_now(&clock), 70000));
    cr_expect(machine_clock_jump(&clock, 70000)); /* or it would stay there */
    cr_expect(eq(u64, machine_clock_now(&clock), 70001));
    cr_expect(not(machine_clock_jump(&clock, CLOCK_NEVER)));
    cr_expect(eq(u64, machine_clock_now(&clock), 70001));
    cr_expect(zero(u64, machine_clock_state(&clock).pushes));
}

Test(clock, is_pushed)
{
    struct machine_clock clock = virtual_clock();

    cr_expect(not(machine_clock_push(&clock, CLOCK_NEVER)));
    cr_expect(zero(u64, machine_clock_state(&clock).pushes));
    cr_expect(machine_clock_push(&clock, 5000));
    cr_expect(eq(u64, machine_clock_now(&clock), 5000));
    cr_expect(not(machine_clock_push(&clock, 6000)));
    cr_expect(eq(u64, machine_clock_now(&clock), 6000));
    cr_expect(eq(u64, machine_clock_state(&clock).pushes, 2));
}

Test(clock, real_time_is_not_pushed)
{
    struct machine_clock clock;

    machine_clock_init(&clock);
    machine_clock_count(&clock, 1000);
    cr_expect(not(machine_clock_jump(&clock, 1000)));
    cr_expect(not(machine_clock_push(&clock, 1000)));
    cr_expect(zero(u64, machine_clock_now(&clock)));
    cr_expect(zero(u64, machine_clock_state(&clock).accesses));
}
