/* SPDX-License-Identifier: MIT */
/* Stops of other kinds, kicks, restarts, and a machine that fails. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <string.h>

#include "stub/engine/catch.h"
#include "tests/unit/engine/fixture.h"

/* --- what a guest comes to --- */

struct row {
    const char *label, *bytes;
    size_t n;
    enum stop_kind told;
    uint64_t pc; /* then, from CODE */
};

#define ROW(label, bytes, told, pc)                                            \
    {                                                                          \
        label, bytes, sizeof(bytes) - 1, told, pc                              \
    }

static const struct row rows[] = {
    ROW("the end", "\x00\xfe\x2a", STOP_ENDED, 3),
    ROW("no instruction", "\x00\x99", STOP_DEAD_EMULATION, 1),
    ROW("an exception that has no handler", "\x07\x01", STOP_DEAD_FAULT, 0),
    ROW("a halt for good", "\xf4", STOP_DEAD_HALT, 1),
    ROW("a call of the debugger", "\x00\xfc", STOP_ASKED, 2),
};

Test(runs, end_with)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];

        begin(1, 1);
        code(CODE, row->bytes, row->n);
        cr_assert(continue_all(), "%s", row->label);
        cr_expect(eq(int, last.kind, row->told), "%s", row->label);
        cr_expect(eq(u64, pc_of(1), CODE + row->pc), "%s", row->label);
        cr_expect(row->told != STOP_ENDED || (e.ended && e.status == 0x2a));
        end();
    }
}

/* A kernel that idles is not stopped, and that it waits is said once. */
Test(runs, a_halt_that_may_end)
{
    begin(2, 1);
    CODE_AT(CODE, "\x05\x01\xf4"); /* SET 1: interrupts are on */
    engine_continue(&e);
    cr_expect(not(run_on(100)));
    engine_settle(&e);
    engine_settle(&e);
    cr_expect(zero(u32, n_told));
    cr_expect(eq(u32, n_halted, 2), "once for each");
    cr_expect(not(engine_runnable(&e)));
    engine_interrupt(&e);
    cr_expect(eq(int, last.kind, STOP_INTERRUPTED));
    end();
}

/* The step of one that waits has no end. */
Test(runs, a_step_into_a_halt)
{
    begin(1, 1);
    CODE_AT(CODE, "\x05\x01\xf4");
    cr_assert(step_alone(1));
    cr_expect(eq(int, last.kind, STOP_STEPPED));
    cr_assert(step_alone(1));
    cr_expect(eq(int, last.kind, STOP_STEPPED), "the halt was an instruction");
    cr_expect(not(step_alone(1)));
    engine_settle(&e);
    cr_expect(eq(int, last.kind, STOP_HALTED));
    end();
}

Test(runs, a_range_is_stepped_through)
{
    struct resume_wish wish[ENGINE_CPUS] = {
        {.kind = RESUME_STEP_RANGE, .lo = CODE, .hi = CODE + 6}};

    begin(1, 1);
    CODE_AT(CODE, "\x05\x05\x00\x06\x02\x30\x00\x00"); /* loops five times */
    engine_resume(&e, wish);
    cr_assert(run_on(1000));
    cr_expect(eq(int, last.kind, STOP_STEPPED));
    cr_expect(eq(u64, pc_of(1), CODE + 6));
    cr_expect(eq(u64, m.executed[0], 11));
    end();
}

/* --- the guest's own traps and exceptions --- */

Test(runs, the_guests_own_trap)
{
    begin(1, 1);
    CODE_AT(CODE, "\xcd\xfe\x01");
    cr_assert(continue_all());
    cr_expect(eq(int, last.kind, STOP_ENDED), "it goes to the guest");
    end();

    begin(1, 1);
    CODE_AT(CODE, "\xcd\xfe\x01");
    e.stop_at_guest_traps = true;
    cr_assert(continue_all());
    cr_expect(eq(int, last.kind, STOP_TRAP));
    end();
}

static void begin_with_handler(unsigned n)
{
    begin(n, 1);
    CODE_AT(CODE, "\x07\x01\xfe\x07");      /* RAISE 1; END 7 */
    CODE_AT(PRIVATE, "\x01\x00\x20\x08");   /* INC; BACK */
    CODE_AT(NULL_HANDLERS + 2, "\x00\x40"); /* of vector 1: PRIVATE */
    e.catch.wanted[1] = true;
    e.catch.n = 1;
    e.catch.steps_left = CATCH_STEPS;
    e.points.stale = true;
}

/* Shown where it was raised, and delivered after all. */
Test(runs, a_caught_exception)
{
    begin_with_handler(1);
    cr_assert(continue_all());
    cr_expect(eq(int, last.kind, STOP_FAULT));
    cr_expect(eq(u32, last.fault, FAULT_MEMORY));
    cr_expect(eq(u64, pc_of(1), CODE));
    cr_assert(continue_all());
    cr_expect(eq(int, last.kind, STOP_ENDED));
    cr_expect(eq(u8, *fake_byte(&m, COUNTERS), 1), "it was handled");
    end();
}

