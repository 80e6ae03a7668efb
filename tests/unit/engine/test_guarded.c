/* SPDX-License-Identifier: MIT */
/* Instructions beside guarded pages: several values at once, frames of events,
 * what the CPU reads by itself, and what a host cannot carry out there. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

#include "tests/unit/engine/fixture.h"

/* A page that nothing else lies on, and the stack in its midst. */
enum { PAGE = 0x5000, SP = PAGE + 0x100, HANDLER = 0x7000 };

static void begin_in_pages(unsigned n, uint64_t seed)
{
    begin(n, seed);
    m.watches_in_pages = true;
    for (unsigned i = 0; i < 16; i++)
        *fake_byte(&m, SP - 8 + i) = (uint8_t)(0x10 + i);
}

/* --- several values at once --- */

struct stacked {
    const char *label;
    const char *bytes; /* 2 of PUSH or POP, then END 9 */
    enum bp_kind kind;
    int watched; /* from SP */
    uint64_t size;
    unsigned hits;
    int sp; /* then */
    uint8_t a;
};

/* a is 0x40 at first; SP - 8 has 0x10. */
static const struct stacked stacked[] = {
    {"pushed last", "\x09\x04\xfe\x09", BP_WRITE, -4, 1, 1, -4, 0x40},
    {"pushed first", "\x09\x04\xfe\x09", BP_WRITE, -1, 1, 1, -4, 0x40},
    {"all of them", "\x09\x04\xfe\x09", BP_ACCESS, -4, 4, 1, -4, 0x40},
    {"below it", "\x09\x04\xfe\x09", BP_WRITE, -5, 1, 0, -4, 0x40},
    {"above it", "\x09\x04\xfe\x09", BP_WRITE, 0, 1, 0, -4, 0x40},
    {"reads do not push", "\x09\x04\xfe\x09", BP_READ, -4, 4, 0, -4, 0x40},
    {"popped first", "\x0a\x03\xfe\x09", BP_READ, 0, 1, 1, 3, 0x1a},
    {"popped last", "\x0a\x03\xfe\x09", BP_ACCESS, 2, 1, 1, 3, 0x1a},
    {"not popped", "\x0a\x03\xfe\x09", BP_READ, 3, 1, 0, 3, 0x1a},
    {"writes do not pop", "\x0a\x03\xfe\x09", BP_WRITE, 0, 3, 0, 3, 0x1a},
};

enum { STACKED = sizeof stacked / sizeof stacked[0] };

static void check_stacked(const struct stacked *row, const char *how)
{
    const bool push = row->bytes[0] == I_PUSH;

    for (unsigned i = 0; i < row->hits; i++) {
        cr_assert(continue_all(), "%s, %s", row->label, how);
        cr_expect(eq(u64, last.addr, (uint64_t)(SP + row->watched)), "%s, %s",
                  row->label, how);
        cr_expect(eq(u64, pc_of(last.tid) % 0x100, 2), "%s, %s", row->label,
                  how);
    }
    cr_assert(continue_all(), "%s, %s", row->label, how);
    cr_expect(eq(int, last.kind, STOP_ENDED), "%s, %s", row->label, how);
    cr_expect(eq(u16, m.arch[0].sp, (uint16_t)(SP + row->sp)), "%s, %s",
              row->label, how);
    cr_expect(eq(u8, m.arch[0].a, row->a), "%s, %s", row->label, how);
    for (unsigned i = 0; push && i < 4; i++)
        cr_expect(eq(u8, *fake_byte(&m, SP - 1 - i), (uint8_t)(0x40 + i)),
                  "%s, %s", row->label, how);
    cr_expect(eq(u8, *fake_byte(&m, SP - 5), 0x13), "%s, %s", row->label, how);
}

