/* SPDX-License-Identifier: MIT */
/* Events that a host alone can come to, as they are told. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "stub/engine/judge.h"
#include "stub/engine/stop.h"
#include "stub/points/written.h"
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
