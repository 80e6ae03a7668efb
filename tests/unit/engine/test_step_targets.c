/* SPDX-License-Identifier: MIT */
/*
 * A CPU that has no steps in hardware: traps wait wherever an instruction may
 * lead. What comes of a step is the same, and no trap is left.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "tests/unit/engine/fixture.h"

enum { HANDLER = 0x4100, BEFORE = 0x2ff0, DOUBLE = 0x4200 };

struct row {
    const char *label, *bytes;
    size_t n;
    uint64_t pc; /* where it leads */
};

#define ROW(label, bytes, pc)                                                  \
    {                                                                          \
        label, bytes, sizeof(bytes) - 1, pc                                    \
    }

static const struct row rows[] = {
    ROW("to the next", "\x00", CODE + 1),
    ROW("behind a store", "\x01\x00\x20", CODE + 3),
    ROW("a jump", "\x03\xf0\x2f", BEFORE),
    ROW("a jump to itself", "\x03\x00\x30", CODE),
    ROW("a loop that goes on", "\x06\xf0\x2f", BEFORE),
    ROW("a call", "\x0f\x01", HANDLER),
    ROW("an exception", "\x07\x01", HANDLER),
    ROW("an exception with a code", "\x0e\x01\x05", HANDLER),
    ROW("one that has no handler", "\x07\x03", DOUBLE),
    ROW("a repeated one", "\x13\x00\x20", CODE + 3),
    ROW("pushes", "\x09\x03", CODE + 2),
    ROW("a halt", "\xf4", CODE + 1),
};

/* How the host steps: by itself, by the trap that it tries first, or by another
 * one because that does not leave the guest. */
enum how { IN_HARDWARE, BY_TRAP, BY_OTHER_TRAP };

static void begin_row(const struct row *row, enum how how)
{
    begin(2, 1);
    null_cpu.no_step = how != IN_HARDWARE;
    m.written_stays = how == BY_OTHER_TRAP;
    m.kick_in = 50; /* a target that is missing must not be for ever */
    CODE_AT(NULL_HANDLERS + 2, "\x00\x41");
    CODE_AT(NULL_HANDLERS + 2 * NULL_DOUBLE, "\x00\x42");
    m.arch[0].n = 3;
    m.arch[0].sp = 0x2800;
    code(CODE, row->bytes, row->n);
}

static void expect_same(const struct row *row, const uint8_t *memory,
                        const struct vcpu_arch *arch)
{
    static uint8_t now[NULL_RAM];

    (void)mem_read(&m.vm.mem, 0, now, sizeof now);
    cr_expect(zero(int, memcmp(now, memory, sizeof now)), "%s", row->label);
    cr_expect(eq(u64, m.arch[0].pc, arch->pc), "%s", row->label);
    cr_expect(eq(u16, m.arch[0].sp, arch->sp), "%s", row->label);
    cr_expect(eq(u8, m.arch[0].n, arch->n), "%s", row->label);
}

Test(step_targets, as_in_hardware)
{
    static uint8_t memory[NULL_RAM];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        struct vcpu_arch arch;

        begin_row(row, IN_HARDWARE);
        cr_assert(step_alone(1), "%s", row->label);
        cr_expect(eq(int, last.kind, STOP_STEPPED), "%s", row->label);
        cr_expect(eq(u64, pc_of(1), row->pc), "%s", row->label);
        (void)mem_read(&m.vm.mem, 0, memory, sizeof memory);
        arch = m.arch[0];
        end();

        for (enum how how = BY_TRAP; how <= BY_OTHER_TRAP; how++) {
            begin_row(row, how);
            cr_assert(step_alone(1), "%s", row->label);
            cr_expect(eq(int, last.kind, STOP_STEPPED), "%s", row->label);
            expect_same(row, memory, &arch);
            end();
        }
    }
}

/* Back from a handler, behind what has raised it. */
Test(step_targets, back_from_a_handler)
{
    begin_row(&rows[6], BY_TRAP);
    CODE_AT(HANDLER, "\x08");
    cr_assert(step_alone(1));
    cr_assert(step_alone(1));
    cr_expect(eq(u64, pc_of(1), CODE + 2));
    end();
}

/* The trap of a breakpoint is there already, and stays. */
Test(step_targets, onto_a_breakpoint)
{
    begin_row(&rows[0], BY_TRAP);
    set(BP_SOFT, CODE + 1, 1);
    cr_assert(step_alone(1));
    cr_expect(eq(int, last.kind, STOP_STEPPED));
    cr_expect(eq(u64, pc_of(1), CODE + 1));
    cr_assert(continue_all());
    cr_expect(eq(int, last.kind, STOP_SOFT));
    cr_expect(eq(u64, pc_of(1), CODE + 1));
    end();
}

/* What a step has touched is told as ever, in registers and in pages. */
Test(step_targets, over_a_watchpoint)
{
    for (unsigned in_pages = 0; in_pages < 2; in_pages++) {
        begin_row(&rows[1], BY_TRAP);
        m.watches_in_pages = in_pages;
        set(BP_WRITE, COUNTERS, 1);
        cr_assert(step_alone(1));
        cr_expect(eq(int, last.kind, STOP_WRITE));
        cr_expect(eq(u64, pc_of(1), CODE + 3));
        cr_expect(eq(u8, *fake_byte(&m, CODE + 3), I_NOP), "no trap is left");
        end();
    }
}

/* A kick that comes between the instruction and its trap. */
Test(step_targets, kicked)
{
    begin_row(&rows[0], BY_TRAP);
    m.kick_in = 1;
    cr_assert(step_alone(1));
    cr_expect(eq(u64, pc_of(1), CODE + 1));
    cr_expect(eq(u8, *fake_byte(&m, CODE + 1), I_NOP));
    end();
}

/* --- with others that would run into its traps --- */

enum { LOOP_END = CODE + 6 };

static bool beside; /* both run at once */

static void note_running(struct fake_machine *machine, unsigned cpu)
{
    (void)cpu;
    beside |= machine->runs[0] && machine->runs[1];
}

/* Both execute the same: a count, a loop around it, and the end. */
static void begin_loop(bool no_step)
{
    begin(2, 7);
    null_cpu.no_step = no_step;
    CODE_AT(CODE, "\x01\x00\x20\x06\x00\x30\xfe\x05");
    m.arch[0].n = m.arch[1].n = 100;
}

/* Neither comes to a trap that is not its own, and both get on. */
Test(step_targets, alone)
{
    struct resume_wish wish[ENGINE_CPUS] = {
        {.kind = RESUME_STEP_RANGE, .lo = CODE, .hi = LOOP_END},
        {.kind = RESUME_CONTINUE},
    };

    begin_loop(true);
    engine_resume(&e, wish);
    cr_assert(run_on(1000));
    cr_expect(gt(u64, m.executed[1], 0), "it had its turns");
    if (last.kind == STOP_STEPPED) {
        cr_expect(eq(u64, pc_of(1), LOOP_END));
        cr_assert(continue_all());
    }
    cr_expect(eq(int, last.kind, STOP_ENDED));
    end();
}

/* Steps in hardware leave memory alone: then they go on together. */
Test(step_targets, together_in_hardware)
{
    struct resume_wish wish[ENGINE_CPUS] = {{.kind = RESUME_STEP},
                                            {.kind = RESUME_CONTINUE}};

    for (unsigned no_step = 0; no_step < 2; no_step++) {
        begin_loop(no_step);
        m.each = note_running;
        beside = false;
        engine_resume(&e, wish);
        cr_assert(run_on(1000));
        cr_expect(eq(int, beside, !no_step));
        end();
    }
}