static void run_stacked(const struct stacked *row, uint64_t at, unsigned n)
{
    code(at, row->bytes, 4);
    m.arch[0].pc = at;
    m.arch[0].sp = SP;
    m.arch[0].a = 0x40;
    for (unsigned i = 1; i < n; i++)
        m.arch[i].pc = PRIVATE;
    CODE_AT(PRIVATE, "\x03\x00\x40"); /* the others only turn */
    set(row->kind, (uint64_t)(SP + row->watched), row->size);
}

ParameterizedTestParameters(guarded, values_stacked)
{
    static size_t index[STACKED];

    for (size_t i = 0; i < STACKED; i++)
        index[i] = i;
    return cr_make_param_array(size_t, index, STACKED);
}

/* The stack is near: the guest is stepped, with the guards down. */
ParameterizedTest(size_t *i, guarded, values_stacked)
{
    for (unsigned n = 1; n <= 3; n++) {
        begin_in_pages(n, 7);
        m.slack = n - 1;
        run_stacked(&stacked[*i], CODE, n);
        check_stacked(&stacked[*i], "stepped");
        end();
    }
}

ParameterizedTestParameters(guarded, values_stacked_by_an_emulator)
{
    static size_t index[STACKED];

    for (size_t i = 0; i < STACKED; i++)
        index[i] = i;
    return cr_make_param_array(size_t, index, STACKED);
}

/* User code that the host does not step: KVM's emulator carries it out, and
 * loses values, which are found again. */
ParameterizedTest(size_t *i, guarded, values_stacked_by_an_emulator)
{
    begin_in_pages(1, 7);
    null_cpu.privileges = null_cpu.emulator = true;
    m.steps_no_user = true;
    run_stacked(&stacked[*i], NULL_USER + 0x1000, 1);
    check_stacked(&stacked[*i], "emulated");
    end();
}

/* The stack comes there by itself, while the guest runs freely: whatever it
 * pushes is told from then on. */
Test(guarded, a_stack_that_comes_near)
{
    begin_in_pages(1, 3);
    /* STACK SP; PUSH 1; PUSH 4; STACK 0x6800; NOP; END 1 */
    CODE_AT(CODE, "\x0b\x00\x51\x09\x01\x09\x04\x0b\x00\x68\x00\xfe\x01");
    set(BP_WRITE, SP - 3, 1);
    cr_assert(continue_all());
    cr_expect(eq(int, last.kind, STOP_WRITE));
    cr_expect(eq(u64, pc_of(1), CODE + 7));
    cr_expect(e.guards.down, "the stack is still there");
    cr_assert(continue_all());
    cr_expect(eq(int, last.kind, STOP_ENDED));
    end();
}

/* Who must be stepped on its stack goes on alone; the others come to their
 * turns all the same, stepped meanwhile or, as user code on such a host, not.
 */
Test(guarded, a_stack_that_stays_near)
{
    for (unsigned row = 0; row < 6; row++) {
        const unsigned who = row % 3;

        begin_in_pages(3, 7);
        m.steps_no_user = null_cpu.privileges = row >= 3;
        CODE_AT(CODE, "\x03\x00\x30");               /* JMP itself */
        CODE_AT(NULL_USER + 0x1000, "\x03\x00\x90"); /* the same */
        for (unsigned i = 0; i < 3; i++)
            m.arch[i].pc = i == who ? CODE : NULL_USER + 0x1000;
        m.arch[who].sp = SP;
        set(BP_WRITE, PAGE, 1);
        engine_continue(&e);
        for (unsigned ticks = 0; ticks < 10; ticks++) {
            m.kick_in = 200;
            cr_expect(not(run_on(1)));
        }
        for (unsigned i = 0; i < 3; i++)
            cr_expect(gt(u64, m.executed[i], 300), "%u beside %u: %llu", i, who,
                      (unsigned long long)m.executed[i]);
        engine_interrupt(&e);
        end();
    }
}

