/* SPDX-License-Identifier: MIT */
/* What the vCPUs and the machine are told before the guest goes on. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "stub/engine/near.h"
#include "stub/points/written.h"
#include "tests/unit/engine/fixture.h"

enum { PAGE = 0x5000 };

static struct resume_wish wish[ENGINE_CPUS];

/* All vCPUs turn at CODE, and are told so. */
static void begin_turning(unsigned n)
{
    begin(n, 1);
    CODE_AT(CODE, "\x03\x00\x30");
    memset(wish, 0, sizeof wish);
}

static void prepare(void)
{
    engine_resume(&e, wish);
    cr_assert(engine_prepare(&e));
}

/* --- steps --- */

static const struct {
    enum resume_kind kind;
    bool steps;
} kinds[] = {{RESUME_CONTINUE, false},
             {RESUME_STEP, true},
             {RESUME_STEP_RANGE, true}};

/* Calls of the firmware are stepped over for a client that steps, not where the
 * engine steps by itself. */
Test(prepare, steps)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const struct debug_state *debug;

        begin_turning(2);
        debug = &e.thread[1].vcpu->debug;
        wish[1].kind = kinds[i].kind;
        e.step_irq = i > 0;
        prepare();
        cr_expect(eq(int, debug->step, kinds[i].steps), "row %zu", i);
        cr_expect(eq(int, debug->step_calls, kinds[i].steps), "row %zu", i);
        cr_expect(debug->step_irq, "row %zu", i);
        cr_expect(not(e.rearm), "all has been looked at");
        engine_interrupt(&e);
        end();
    }
}

/* Interrupts come in between a client's steps if it wants that, and between
 * those that the engine makes for its continue in any case. */
static const struct {
    enum resume_kind kind;
    bool wants, passing, trial, is_virtual, takes;
} interrupts[] = {
    {RESUME_STEP, false, false, false, false, false},
    {RESUME_STEP_RANGE, false, false, false, false, false},
    {RESUME_STEP, false, false, false, true, false},
    {RESUME_STEP, true, false, false, false, true},
    {RESUME_CONTINUE, false, false, false, false, true},
    {RESUME_CONTINUE, false, true, false, false, false},
    {RESUME_CONTINUE, false, true, false, true, false},
    {RESUME_CONTINUE, false, false, true, false, false},
    {RESUME_CONTINUE, false, false, true, true, true},
};

Test(prepare, interrupts_in_steps)
{
    for (size_t i = 0; i < sizeof interrupts / sizeof interrupts[0]; i++) {
        struct thread *t;

        begin_turning(1);
        t = &e.thread[0];
        wish[0].kind = interrupts[i].kind;
        e.step_irq = interrupts[i].wants;
        engine_resume(&e, wish);
        t->passing = interrupts[i].passing;
        t->stall.trial = interrupts[i].trial;
        m.clock.is_virtual = interrupts[i].is_virtual;
        cr_assert(engine_prepare(&e));
        cr_expect(eq(int, t->vcpu->debug.step_irq, interrupts[i].takes),
                  "row %zu", i);
        t->passing = t->stall.trial = false;
        engine_interrupt(&e);
        end();
    }
}

/* The guest's own exception is delivered by a step of its own, whatever was
 * wished for. */
Test(prepare, steps_into_what_is_reflected)
{
    begin_turning(2);
    wish[0].kind = wish[1].kind = RESUME_CONTINUE;
    m.arch[1].reflected = true;
    prepare();
    cr_expect(not(e.thread[0].vcpu->debug.step));
    cr_expect(e.thread[1].vcpu->debug.step);
    cr_expect(not(e.thread[1].vcpu->debug.step_irq));
    cr_expect(not(e.thread[1].vcpu->debug.step_calls));
    engine_interrupt(&e);
    end();
}

