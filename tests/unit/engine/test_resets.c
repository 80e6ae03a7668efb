/* SPDX-License-Identifier: MIT */
/* A guest that resets the machine: its end, its beginning, or a stop. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "tests/unit/engine/fixture.h"

/* NOP; INC COUNTERS; RESET 1; NOP; END 7 */
#define RESETS "\x00\x01\x00\x20\xfd\x01\x00\xfe\x07"
enum { AT_RESET = CODE + 4, BEHIND = CODE + 6 };

static void begin_resets(unsigned n, enum when_reset on_reset)
{
    begin(n, 1);
    e.on_reset = on_reset;
    CODE_AT(CODE, RESETS);
    CODE_AT(PRIVATE, "\x03\x00\x40");
    for (unsigned i = 1; i < n; i++)
        m.arch[i].pc = PRIVATE;
    fake_keep(&m);
}

/* As the server does it. */
static int reboot(void)
{
    struct resume_wish wish[ENGINE_CPUS] = {{.kind = RESUME_HOLD}};
    int r = engine_reboot(&e, wish);

    if (!r)
        engine_rebooted(&e, wish);
    return r;
}

Test(resets, as_the_end)
{
    for (unsigned n = 1; n <= 4; n += 3) {
        begin_resets(n, RESET_ENDS);
        cr_assert(continue_all());
        cr_expect(eq(int, last.kind, STOP_ENDED));
        cr_expect(zero(int, last.status), "whatever the way was");
        cr_expect(e.ended);
        cr_expect(not(e.reboots));
        end();
    }
}

Test(resets, as_a_stop)
{
    for (unsigned steps = 0; steps < 2; steps++) {
        begin_resets(1, RESET_STOPS);
        m.arch[0].pc = AT_RESET;
        cr_assert(steps ? step_alone(1) : continue_all());
        cr_expect(eq(int, last.kind, STOP_RESET));
        cr_expect(strstr(last.text, "event") != NULL, "the machine's words");
        cr_expect(eq(u64, pc_of(1), BEHIND));
        cr_expect(not(e.ended));
        cr_assert(continue_all());
        cr_expect(eq(int, last.kind, STOP_ENDED), "it goes on");
        cr_expect(eq(int, last.status, 7));
        end();
    }
}

Test(resets, as_the_beginning)
{
    for (unsigned n = 1; n <= 4; n += 3) {
        begin_resets(n, RESET_REBOOTS);
        set(BP_WRITE, COUNTERS, 1);
        for (unsigned life = 0; life < 3; life++) {
            cr_assert(continue_all());
            cr_expect(eq(int, last.kind, STOP_WRITE), "life %u", life);
            cr_expect(eq(u8, *fake_byte(&m, COUNTERS), 1), "memory is new");
            engine_continue(&e);
            cr_expect(not(run_on(1000)), "nothing is told");
            cr_expect(e.running && e.reboots);
            cr_expect(not(engine_runnable(&e)), "until it is made anew");
            cr_assert(zero(int, reboot()));
            cr_expect(engine_runnable(&e));
            cr_expect(eq(u64, pc_of(1), CODE));
        }
        set(BP_SOFT, AT_RESET, 1);
        unset(BP_WRITE, COUNTERS, 1);
        cr_expect(run_on(1000));
        cr_expect(eq(int, last.kind, STOP_SOFT), "it went on");
        end();
    }
}

/* What was stepped is done at the beginning, where nothing is executed. */
Test(resets, a_step_to_the_beginning)
{
    static const enum resume_kind kinds[] = {RESUME_STEP, RESUME_STEP_RANGE};

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const struct resume_wish wish = {
            .kind = kinds[i], .lo = CODE, .hi = CODE + 9};

        begin_resets(1, RESET_REBOOTS);
        m.arch[0].pc = AT_RESET;
        engine_resume(&e, &wish);
        cr_expect(not(run_on(10)));
        cr_assert(zero(int, reboot()));
        cr_expect(eq(u32, n_told, 1));
        cr_expect(eq(int, last.kind, STOP_STEPPED));
        cr_expect(eq(u64, pc_of(1), CODE));
        cr_expect(zero(u8, *fake_byte(&m, COUNTERS)));
        cr_expect(not(e.running));
        end();
    }
}

/* A guest that cannot be made anew is where it was, and that is told. */
Test(resets, no_beginning)
{
    begin_resets(1, RESET_REBOOTS);
    engine_continue(&e);
    cr_expect(not(run_on(10)));
    m.fail_in = 1;
    cr_expect(lt(int, reboot(), 0));
    m.fail_in = 0;
    cr_expect(eq(int, last.kind, STOP_DEAD_HOST));
    cr_expect(strstr(last.text, "it does not start") != NULL, "%s", last.text);
    cr_expect(eq(u64, pc_of(1), BEHIND));
    cr_assert(continue_all());
    cr_expect(eq(int, last.kind, STOP_ENDED), "it goes on from there");
    end();
}