/* Guards stay down for 64 steps behind the stack, and come up again. */
Test(guarded, a_stack_that_goes_away)
{
    begin_in_pages(1, 3);
    /* STACK SP; PUSH 1; STACK 0; SET 100; NOP; LOOP; STORE SP; END */
    CODE_AT(CODE, "\x0b\x00\x51\x09\x01\x0b\x00\x00\x05\x64\x00\x06\x0a\x30"
                  "\x04\x00\x51\xfe\x01");
    set(BP_WRITE, SP, 1);
    engine_continue(&e);
    m.kick_in = 90;
    cr_expect(not(run_on(2)));
    cr_expect(not(e.guards.down));
    cr_expect(eq(sz, m.n_guards, 1));
    cr_expect(not(m.lowered));
    cr_assert(continue_all());
    cr_expect(eq(int, last.kind, STOP_WRITE));
    cr_expect(eq(u64, pc_of(1), CODE + 17));
    end();
}

/* --- an event's frame --- */

struct framed {
    const char *label;
    enum bp_kind kind;
    uint64_t addr;
    unsigned hits;
};

static const struct framed framed[] = {
    {"the frame", BP_WRITE, SP - 1, 1},
    {"below the frame", BP_WRITE, SP - 2, 0},
    {"reads", BP_READ, SP - 1, 0},
};

/* It has not pushed anything but that: RAISE of a STORE's place. */
Test(guarded, frames_of_events)
{
    for (size_t i = 0; i < sizeof framed / sizeof framed[0]; i++) {
        const struct framed *row = &framed[i];

        begin_in_pages(1, 1);
        m.arch[0].sp = SP;
        CODE_AT(CODE, "\x07\x01\xfe\x07");      /* RAISE 1; END 7 */
        CODE_AT(HANDLER, "\x00\x08");           /* NOP; BACK */
        CODE_AT(NULL_HANDLERS + 2, "\x00\x70"); /* of vector 1 */
        set(row->kind, row->addr, 1);
        if (row->hits) {
            cr_assert(continue_all(), "%s", row->label);
            cr_expect(eq(u64, last.addr, row->addr), "%s", row->label);
            cr_expect(eq(u64, pc_of(1), HANDLER), "%s", row->label);
        }
        cr_assert(continue_all(), "%s", row->label);
        cr_expect(eq(int, last.kind, STOP_ENDED), "%s", row->label);
        cr_expect(eq(u8, *fake_byte(&m, SP - 1), 1), "%s", row->label);
        cr_expect(eq(u16, m.arch[0].sp, SP), "%s", row->label);
        end();
    }
}

/* Not stepped, the frame is what the host cannot put there. */
Test(guarded, a_frame_that_cannot_leave_the_guest)
{
    begin_in_pages(1, 1);
    null_cpu.privileges = m.steps_no_user = true;
    m.arch[0].sp = SP;
    m.arch[0].pc = 0x9000;
    CODE_AT(0x9000, "\x07\x01\xfe\x07");
    CODE_AT(HANDLER, "\x00\x08");
    CODE_AT(NULL_HANDLERS + 2, "\x00\x70");
    set(BP_WRITE, SP - 1, 1);
    cr_assert(continue_all());
    cr_expect(eq(int, last.kind, STOP_WRITE));
    cr_expect(eq(u64, pc_of(1), HANDLER));
    cr_assert(continue_all());
    cr_expect(eq(int, last.kind, STOP_ENDED));
    end();
}

/* --- a repeated instruction that is kicked half-way --- */

struct repeated {
    const char *label;
    const char *bytes; /* SET 8; FILL PAGE + 0xf8 or PUMP; END 1 */
    size_t n;
    uint16_t sp;
    uint64_t watched;
    unsigned kick; /* after so many values it was hit, */
    bool early;    /* and told, before the end */
};

#define FILL "\x05\x08\x13\xf8\x50\xfe\x01"
#define PUMP "\x05\x08\x14\xfe\x01"