Test(runs, a_caught_exception_is_stepped_into)
{
    begin_with_handler(1);
    cr_assert(continue_all());
    cr_assert(step_alone(1));
    cr_expect(eq(int, last.kind, STOP_STEPPED));
    cr_expect(eq(u64, pc_of(1), PRIVATE));
    end();
}

/* Delivered, it has come to the breakpoint there, by a step or not. */
Test(runs, a_caught_exception_with_a_breakpoint_at_its_handler)
{
    for (unsigned steps = 0; steps < 2; steps++) {
        begin_with_handler(1);
        set(BP_SOFT, PRIVATE, 1);
        cr_assert(continue_all());
        cr_expect(eq(int, last.kind, STOP_FAULT));
        cr_assert(steps ? step_alone(1) : continue_all());
        cr_expect(eq(int, last.kind, STOP_SOFT));
        cr_expect(eq(u64, pc_of(1), PRIVATE));
        unset(BP_SOFT, PRIVATE, 1);
        cr_assert(continue_all());
        cr_expect(eq(int, last.kind, STOP_ENDED));
        cr_expect(eq(u8, *fake_byte(&m, COUNTERS), 1));
        end();
    }
}

/* What has changed while the guest stood still is looked at when it goes on. */
Test(runs, a_handler_that_was_moved_meanwhile)
{
    begin_with_handler(1);
    CODE_AT(CODE, "\x00\x07\x01\xfe\x07");
    cr_assert(step_alone(1));
    CODE_AT(PRIVATE + 0x100, "\x08");
    CODE_AT(NULL_HANDLERS + 2, "\x00\x41");
    cr_assert(continue_all());
    cr_expect(eq(int, last.kind, STOP_FAULT));
    cr_expect(eq(u64, pc_of(1), CODE + 1));
    end();
}

/* The guest may move a handler at any time: who waits for one looks at it. */
Test(runs, a_handler_is_looked_at_at_ticks)
{
    for (unsigned wants = 0; wants < 2; wants++) {
        begin_with_handler(1);
        CODE_AT(CODE, "\x03\x00\x30");
        e.catch.wanted[1] = wants;
        engine_continue(&e);
        m.kick_in = 10;
        cr_expect(not(run_on(1)));
        cr_expect(eq(int, engine_wants_ticks(&e), (int)wants));
        engine_interrupt(&e);
        cr_expect(not(engine_wants_ticks(&e)), "nothing runs");
        end();
    }
}

/* Whoever of them waits. */
Test(runs, a_handler_that_one_of_them_waits_for)
{
    for (unsigned n = 1; n <= FAKE_CPUS; n++) {
        begin(n, 1);
        cr_expect(not(catch_wants_ticks(&e)), "%u vCPUs", n);
        for (unsigned i = 0; i < n; i++) {
            e.thread[i].catch.awaited[ARCH_VECTORS - 1] = true;
            cr_expect(catch_wants_ticks(&e), "vCPU %u of %u", i, n);
            e.thread[i].catch.awaited[ARCH_VECTORS - 1] = false;
        }
        end();
    }
}

/* The user has changed something: it is tried again. */
Test(runs, a_caught_exception_is_tried_again)
{
    begin_with_handler(1);
    cr_assert(continue_all());
    CODE_AT(CODE, "\x00\x00");
    catch_changed(&e, &e.thread[0]);
    cr_assert(continue_all());
    cr_expect(eq(int, last.kind, STOP_ENDED));
    cr_expect(zero(u8, *fake_byte(&m, COUNTERS)));
    end();
}

Test(runs, nobody_looks_at_exceptions)
{
    begin_with_handler(1);
    engine_forget_client(&e);
    cr_assert(continue_all());
    cr_expect(eq(int, last.kind, STOP_ENDED));
    end();
}

/* --- kicks --- */

static uint8_t counted_with_a_kick(uint64_t after)
{
    uint8_t count;

    begin(2, 9);
    /* SET 20; INC; LOOP; NOP; END: whoever is first ends it. */
    CODE_AT(CODE, "\x05\x14\x01\x00\x20\x06\x02\x30\xfe\x05");
    m.arch[1].pc = PRIVATE;
    CODE_AT(PRIVATE, "\x03\x00\x40"); /* the other one only turns */
    set(BP_WRITE, COUNTERS + 1, 1);
    set(BP_SOFT, CODE + 0x80, 1);
    m.kick_in = after;
    cr_assert(continue_all());
    cr_expect(eq(int, last.kind, STOP_ENDED), "kicked after %llu",
              (unsigned long long)after);
    count = *fake_byte(&m, COUNTERS);
    end();
    return count;
}

Test(runs, a_kick_at_every_point_changes_nothing)
{
    for (uint64_t after = 1; after < 120; after++)
        cr_expect(eq(u8, counted_with_a_kick(after), 20), "after %llu",
                  (unsigned long long)after);
}

/* --- restarts --- */

