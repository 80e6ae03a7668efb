/* SPDX-License-Identifier: MIT */
/* A guest that the host gets nowhere with, and those that only look like it. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "tests/unit/engine/fixture.h"

enum { PAGE = 0x5000, MS = 1000 * 1000 };

static unsigned kicks_until_told(int64_t ns_each)
{
    unsigned kicks = 0;

    engine_continue(&e);
    while (kicks < 100 && !run_on(1)) {
        cpu_ns += ns_each;
        kicks++;
    }
    return kicks;
}

/* The first kick finds that it has moved, the second that it has not; then
 * three of a step are in vain, in 200 ms. */
Test(stall, an_instruction_without_end)
{
    static const struct {
        int64_t start, ns_each;
        unsigned kicks;
    } rows[] = {
        {7 * MS, 250 * MS, 4},    {7 * MS, 100 * MS, 4},
        {7 * MS, 99 * MS, 5},     {7 * MS, 10 * MS, 22},
        {750 * MS, 100 * MS, 4},  {750 * MS, 99900 * 1000, 5},
        {1750 * MS, 100 * MS, 4}, {1750 * MS, 99900 * 1000, 5},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin(1, 1);
        cpu_ns = rows[i].start;
        CODE_AT(CODE, "\x00\x0d");
        cr_expect(eq(u32, kicks_until_told(rows[i].ns_each), rows[i].kicks),
                  "row %zu", i);
        cr_expect(eq(int, last.kind, STOP_DEAD_STALL));
        cr_expect(eq(u64, pc_of(1), CODE + 1));
        cr_expect(eq(u32, e.thread[0].stall.hot, STALL_HOT));
        cr_expect(engine_was_stuck(&e));
        end();
    }
}

/* With guards in force they are lowered first. */
Test(stall, an_instruction_without_end_beside_guards)
{
    begin(1, 1);
    m.watches_in_pages = true;
    CODE_AT(CODE, "\x00\x0d");
    set(BP_WRITE, PAGE, 1);
    (void)kicks_until_told(100 * MS);
    cr_expect(eq(int, last.kind, STOP_DEAD_STALL));
    end();
}

/* A jump to itself is no such thing, nor is one that waits. */
Test(stall, a_loop_without_end)
{
    begin(1, 1);
    CODE_AT(CODE, "\x03\x00\x30");
    engine_continue(&e);
    for (unsigned i = 0; i < 20; i++) {
        m.kick_in = 3;
        cpu_ns += 250 * MS;
        cr_expect(not(run_on(1)));
    }
    cr_expect(not(e.thread[0].stall.trial));
    cr_expect(not(engine_was_stuck(&e)));
    engine_interrupt(&e);
    end();
}

/* A kick that finds the guest elsewhere each time is none in vain, and the
 * haste goes. */
Test(stall, it_was_chance)
{
    begin(1, 1);
    CODE_AT(CODE, "\x0c\x00\x20\x03\x00\x30"); /* READS; JMP CODE */
    e.thread[0].stall.hot = STALL_HOT;
    engine_continue(&e);
    e.thread[0].stall.hot = 3;
    for (unsigned i = 0; i < 3; i++) {
        cr_expect(engine_wants_ticks(&e));
        m.kick_in = 1;
        cpu_ns += 250 * MS;
        cr_expect(not(run_on(1)));
    }
    cr_expect(not(engine_wants_ticks(&e)));
    cr_expect(zero(u32, n_told));
    engine_interrupt(&e);
    end();
}