static const struct repeated repeated[] = {
    {"down, the last", FILL, 7, SP, PAGE + 0xff, 2, true},
    {"down, the third", FILL, 7, SP, PAGE + 0xfd, 4, true},
    {"down, the third is not done", FILL, 7, SP, PAGE + 0xfd, 3, false},
    {"up, the first", PUMP, 5, SP, SP, 2, true},
    {"up, the second", PUMP, 5, SP, SP + 1, 3, true},
    {"up, the second is not done", PUMP, 5, SP, SP + 1, 2, false},
};

/* same: the bytes that it writes are there already. */
static void half_an_instruction(const struct repeated *row, bool same)
{
    const uint64_t to = row->n == 7 ? SP - 8u : SP;
    const uint64_t at = CODE + 2;

    begin_in_pages(1, 1);
    code(CODE, row->bytes, row->n);
    m.arch[0].sp = row->sp;
    m.arch[0].a = 0x77;
    for (unsigned k = 0; k < 8 && same; k++)
        *fake_byte(&m, to + k) = 0x77;
    set(BP_WRITE, row->watched, 1);
    m.kick_in = row->kick;
    cr_assert(continue_all(), "%s", row->label);
    cr_expect(eq(int, last.kind, STOP_WRITE), "%s", row->label);
    cr_expect(eq(u64, last.addr, row->watched), "%s", row->label);
    cr_expect(eq(int, pc_of(1) == at, row->early), "%s", row->label);
    cr_assert(continue_all(), "%s", row->label);
    cr_expect(eq(int, last.kind, STOP_ENDED), "%s", row->label);
    for (unsigned k = 0; k < 8; k++)
        cr_expect(eq(u8, *fake_byte(&m, to + k), 0x77), "%s", row->label);
    end();
}

Test(guarded, half_an_instruction)
{
    for (size_t i = 0; i < sizeof repeated / sizeof repeated[0]; i++)
        for (unsigned same = 0; same < 2; same++)
            half_an_instruction(&repeated[i], same);
}

/* --- what a host cannot do there --- */

/* The CPU itself reads a guarded page: kicked, the instruction is where it
 * was; with the guards down it goes on. */
Test(guarded, what_the_cpu_reads_by_itself)
{
    for (unsigned n = 1; n <= 4; n++) {
        begin_in_pages(n, n);
        CODE_AT(CODE, "\x0c\x00\x50\xfe\x03"); /* READS PAGE; END 3 */
        CODE_AT(PRIVATE, "\x03\x00\x40");
        for (unsigned i = 1; i < n; i++)
            m.arch[i].pc = PRIVATE;
        set(BP_READ, PAGE + 8, 1);
        cr_assert(continue_all(), "%u vCPUs", n);
        cr_expect(eq(int, last.kind, STOP_ENDED), "%u vCPUs", n);
        cr_expect(eq(int, e.status, 3));
        cr_expect(eq(u64, m.executed[0], 1));
        end();
    }
}

/* And they come up again at once: the stack is elsewhere. */
Test(guarded, the_cpu_has_read)
{
    begin_in_pages(1, 1);
    CODE_AT(CODE, "\x0c\x00\x50\x00\x00\x03\x03\x30"); /* READS; NOP; ... */
    set(BP_READ, PAGE + 8, 1);
    engine_continue(&e);
    while (m.executed[0] < 8) {
        m.kick_in = 4;
        cr_assert(not(run_on(1)));
    }
    cr_expect(not(e.guards.down));
    cr_expect(not(m.lowered));
    engine_interrupt(&e);
    end();
}

/* A page that is read by itself is only guarded against writes. */
Test(guarded, a_table_page_stays_readable)
{
    begin_in_pages(1, 1);
    null_cpu.table = PAGE;
    CODE_AT(CODE, "\x0c\x00\x50\xfe\x03");
    set(BP_READ, PAGE + 8, 1);
    cr_assert(continue_all());
    cr_expect(eq(int, last.kind, STOP_ENDED));
    cr_expect(eq(sz, m.n_guards, 1));
    cr_expect(eq(int, m.guard[0].kind, GUARD_WRITE));
    end();
}