static const struct {
    const char *label;
    bool no_step, own_points, privileges, steps_no_user;
    unsigned measured;
} hosts[] = {
    {"a plain step", false, false, false, false, 0},
    {"the CPU has none", true, false, false, false, 1},
    {"the guest has debug registers in use", false, true, false, false, 1},
    {"the host does not step user code, of which there is none", false, false,
     false, true, 0},
    {"there is user code", false, false, true, false, 0},
    {"which the host does not step", false, false, true, true, 1},
};

/* A step that takes traps needs to know them. */
Test(prepare, what_a_step_must_know_of_the_host)
{
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        begin_turning(1);
        null_cpu.no_step = hosts[i].no_step;
        m.arch[0].own_points = hosts[i].own_points;
        null_cpu.privileges = hosts[i].privileges;
        m.steps_no_user = hosts[i].steps_no_user;
        wish[0].kind = RESUME_STEP;
        for (unsigned times = 0; times < 2; times++) {
            prepare();
            cr_expect(eq(u32, m.measured, hosts[i].measured), "%s, %u",
                      hosts[i].label, times);
            cr_expect(eq(int, e.thread[0].vcpu->debug.trap == &null_cpu.trap,
                         hosts[i].measured > 0),
                      "%s, %u", hosts[i].label, times);
        }
        engine_interrupt(&e);
        end();
    }
}

/* Whoever goes on knows the host's trap, too; a step looks at nothing anew that
 * a continue has looked at. */
Test(prepare, what_is_known_already)
{
    begin_turning(1);
    set(BP_SOFT, CODE + 0x100, 1);
    wish[0].kind = RESUME_CONTINUE;
    prepare();
    cr_expect(eq(ptr, (void *)(uintptr_t)e.thread[0].vcpu->debug.trap,
                 &null_cpu.trap));
    engine_interrupt(&e);
    for (unsigned steps = 0; steps < 2; steps++) {
        wish[0].kind = steps ? RESUME_STEP : RESUME_CONTINUE;
        m.tells_widening = true;
        prepare();
        cr_expect(eq(int, m.tells_widening, steps > 0));
        engine_interrupt(&e);
    }
    end();
}

/* Watchpoints that there were are no reason to tell of 64-bit code. */
Test(prepare, what_is_watched)
{
    begin_turning(1);
    client.bits = 32;
    for (unsigned i = 0; i < 3; i++) {
        if (i == 1)
            set(BP_WRITE, 0x2000, 1);
        if (i == 2)
            unset(BP_WRITE, 0x2000, 1);
        engine_continue(&e);
        cr_expect(eq(int, e.tells_wide, i == 1), "%u", i);
        engine_interrupt(&e);
    }
    end();
}

/* --- what the client wrote --- */

static const struct {
    const char *label;
    bool stays, privileges;
    bool exits, registers_suffice; /* then */
} writes[] = {
    {"it leaves the guest", false, false, true, true},
    {"it does not", true, false, false, true},
    {"there is user code, where registers do as well", false, true, true, true},
};

/* Whether that is a breakpoint by itself is the host's affair. */
Test(prepare, what_the_client_wrote)
{
    static const uint8_t trap = I_TRAP;

    for (size_t i = 0; i < sizeof writes / sizeof writes[0]; i++) {
        begin_turning(1);
        m.written_stays = writes[i].stays;
        null_cpu.privileges = writes[i].privileges;
        cr_assert(
            gt(int, bp_client_writes(&e.points, PAGE, PAGE, &trap, 1), 0));
        *fake_byte(&m, PAGE) = trap;
        wish[0].kind = RESUME_CONTINUE;
        prepare();
        cr_expect(eq(int, e.points.written_exits, writes[i].exits), "%s",
                  writes[i].label);
        cr_expect(
            eq(int, e.points.registers_suffice, writes[i].registers_suffice),
            "%s", writes[i].label);
        engine_interrupt(&e);
        end();
    }
}

/* --- registers and guards --- */

