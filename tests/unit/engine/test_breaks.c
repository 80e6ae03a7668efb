/* SPDX-License-Identifier: MIT */
/* Breakpoints that several vCPUs come to. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <string.h>

#include "stub/points/written.h"
#include "tests/unit/engine/fixture.h"

/* A loop that all vCPUs share, and in it the place that is looked at. */
enum { PLACE = CODE + 3 };
#define LOOP "\x01\x00\x20\x00\x03\x00\x30" /* INC 0x2000; NOP; JMP CODE */

static unsigned passed[FAKE_CPUS]; /* the place, each */
static unsigned not_alone;         /* passed it while others ran */

static void look(struct fake_machine *machine, unsigned cpu)
{
    if (m.vm.vcpu[cpu].arch->pc != PLACE || *fake_byte(machine, PLACE) != I_NOP)
        return;
    passed[cpu]++;
    for (unsigned i = 0; i < m.n; i++)
        not_alone += i != cpu && m.runs[i];
}

static void begin_loop(unsigned n, uint64_t seed)
{
    begin(n, seed);
    CODE_AT(CODE, LOOP);
    memset(passed, 0, sizeof passed);
    not_alone = 0;
    m.each = look;
}

static unsigned all_passed(void)
{
    unsigned n = 0;

    for (unsigned i = 0; i < FAKE_CPUS; i++)
        n += passed[i];
    return n;
}

struct crowd {
    unsigned n;
    unsigned slack;
    enum bp_kind kind;
    enum stop_kind told;
};

static struct crowd crowds[] = {
    {1, 0, BP_SOFT, STOP_SOFT},  {1, 0, BP_HARD, STOP_HARD},
    {2, 0, BP_SOFT, STOP_SOFT},  {2, 6, BP_SOFT, STOP_SOFT},
    {2, 6, BP_HARD, STOP_HARD},  {3, 1, BP_SOFT, STOP_SOFT},
    {8, 0, BP_SOFT, STOP_SOFT},  {8, 12, BP_SOFT, STOP_SOFT},
    {8, 12, BP_HARD, STOP_HARD},
};

ParameterizedTestParameters(breaks, nobody_passes_untold)
{
    return cr_make_param_array(struct crowd, crowds,
                               sizeof crowds / sizeof crowds[0]);
}

/* As GDB does it: what was hit is taken out, stepped by that vCPU alone, and
 * put back. Each passage was told before, once. */
ParameterizedTest(struct crowd *crowd, breaks, nobody_passes_untold)
{
    unsigned hits[FAKE_CPUS] = {0};
    unsigned pending = 0;

    begin_loop(crowd->n, 1);
    m.slack = crowd->slack;
    for (unsigned i = 1; i <= 200; i++) {
        set(crowd->kind, PLACE, 1);
        cr_assert(continue_all());
        cr_assert(eq(int, last.kind, crowd->told));
        cr_assert(eq(u64, pc_of(last.tid), PLACE));
        hits[last.tid - 1]++;
        for (unsigned t = 0; t < crowd->n; t++)
            pending += e.thread[t].state == THREAD_STOP_PENDING;
        unset(crowd->kind, PLACE, 1);
        cr_assert(step_alone(last.tid));
        cr_assert(eq(int, last.kind, STOP_STEPPED));
        cr_assert(eq(u64, pc_of(last.tid), PLACE + 1));
        cr_expect(eq(u32, all_passed(), i));
    }
    for (unsigned i = 0; i < crowd->n; i++)
        cr_expect(eq(u32, passed[i], hits[i]), "vCPU %u", i);
    cr_expect(crowd->n < 2 || crowd->slack < 6 || pending > 0,
              "no two came at once");
    end();
}

/* Two are there at once, and the client takes it away before it hears of the
 * second. */
Test(breaks, what_is_gone_is_not_told)
{
    bool two = false;

    for (uint64_t seed = 1; seed < 50 && !two; seed++) {
        begin_loop(2, seed);
        m.slack = 12;
        set(BP_SOFT, PLACE, 1);
        cr_assert(continue_all());
        two = e.thread[2 - last.tid].state == THREAD_STOP_PENDING;
        unset(BP_SOFT, PLACE, 1);
        engine_continue(&e);
        m.kick_in = 100;
        cr_expect(not(run_on(1)));
        cr_expect(eq(u32, n_told, 1));
        cr_expect(passed[0] > 0 && passed[1] > 0, "both went on");
        end();
    }
    cr_assert(two);
}

/* It stays: the second is told next, and nothing is executed before. */
Test(breaks, the_second_is_told_next)
{
    bool two = false;

    for (uint64_t seed = 1; seed < 50 && !two; seed++) {
        unsigned first;
        uint64_t executed;

        begin_loop(2, seed);
        m.slack = 12;
        set(BP_SOFT, PLACE, 1);
        cr_assert(continue_all());
        first = last.tid;
        two = e.thread[2 - first].state == THREAD_STOP_PENDING;
        executed = m.executed[0] + m.executed[1];
        cr_assert(continue_all());
        if (two) {
            cr_expect(ne(u32, last.tid, first));
            cr_expect(eq(u64, m.executed[0] + m.executed[1], executed));
        }
        end();
    }
    cr_assert(two);
}

/* By another name for the same memory: the client cannot take it out where it
 * is hit, so the instruction below it is executed, by one vCPU alone. */