Test(runs, a_restart_under_load)
{
    begin(4, 2);
    CODE_AT(CODE, "\x01\x00\x20\x00\x03\x00\x30");
    fake_keep(&m);
    set(BP_WRITE, 0x9000, 1);
    engine_continue(&e);
    m.kick_in = 200;
    cr_expect(not(run_on(1)));
    cr_assert(gt(u8, *fake_byte(&m, COUNTERS), 0));
    engine_interrupt(&e);
    cr_assert(zero(int, engine_restart(&e, NULL)));
    cr_expect(zero(u8, *fake_byte(&m, COUNTERS)));
    for (unsigned tid = 1; tid <= 4; tid++)
        cr_expect(eq(u64, pc_of(tid), CODE));
    set(BP_SOFT, CODE + 3, 1);
    cr_assert(continue_all());
    cr_expect(eq(int, last.kind, STOP_SOFT));
    end();
}

/* What was still to be told is of the past. */
Test(runs, a_restart_after_the_end)
{
    for (unsigned n = 1; n <= FAKE_CPUS; n += FAKE_CPUS - 1) {
        unsigned end_is_of = n;

        begin(n, 2);
        /* STORE, which two watchpoints see; END, of the last one. */
        CODE_AT(CODE, "\x04\x00\x60\xfe\x05");
        CODE_AT(PRIVATE, "\x03\x00\x40");
        for (unsigned i = 0; i + 1 < n; i++)
            m.arch[i].pc = PRIVATE;
        fake_keep(&m);
        set(BP_WRITE, 0x6000, 1);
        set(BP_ACCESS, 0x6000, 1);
        for (unsigned lives = 0; lives < 2; lives++) {
            cr_assert(continue_all());
            cr_expect(eq(u32, last.tid, end_is_of));
            cr_expect(eq(int, last.kind, STOP_WRITE), "not the other one");
            cr_expect(eq(u32, e.current, end_is_of - 1));
            cr_assert(zero(int, engine_restart(&e, NULL)));
            cr_expect(zero(u32, e.current));
        }
        unset(BP_WRITE, 0x6000, 1);
        unset(BP_ACCESS, 0x6000, 1);
        cr_assert(continue_all());
        cr_expect(eq(int, last.kind, STOP_ENDED));
        cr_expect(e.ended);
        cr_assert(zero(int, engine_restart(&e, NULL)));
        cr_expect(not(e.ended));
        end();
    }
}

/* A client that has gone has left nothing that the next would be told. */
Test(runs, the_next_client)
{
    for (unsigned n = 1; n <= FAKE_CPUS; n += FAKE_CPUS - 1) {
        begin(n, 2);
        CODE_AT(CODE, "\x04\x00\x60\xfe\x05");
        CODE_AT(PRIVATE, "\x03\x00\x40");
        for (unsigned i = 0; i + 1 < n; i++)
            m.arch[i].pc = PRIVATE;
        set(BP_WRITE, 0x6000, 1);
        set(BP_ACCESS, 0x6000, 1);
        cr_assert(continue_all());
        cr_expect(eq(int, last.kind, STOP_WRITE));
        engine_forget_client(&e);
        cr_expect(zero(sz, e.points.n));
        e.attended = true;
        set(BP_ACCESS, 0x6000, 1);
        cr_assert(continue_all());
        cr_expect(eq(int, last.kind, STOP_ENDED));
        end();
    }
}

/* It is where it was, with its breakpoints. */
Test(runs, a_restart_that_fails)
{
    struct diag diag;

    begin(2, 2);
    CODE_AT(CODE, "\x00\x00\x03\x00\x30");
    set(BP_SOFT, CODE + 1, 1);
    cr_assert(continue_all());
    m.fail_in = 1;
    cr_expect(eq(int, engine_restart(&e, &diag), -EIO));
    cr_expect(eq(u64, pc_of(last.tid), CODE + 1));
    unset(BP_SOFT, CODE + 1, 1);
    cr_assert(step_alone(last.tid));
    set(BP_SOFT, CODE + 1, 1);
    cr_assert(continue_all());
    cr_expect(eq(int, last.kind, STOP_SOFT));
    end();
}

/* --- a machine that fails --- */

/* Whichever call it is, the guest is stopped or goes on, and it can be gone on
 * with. */
Test(runs, each_call_may_fail)
{
    for (int which = 1; which < 80; which++) {
        begin(3, 4);
        m.slack = 4;
        CODE_AT(CODE, "\x01\x00\x20\x00\x03\x00\x30");
        set(BP_WRITE, 0x2100, 1);
        set(BP_WRITE, 0x2200, 1);
        set(BP_WRITE, 0x2300, 1);
        m.fail_in = which;
        for (unsigned i = 0; i < 10; i++) {
            m.kick_in = 20;
            engine_continue(&e);
            if (run_on(1)) {
                cr_expect(eq(int, last.kind, STOP_DEAD_HOST));
                cr_expect(strstr(e.text, ": Input/output error") != NULL);
            }
            engine_interrupt(&e);
            cr_expect(not(e.running));
        }
        m.fail_in = 0;
        set(BP_SOFT, CODE + 3, 1);
        cr_assert(continue_all());
        cr_expect(eq(int, last.kind, STOP_SOFT), "call %d", which);
        end();
    }
}