/* Code on a page whose reads are watched is executed all the same. */
Test(guarded, code_on_a_guarded_page)
{
    begin_in_pages(2, 1);
    /* SET 5; INC 0x2000; LOOP; LOAD CODE + 0x20; END */
    CODE_AT(CODE, "\x05\x05\x01\x00\x20\x06\x02\x30\x02\x20\x30\xfe\x01");
    CODE_AT(PRIVATE, "\x03\x00\x40");
    m.arch[1].pc = PRIVATE;
    set(BP_READ, CODE + 0x20, 1);
    cr_assert(continue_all());
    cr_expect(eq(int, last.kind, STOP_READ));
    cr_expect(eq(u64, pc_of(last.tid), CODE + 11));
    cr_expect(eq(u8, *fake_byte(&m, COUNTERS), 5));
    cr_assert(continue_all());
    cr_expect(eq(int, last.kind, STOP_ENDED));
    end();
}

/* A page of code that is guarded for a trap on it. Who writes to the same place
 * there all the time is let run after a while, and the trap is looked after at
 * ticks. */
Test(guarded, data_beside_code)
{
    begin(1, 1);
    set(BP_HARD, 0x6000, 1); /* they have the registers */
    set(BP_HARD, 0x6001, 1);
    set(BP_SOFT, CODE + 0x100, 1);
    CODE_AT(CODE, "\x01\x00\x38\x03\x00\x30"); /* INC 0x3800; JMP */
    engine_continue(&e);
    cr_assert(engine_prepare(&e));
    cr_expect(eq(sz, m.n_guards, 1));
    cr_expect(engine_wants_ticks(&e));
    m.kick_in = 2 * BP_SPARED_AFTER + 20;
    cr_expect(not(run_on(2)));
    cr_expect(zero(sz, m.n_guards));
    cr_expect(engine_wants_ticks(&e));
    CODE_AT(CODE, "\x03\x00\x31");
    cr_assert(run_on(10));
    cr_expect(eq(int, last.kind, STOP_SOFT));
    cr_expect(eq(u64, pc_of(1), CODE + 0x100));
    end();
}

/* The same of a stack there, which is stepped for as long as it is guarded. */
Test(guarded, a_stack_beside_code)
{
    begin(1, 1);
    set(BP_HARD, 0x6000, 1);
    set(BP_HARD, 0x6001, 1);
    set(BP_SOFT, CODE + 0x100, 1);
    /* STACK CODE + 0x800; PUSH 1; JMP */
    CODE_AT(CODE, "\x0b\x00\x38\x09\x01\x03\x00\x30");
    m.arch[0].sp = CODE + 0x800;
    engine_continue(&e);
    m.kick_in = 3 * BP_SPARED_AFTER + 20;
    cr_expect(not(run_on(1)));
    cr_expect(zero(sz, m.n_guards));
    engine_interrupt(&e);
    end();
}

/* What is no instruction, or an exit that nobody knows, is none with the guards
 * down either. */
Test(guarded, it_was_not_the_guards)
{
    static const struct {
        const char bytes[2];
        enum stop_kind told;
    } rows[] = {
        {{I_NOP, (char)0x99}, STOP_DEAD_EMULATION},
        {{I_NOP, (char)I_ODD}, STOP_DEAD_HOST},
        {{I_NOP, I_RAISE}, STOP_DEAD_FAULT},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin_in_pages(1, 1);
        code(CODE, rows[i].bytes, 2);
        set(BP_WRITE, PAGE, 1);
        cr_assert(continue_all());
        cr_expect(eq(int, last.kind, rows[i].told), "row %zu", i);
        cr_expect(eq(u64, pc_of(1), CODE + 1));
        cr_expect(not(zero(sz, m.n_guards)));
        end();
    }
}