Test(breaks, a_trap_is_passed_alone)
{
    begin_loop(4, 3);
    m.slack = 3;
    set(BP_SOFT, NULL_ALIAS + PLACE, 1);
    for (unsigned i = 1; i <= 100; i++) {
        cr_assert(continue_all());
        cr_assert(eq(int, last.kind, STOP_TRAP));
        cr_assert(eq(u64, pc_of(last.tid), PLACE));
        cr_expect(last.text != NULL);
    }
    cr_expect(ge(u32, all_passed(), 99));
    cr_expect(zero(u32, not_alone));
    end();
}

/* Who comes to such a trap by a step has come to it; who goes on from it passes
 * it, though a kick be first. */
Test(breaks, a_trap_is_told_once)
{
    struct resume_wish wish[ENGINE_CPUS] = {
        {.kind = RESUME_STEP_RANGE, .lo = CODE, .hi = CODE + 7}};

    begin_loop(1, 1);
    set(BP_SOFT, NULL_ALIAS + PLACE, 1);
    for (unsigned i = 0; i < 3; i++) {
        engine_resume(&e, wish);
        machine_kick(&m.machine);
        cr_assert(run_on(10));
        cr_expect(eq(int, last.kind, STOP_TRAP));
        cr_expect(eq(u64, pc_of(1), PLACE));
        cr_expect(eq(u64, m.executed[0], 1 + 3 * i));
    }
    end();
}

/* One that is held does not move, whatever the others do. */
Test(breaks, who_is_held_stands_still)
{
    struct resume_wish wish[ENGINE_CPUS] = {{.kind = RESUME_HOLD}};

    begin_loop(3, 5);
    wish[1].kind = RESUME_CONTINUE;
    engine_resume(&e, wish);
    m.kick_in = 50;
    cr_expect(not(run_on(1)));
    cr_expect(zero(u64, m.executed[0]));
    cr_expect(zero(u64, m.executed[2]));
    cr_expect(gt(u64, m.executed[1], 40));
    engine_interrupt(&e);
    cr_expect(eq(int, last.kind, STOP_INTERRUPTED));
    end();
}

/* A vCPU that comes up while the world is stopped waits, and goes with the
 * others. */
Test(breaks, one_that_appears_late)
{
    begin_loop(1, 7);
    set(BP_SOFT, PLACE, 1);
    cr_assert(continue_all());
    m.n = 2;
    cr_assert(zero(u64, m.executed[1]));
    unset(BP_SOFT, PLACE, 1);
    cr_assert(step_alone(1));
    cr_expect(zero(u64, m.executed[1]), "it has not been told to go");
    cr_assert(eq(u32, e.n_threads, 2));
    set(BP_SOFT, PLACE, 1);
    for (unsigned i = 0; i < 50 && last.tid != 2; i++) {
        cr_assert(continue_all());
        unset(BP_SOFT, PLACE, 1);
        if (last.tid != 2)
            cr_assert(step_alone(last.tid));
        set(BP_SOFT, PLACE, 1);
    }
    cr_expect(eq(u32, last.tid, 2));
    cr_expect(eq(u64, pc_of(2), PLACE));
    end();
}

/* And one that comes up while they run goes with them. */
Test(breaks, one_that_appears_in_between)
{
    begin_loop(1, 7);
    engine_continue(&e);
    m.kick_in = 10;
    cr_expect(not(run_on(1)));
    m.n = 2;
    m.kick_in = 100;
    cr_expect(not(run_on(1)));
    cr_expect(gt(u64, m.executed[1], 10));
    engine_interrupt(&e);
    end();
}

/* --- breakpoints that the client wrote --- */

static void client_writes(uint64_t gpa, uint8_t byte)
{
    (void)bp_client_writes(&e.points, gpa, gpa, &byte, 1);
    *fake_byte(&m, gpa) = byte;
    bp_sweep_written(&e.points);
}

Test(breaks, that_the_client_wrote)
{
    begin_loop(1, 1);
    client_writes(PLACE, I_TRAP);
    cr_assert(continue_all());
    cr_expect(eq(int, last.kind, STOP_WRITTEN));
    cr_expect(eq(u64, pc_of(1), PLACE));
    /* Let stand, it is behind it after a step. */
    cr_assert(step_alone(1));
    cr_expect(eq(int, last.kind, STOP_STEPPED));
    client_writes(PLACE, I_NOP);
    m.kick_in = 50;
    engine_continue(&e);
    cr_expect(not(run_on(1)));
    end();
}

/* A step that begins behind one goes on within its range. Elsewhere, as where
 * an interrupt leads, it ends after an instruction, not before. */
Test(breaks, that_the_client_wrote_in_a_range)
{
    struct resume_wish wish[ENGINE_CPUS] = {
        {.kind = RESUME_STEP_RANGE, .lo = CODE, .hi = CODE + 7}};

    begin_loop(1, 1);
    client_writes(PLACE, I_TRAP);
    cr_assert(continue_all());
    cr_expect(eq(int, last.kind, STOP_WRITTEN));
    engine_resume(&e, wish);
    m.kick_in = 1;
    cr_expect(not(run_on(1)));
    cr_expect(eq(u64, pc_of(1), CODE));
    m.arch[0].pc = PRIVATE;
    cr_assert(run_on(10));
    cr_expect(eq(int, last.kind, STOP_STEPPED));
    cr_expect(eq(u64, pc_of(1), PRIVATE + 1));
    end();
}

/* A client that looks before pc finds pc behind it. */
Test(breaks, that_the_client_wrote_and_looks_for_before_pc)
{
    begin_loop(1, 1);
    client.finds_at_pc = false;
    client_writes(PLACE, I_TRAP);
    cr_assert(continue_all());
    cr_expect(eq(int, last.kind, STOP_TRAP));
    end();
}