/* As many as the CPU has, for data as for code. */
Test(prepare, registers)
{
    static const enum bp_kind rows[] = {BP_WRITE, BP_ACCESS, BP_HARD};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin_turning(1);
        for (unsigned k = 0; k < NULL_REGISTERS; k++)
            set(rows[i], PAGE + 8u * k, 1);
        wish[0].kind = RESUME_CONTINUE;
        prepare();
        cr_expect(eq(u32, e.thread[0].vcpu->debug.n_hw, NULL_REGISTERS),
                  "row %zu", i);
        engine_interrupt(&e);
        end();
    }
}

static const struct {
    const char *label;
    enum resume_kind first, second;
    bool stay;
} stays[] = {
    {"a step of one", RESUME_STEP, RESUME_HOLD, true},
    {"a step of the other", RESUME_HOLD, RESUME_STEP, true},
    {"a range", RESUME_STEP_RANGE, RESUME_HOLD, true},
    {"all go on", RESUME_CONTINUE, RESUME_CONTINUE, false},
    {"the other goes on", RESUME_STEP, RESUME_CONTINUE, false},
    {"the first goes on", RESUME_CONTINUE, RESUME_HOLD, false},
};

/* A client takes all watchpoints away for a step off a breakpoint: the guards
 * stay up that long. Who continues has meant it. */
Test(prepare, guards_that_are_not_needed)
{
    for (size_t i = 0; i < sizeof stays / sizeof stays[0]; i++) {
        begin_turning(2);
        m.watches_in_pages = true;
        set(BP_WRITE, PAGE, 1);
        wish[0].kind = wish[1].kind = RESUME_CONTINUE;
        prepare();
        cr_expect(eq(sz, m.n_guards, 1), "%s", stays[i].label);
        cr_expect(not(e.guards.down), "%s", stays[i].label);
        engine_interrupt(&e);
        unset(BP_WRITE, PAGE, 1);
        wish[0].kind = stays[i].first;
        wish[1].kind = stays[i].second;
        prepare();
        cr_expect(eq(sz, m.n_guards, stays[i].stay), "%s", stays[i].label);
        engine_interrupt(&e);
        wish[0].kind = wish[1].kind = RESUME_CONTINUE;
        prepare();
        cr_expect(zero(sz, m.n_guards), "%s, then", stays[i].label);
        engine_interrupt(&e);
        end();
    }
}

/* A machine that refuses them stops the guest, and says so. */
Test(prepare, guards_that_are_refused)
{
    begin_turning(1);
    m.watches_in_pages = true;
    set(BP_WRITE, PAGE, 1);
    m.fail_in = 2; /* the first call measures the host */
    cr_expect(continue_all());
    cr_expect(eq(int, last.kind, STOP_DEAD_HOST));
    cr_expect(strstr(e.text, "guards") && strstr(e.text, "Input/output error"),
              "%s", e.text);
    end();
}

/* --- a stack near guarded pages --- */

static const struct {
    uint16_t sp;
    bool near;
} stacks[] = {
    {PAGE - NULL_REACH, false},
    {PAGE - NULL_REACH + 1, true},
    {PAGE + 0x800, true},
    {PAGE + MEM_PAGE + NULL_REACH - 1, true},
    {PAGE + MEM_PAGE + NULL_REACH, false},
    {0, false},
};

/* An instruction touches NULL_REACH bytes on either side. */
Test(prepare, which_stacks_are_near)
{
    begin_turning(1);
    m.watches_in_pages = true;
    set(BP_WRITE, PAGE, 1);
    wish[0].kind = RESUME_CONTINUE;
    prepare();
    for (size_t i = 0; i < sizeof stacks / sizeof stacks[0]; i++) {
        m.arch[0].sp = stacks[i].sp;
        cr_expect(eq(int, near_stack(&e, &e.thread[0]), stacks[i].near),
                  "row %zu", i);
    }
    engine_interrupt(&e);
    end();
}
