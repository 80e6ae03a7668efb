/* SPDX-License-Identifier: MIT */
/* Events that a host alone can come to, as they are told. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "stub/engine/judge.h"
#include "stub/engine/stop.h"
#include "stub/points/written.h"
#include "tests/support/fake_stderr.h"
#include "tests/unit/engine/fixture.h"

static const struct {
    enum vcpu_event_kind kind;
    bool told;
    enum stop_kind stop;
} rows[] = {
    {VCPU_EVENT_KICK, false, STOP_STEPPED},
    {VCPU_EVENT_GUARD, false, STOP_STEPPED},
    {VCPU_EVENT_DEBUG, true, STOP_TRAP},
    {VCPU_EVENT_SHUTDOWN, true, STOP_DEAD_FAULT},
    {VCPU_EVENT_ENTRY, true, STOP_DEAD_HOST},
    {VCPU_EVENT_EMULATION, true, STOP_DEAD_EMULATION},
    {VCPU_EVENT_STALL, true, STOP_DEAD_STALL},
    {VCPU_EVENT_DELIVERY, true, STOP_DEAD_STALL},
    {VCPU_EVENT_UNKNOWN, true, STOP_DEAD_HOST},
};

Test(events, that_nobody_has_asked_for)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct vcpu_event event = {.kind = rows[i].kind};

        begin(2, 1);
        engine_continue(&e);
        judge_event(&e, &e.thread[1], &event, NULL);
        cr_expect(eq(u32, n_told, rows[i].told), "row %zu", i);
        cr_expect(eq(int, e.running, !rows[i].told), "row %zu", i);
        if (rows[i].told) {
            cr_expect(eq(int, last.kind, rows[i].stop), "row %zu", i);
            cr_expect(eq(u32, last.tid, 2), "row %zu", i);
        }
        end();
    }
}

/* Said, and no more: the guest goes on, and nobody takes it for in trouble. */
Test(events, a_guest_that_was_given_time)
{
    const struct vcpu_event event = {.kind = VCPU_EVENT_SPINS};

    begin(1, 1);
    engine_continue(&e);
    judge_event(&e, &e.thread[0], &event, NULL);
    cr_expect(zero(u32, n_told));
    cr_expect(zero(u32, n_halted));
    cr_expect(e.running);
    cr_expect(ne(int, said[0], 0));
    end();
}

static void client_writes(uint64_t gva)
{
    static const uint8_t trap = I_TRAP;

    cr_assert(gt(int, bp_client_writes(&e.points, gva, gva, &trap, 1), 0));
    *fake_byte(&m, gva) = trap;
}

/* Who is let go from where the client has written a breakpoint has come to it:
 * it is told before anything is executed, of each in its turn. */
Test(events, a_breakpoint_that_the_client_wrote)
{
    begin(2, 1);
    CODE_AT(CODE, "\x00\x00\xfe\x01");
    client_writes(CODE);
    for (unsigned i = 0; i < 2; i++) {
        cr_assert(continue_all());
        cr_expect(eq(int, last.kind, STOP_WRITTEN));
        cr_expect(eq(u32, last.tid, i + 1));
        cr_expect(eq(u64, pc_of(last.tid), CODE));
    }
    cr_expect(zero(u64, m.executed[0] + m.executed[1]));
    end();
}

/* --- what the user is told, once --- */

static const struct {
    const char *label;
    bool own_points, needs_registers, steps;
    bool said;
} shadows[] = {
    {"both need them", true, true, false, true},
    {"the guest does not", false, true, false, false},
    {"the debugger does not", true, false, false, false},
    {"not in a step", true, true, true, false},
};

static bool says(const char *what)
{
    return strstr(heard(), what) != NULL;
}

Test(events, debug_registers_with_two_users)
{
    for (size_t i = 0; i < sizeof shadows / sizeof shadows[0]; i++) {
        begin(1, 1);
        m.arch[0].own_points = shadows[i].own_points;
        if (shadows[i].needs_registers)
            set(BP_HARD, 0x6000, 1);
        hear();
        m.kick_in = 10;
        if (shadows[i].steps)
            cr_expect(step_alone(1));
        else
            engine_continue(&e);
        (void)run_on(1);
        cr_expect(eq(int, says("the guest uses debug registers itself"),
                     shadows[i].said),
                  "%s", shadows[i].label);
        cr_expect(eq(int, e.shadow_told, shadows[i].said), "%s",
                  shadows[i].label);
        hear();
        m.kick_in = 10;
        e.points.stale = true;
        (void)run_on(1);
        cr_expect(zero(chr, *heard()), "%s: again", shadows[i].label);
        end();
    }
}

Test(events, a_host_that_cannot_be_measured)
{
    begin(1, 1);
    CODE_AT(CODE, "\x03\x00\x30");
    set(BP_SOFT, 0x6000, 1);
    hear();
    m.fail_in = 1;
    m.kick_in = 10;
    engine_continue(&e);
    cr_expect(not(run_on(1)));
    cr_expect(says("cannot try out how this host's KVM traps"));
    cr_expect(not(e.host_known));
    m.fail_in = 0;
    m.kick_in = 10;
    e.points.stale = true;
    cr_expect(not(run_on(1)));
    cr_expect(e.host_known, "it is tried again");
    for (unsigned i = 0; i < 2; i++) {
        cr_expect(eq(u32, m.measured, 1), "and that is enough");
        m.kick_in = 10;
        e.points.stale = true;
        cr_expect(not(run_on(1)));
    }
    end();
}
