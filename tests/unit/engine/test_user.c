/* SPDX-License-Identifier: MIT */
/* Code without privileges, whose traps are the guest's own on this host. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

#include "stub/engine/catch.h"
#include "stub/points/written.h"
#include "tests/unit/engine/fixture.h"

enum { USER = 0x9000, PLACE = USER + 3, KERNEL = 0x7000, OTHER = 0x7100 };

/* All vCPUs turn in user code, a STORE into each round. */
#define LOOP "\x01\x00\x20\x00\x03\x00\x90" /* INC 0x2000; NOP; JMP USER */

/* The guest's handlers count what comes to them, and go back behind it. */
static void handler(unsigned vector, uint64_t gpa, uint64_t counter)
{
    const uint8_t bytes[] = {I_INC, (uint8_t)counter, (uint8_t)(counter >> 8),
                             I_BACK};
    const uint8_t gva[] = {(uint8_t)gpa, (uint8_t)(gpa >> 8)};

    (void)fake_code(&m, gpa, bytes, sizeof bytes);
    (void)fake_code(&m, NULL_HANDLERS + 2 * vector, gva, sizeof gva);
}

static void begin_user(unsigned n, uint64_t seed)
{
    begin(n, seed);
    null_cpu.privileges = m.user_raises = true;
    CODE_AT(USER, LOOP);
    for (unsigned i = 0; i < FAKE_CPUS; i++)
        m.arch[i].pc = USER;
}

/* Breakpoints in registers need no traps: these take all that there are. */
static void take_registers(void)
{
    for (unsigned i = 0; i < NULL_REGISTERS; i++)
        set(BP_HARD, USER + 0x80 + i, 1);
}

/* --- planted traps --- */

struct scene {
    const char *label;
    unsigned n, slack;
    bool behind;     /* the frame is behind the trap */
    unsigned vector; /* whose handler there is */
};

static struct scene scenes[] = {
    {"at it", 1, 0, false, NULL_TRAPPED},
    {"behind it", 1, 0, true, NULL_TRAPPED},
    {"by the double fault", 1, 0, false, NULL_DOUBLE},
    {"two", 2, 4, true, NULL_TRAPPED},
    {"eight", 8, 8, false, NULL_TRAPPED},
    {"four by the double fault", 4, 5, true, NULL_DOUBLE},
};

ParameterizedTestParameters(user, breakpoints_by_the_guests_handler)
{
    return cr_make_param_array(struct scene, scenes,
                               sizeof scenes / sizeof scenes[0]);
}

/* The guest never sees it, whoever comes to it. */
ParameterizedTest(struct scene *scene, user, breakpoints_by_the_guests_handler)
{
    begin_user(scene->n, 3);
    m.slack = scene->slack;
    m.user_behind = scene->behind;
    take_registers();
    handler(scene->vector, KERNEL, 0x2100);
    for (unsigned i = 0; i < 60; i++) {
        set(BP_SOFT, PLACE, 1);
        cr_assert(continue_all(), "%s", scene->label);
        cr_assert(eq(int, last.kind, STOP_SOFT), "%s", scene->label);
        cr_expect(eq(u64, pc_of(last.tid), PLACE), "%s", scene->label);
        unset(BP_SOFT, PLACE, 1);
        cr_assert(step_alone(last.tid));
        cr_expect(eq(u64, pc_of(last.tid), PLACE + 1), "%s", scene->label);
    }
    cr_expect(zero(u8, *fake_byte(&m, 0x2100)), "%s", scene->label);
    end();
}

/* With a stack the frame goes onto it, and is taken off again. */
Test(user, the_frame_is_taken_off)
{
    begin_user(1, 1);
    handler(NULL_TRAPPED, KERNEL, 0x2100);
    m.arch[0].sp = 0x6000;
    take_registers();
    set(BP_SOFT, PLACE, 1);
    cr_assert(continue_all());
    cr_expect(eq(int, last.kind, STOP_SOFT));
    cr_expect(eq(u16, m.arch[0].sp, 0x6000));
    end();
}

/* A step comes to a breakpoint, too, and steps over the guest's own events. */
Test(user, a_step_onto_a_breakpoint)
{
    begin_user(1, 1);
    handler(NULL_TRAPPED, KERNEL, 0x2100);
    set(BP_SOFT, PLACE, 1);
    cr_assert(step_alone(1));
    cr_expect(eq(int, last.kind, STOP_STEPPED));
    cr_expect(eq(u64, pc_of(1), PLACE));
    cr_assert(step_alone(1));
    cr_expect(eq(int, last.kind, STOP_SOFT));
    cr_expect(eq(u64, pc_of(1), PLACE));
    end();
}

/* Where nobody handles them a trap would be the guest's end: it waits. */
Test(user, no_handler_yet)
{
    begin_user(2, 1);
    null_cpu.trap.user_is_end = true;
    take_registers();
    set(BP_SOFT, PLACE, 1);
    engine_continue(&e);
    m.kick_in = 300;
    cr_expect(not(run_on(1)));
    cr_expect(eq(u8, *fake_byte(&m, PLACE), I_NOP));
    cr_expect(e.points_pending);
    cr_expect(e.barred_told);
    cr_expect(engine_wants_ticks(&e));
    handler(NULL_TRAPPED, KERNEL, 0x2100);
    cr_assert(run_on(100));
    cr_expect(eq(int, last.kind, STOP_SOFT));
    cr_expect(eq(u64, pc_of(last.tid), PLACE));
    end();
}

/* Where it is not, the registers are at the trap then, or behind it. */
Test(user, a_shutdown_is_the_breakpoint)
{
    for (unsigned behind = 0; behind < 2; behind++) {
        begin_user(1, 1);
        m.user_behind = behind;
        take_registers();
        set(BP_SOFT, PLACE, 1);
        cr_assert(continue_all());
        cr_expect(eq(int, last.kind, STOP_SOFT));
        cr_expect(eq(u64, pc_of(1), PLACE));
        end();
    }
}

/* A reset is the end, breakpoint or not. */
Test(user, a_reset_is_the_end)
{
    begin_user(1, 1);
    CODE_AT(USER, "\x07\x06"); /* RAISE 6, which nobody handles */
    set(BP_SOFT, USER, 1);
    cr_assert(continue_all());
    cr_expect(eq(int, last.kind, STOP_SOFT));
    unset(BP_SOFT, USER, 1);
    set(BP_SOFT, USER + 0x40, 1);
    cr_assert(continue_all());
    cr_expect(eq(int, last.kind, STOP_DEAD_FAULT));
    end();
}

/* A shutdown that no trap can have made is the guest's end, too, though it is
 * behind one: where traps leave the guest, and where the CPU was reset. */
Test(user, a_shutdown_behind_a_breakpoint)
{
    for (unsigned exits = 0; exits < 2; exits++) {
        begin_user(1, 1);
        CODE_AT(USER, "\x00\x07\x06"); /* NOP; RAISE 6, which nobody handles */
        m.arch[0].pc = USER + 1;
        m.user_raises = !exits;
        m.arch[0].reset = !exits;
        take_registers();
        set(BP_SOFT, USER, 1);
        cr_assert(continue_all());
        cr_expect(eq(int, last.kind, STOP_DEAD_FAULT), "exits %u", exits);
        cr_expect(eq(u64, pc_of(1), USER + 1), "exits %u", exits);
        end();
    }
}

/* The guest's own come through the same handlers, and are its own: an
 * exception, a trap of its own, a call. */
Test(user, what_is_the_guests_own)
{
    static const struct {
        const char *bytes;
        size_t n;
    } rows[] = {
        {"\x07\x03\x03\x05\x90", 5}, /* RAISE 3; JMP behind */
        {"\xcc\x00\x03\x05\x90", 5},
        {"\x0f\x03\x03\x05\x90", 5},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin_user(1, 1);
        code(USER, rows[i].bytes, rows[i].n);
        CODE_AT(USER + 5, "\x00\x00\xfe\x01");
        handler(NULL_TRAPPED, KERNEL, 0x2100);
        m.user_behind = true;
        take_registers();
        set(BP_SOFT, USER + 6, 1);
        cr_assert(continue_all());
        cr_expect(eq(int, last.kind, STOP_SOFT), "row %zu", i);
        cr_expect(eq(u64, pc_of(1), USER + 6), "row %zu", i);
        cr_expect(eq(u8, *fake_byte(&m, 0x2100), 1), "row %zu", i);
        end();
    }
}

/* Another exception that shares the handler is not taken for one, even where a
 * trap lies at its instruction. */
Test(user, another_ones_handler)
{
    begin_user(1, 1);
    CODE_AT(USER, "\x07\x01\xfe\x05");
    handler(NULL_TRAPPED, KERNEL, 0x2100);
    handler(1, KERNEL, 0x2100);
    m.user_behind = true;
    take_registers();
    set(BP_SOFT, USER - 1, 1);
    cr_assert(continue_all());
    cr_expect(eq(int, last.kind, STOP_ENDED));
    cr_expect(eq(u8, *fake_byte(&m, 0x2100), 1));
    end();
}

/* The guest moves its handler: it is noticed at the next event. */
Test(user, a_handler_that_moves)
{
    begin_user(1, 1);
    handler(NULL_TRAPPED, KERNEL, 0x2100);
    take_registers();
    set(BP_SOFT, PLACE, 1);
    cr_assert(continue_all());
    unset(BP_SOFT, PLACE, 1);
    set(BP_SOFT, USER + 0x40, 1);
    engine_continue(&e);
    m.kick_in = 50;
    cr_expect(not(run_on(1)));
    handler(NULL_TRAPPED, OTHER, 0x2100);
    m.kick_in = 50;
    cr_expect(not(run_on(1)));
    m.arch[0].pc = USER + 3;
    CODE_AT(USER + 3, "\x03\x40\x90"); /* over to the breakpoint */
    cr_assert(run_on(200));
    cr_expect(eq(int, last.kind, STOP_SOFT));
    cr_expect(eq(u64, pc_of(1), USER + 0x40));
    cr_expect(zero(u8, *fake_byte(&m, 0x2100)));
    end();
}

/* Code with privileges traps as ever, and none of it is asked for then. */
Test(user, a_host_where_they_leave_the_guest)
{
    begin_user(2, 1);
    m.user_raises = false;
    m.slack = 3;
    handler(NULL_TRAPPED, KERNEL, 0x2100);
    take_registers();
    set(BP_SOFT, PLACE, 1);
    cr_assert(continue_all());
    cr_expect(eq(int, last.kind, STOP_SOFT));
    cr_expect(eq(int, e.catch.user_traps, USER_TRAPS_EXIT));
    cr_expect(not(e.thread[0].catch.via_handler));
    end();
}

/* --- what the client wrote --- */

/* Nobody finds out why it was raised. */
static void unexplain(struct fake_machine *machine, unsigned cpu)
{
    machine->arch[cpu].raised.is_explained = false;
}

static void client_writes(uint64_t gpa, uint8_t byte)
{
    (void)bp_client_writes(&e.points, gpa, gpa, &byte, 1);
    *fake_byte(&m, gpa) = byte;
    bp_sweep_written(&e.points);
}

Test(user, what_the_client_wrote)
{
    for (unsigned refused = 0; refused < 2; refused++) {
        begin_user(1, 1);
        m.user_behind = true;
        m.user_refuses = refused;
        handler(NULL_TRAPPED, KERNEL, 0x2100);
        handler(NULL_REFUSED, OTHER, 0x2200);
        client_writes(PLACE, I_TRAP);
        cr_assert(continue_all());
        cr_expect(eq(int, last.kind, STOP_WRITTEN), "refused %u", refused);
        cr_expect(eq(u64, pc_of(1), PLACE), "refused %u", refused);
        cr_expect(zero(u8, *fake_byte(&m, 0x2100)));
        cr_expect(zero(u8, *fake_byte(&m, 0x2200)));
        end();
    }
}

/* At another exception's handler nobody looks for it, though it lies there. */
Test(user, caught_behind_what_the_client_wrote)
{
    begin_user(1, 1);
    handler(NULL_TRAPPED, KERNEL, 0x2100);
    handler(1, OTHER, 0x2200);
    CODE_AT(USER, "\x00\x07\x01"); /* NOP; RAISE 1 */
    client_writes(USER, I_TRAP);
    m.arch[0].pc = USER + 1;
    e.catch.wanted[1] = true;
    e.catch.n = 1;
    e.points.stale = true;
    take_registers();
    m.each = unexplain;
    cr_assert(continue_all());
    cr_expect(eq(int, last.kind, STOP_FAULT));
    cr_expect(eq(u64, pc_of(1), USER + 1));
    end();
}

/* At PLACE there is now this, now that. */
static void change_place(struct fake_machine *machine, unsigned cpu)
{
    static const uint8_t bytes[2][3] = {{I_TRAP, 0, 3}, {I_CODE, 4, 8}};

    (void)fake_code(machine, PLACE, bytes[machine->arch[cpu].pc == PLACE], 3);
}

/* What is refused there for another reason is not what the client wrote. */
Test(user, refused_at_what_the_client_wrote)
{
    begin_user(1, 1);
    m.user_refuses = true;
    handler(NULL_TRAPPED, KERNEL, 0x2100);
    handler(NULL_REFUSED, OTHER, 0x2200);
    CODE_AT(PLACE + 3, "\xfe\x01");
    client_writes(PLACE, I_TRAP);
    take_registers();
    m.each = change_place;
    cr_assert(continue_all());
    cr_expect(eq(int, last.kind, STOP_ENDED));
    cr_expect(eq(u8, *fake_byte(&m, 0x2200), 1));
    end();
}

/* A client that looks before pc finds it there. */
Test(user, found_before_pc)
{
    for (unsigned user = 0; user < 2; user++) {
        begin_user(1, 1);
        null_cpu.privileges = m.user_raises = user;
        client.finds_at_pc = false;
        handler(NULL_TRAPPED, KERNEL, 0x2100);
        client_writes(PLACE, I_TRAP);
        cr_assert(continue_all());
        cr_expect(eq(int, last.kind, STOP_TRAP), "user %u", user);
        cr_expect(eq(u64, pc_of(1), PLACE + 1), "user %u", user);
        end();
    }
}

/* A refusal of another kind there is the guest's. */
Test(user, refused_for_another_reason)
{
    begin_user(1, 1);
    handler(NULL_TRAPPED, KERNEL, 0x2100);
    handler(NULL_REFUSED, OTHER, 0x2200);
    CODE_AT(USER, "\x0e\x04\x08\xfe\x01"); /* CODE 4, 8; END */
    client_writes(USER + 0x30, I_TRAP);
    cr_assert(continue_all());
    cr_expect(eq(int, last.kind, STOP_ENDED));
    cr_expect(eq(u8, *fake_byte(&m, 0x2200), 1));
    end();
}

/* A host where it does not leave the guest at all has another trap for it. */
Test(user, another_trap_over_it)
{
    begin(1, 1);
    m.written_stays = true;
    CODE_AT(CODE, "\x00\x00\x00\x03\x00\x30");
    client_writes(CODE + 1, I_TRAP);
    cr_assert(continue_all());
    cr_expect(eq(int, last.kind, STOP_WRITTEN));
    cr_expect(eq(u64, pc_of(1), CODE + 1));
    cr_assert(continue_all());
    cr_expect(eq(int, last.kind, STOP_WRITTEN), "a round later");
    cr_expect(eq(u64, m.executed[0], 4));
    end();
}

/* The trap there is behind what it replaces. */
Test(user, the_other_trap)
{
    for (unsigned n = 1; n <= 3; n++) {
        begin(n, 1);
        m.written_stays = true;
        m.slack = n;
        CODE_AT(CODE, "\x00\x00\x00\x03\x00\x30");
        for (unsigned i = 0; i < 20; i++) {
            set(BP_SOFT, CODE + 1, 1);
            cr_assert(continue_all());
            cr_assert(eq(int, last.kind, STOP_SOFT));
            cr_assert(eq(u64, pc_of(last.tid), CODE + 1));
            unset(BP_SOFT, CODE + 1, 1);
            cr_assert(step_alone(last.tid));
        }
        end();
    }
}

/* --- caught, with privileges or without --- */

struct caught {
    const char *label;
    const char *bytes;
    size_t n;
    unsigned wanted; /* vector */
    bool has_code;
    uint64_t code;
    bool stops;
};

static const struct caught caught[] = {
    {"wanted", "\x07\x01", 2, 1, false, 0, true},
    {"another", "\x07\x01", 2, 0, false, 0, false},
    {"any code", "\x0e\x01\x05", 3, 1, false, 0, true},
    {"this code", "\x0e\x01\x05", 3, 1, true, 5, true},
    {"another code", "\x0e\x01\x05", 3, 1, true, 6, false},
    {"no code", "\x07\x01", 2, 1, true, 0, false},
    {"a call", "\x0f\x01", 2, 1, false, 0, false},
    {"the first vector", "\x07\x00", 2, 0, false, 0, true},
    {"the last one", "\x07\x1f", 2, ARCH_VECTORS - 1, false, 0, true},
};

/* By the last of so many vCPUs; the others turn. */
static void raise_caught(const struct caught *row, unsigned n)
{
    begin_user(n, 1);
    code(USER, row->bytes, row->n);
    CODE_AT(USER + row->n, "\xfe\x01");
    CODE_AT(PRIVATE, "\x03\x00\x40");
    for (unsigned i = 0; i + 1 < n; i++)
        m.arch[i].pc = PRIVATE;
    handler(1, KERNEL, 0x2100);
    handler(0, OTHER, 0x2100);
    handler(ARCH_VECTORS - 1, OTHER + 0x10, 0x2100);
    e.catch.wanted[row->wanted] = true;
    e.catch.has_code[row->wanted] = row->has_code;
    e.catch.code[row->wanted] = row->code;
    e.catch.n = 1;
    e.points.stale = true;
    cr_assert(continue_all());
}

Test(user, caught_by_their_codes)
{
    for (size_t i = 0; i < sizeof caught / sizeof caught[0]; i++) {
        const struct caught *row = &caught[i];

        for (unsigned n = 1; n <= 3; n++) {
            raise_caught(row, n);
            cr_expect(eq(int, last.kind, row->stops ? STOP_FAULT : STOP_ENDED),
                      "%s, %u", row->label, n);
            cr_expect(eq(u32, last.tid, n), "%s, %u", row->label, n);
            cr_expect(eq(u8, *fake_byte(&m, 0x2100), !row->stops), "%s, %u",
                      row->label, n);
            end();
        }
    }
}

/* --- passing a handler's first instruction --- */

static void kick_at_kernel(struct fake_machine *machine, unsigned cpu)
{
    if (machine->arch[cpu].pc != KERNEL)
        return;
    machine->kicked = true;
    machine->each = NULL;
}

/* One that nobody wants passes its handler. Kicked there, and tried again since
 * the user has changed it, it is another one, which is caught. */
Test(user, caught_after_one_that_was_not)
{
    struct resume_wish wish[ENGINE_CPUS] = {
        {.kind = RESUME_STEP_RANGE, .lo = KERNEL, .hi = KERNEL + 8}};

    begin_user(1, 1);
    CODE_AT(USER, "\x0e\x01\x06\xfe\x01"); /* CODE 1, 6; END */
    handler(1, KERNEL, 0x2100);
    e.catch.wanted[1] = e.catch.has_code[1] = true;
    e.catch.code[1] = 5;
    e.catch.n = 1;
    e.points.stale = true;
    take_registers();
    m.each = kick_at_kernel;
    engine_continue(&e);
    cr_expect(not(run_on(1)));
    cr_assert(e.thread[0].passing);
    engine_interrupt(&e);
    CODE_AT(USER, "\x0e\x01\x05");
    m.arch[0].pc = USER;
    catch_changed(&e, &e.thread[0]);
    engine_resume(&e, wish);
    cr_assert(run_on(10));
    cr_expect(eq(int, last.kind, STOP_FAULT));
    cr_expect(eq(u64, pc_of(1), USER));
    end();
}

/* --- handlers that are being filled in --- */

/* One that has moved may not be whole yet: so many steps, and no more. */
Test(user, a_handler_that_is_being_filled_in)
{
    begin_user(1, 1);
    CODE_AT(USER, LOOP);
    handler(1, KERNEL, 0x2100);
    e.catch.wanted[1] = true;
    e.catch.n = 1;
    e.points.stale = true;
    engine_continue(&e);
    m.kick_in = 10;
    cr_expect(not(run_on(1)));
    cr_expect(not(catch_wants_step(&e)));
    handler(1, OTHER, 0x2100);
    m.kick_in = 10;
    cr_expect(not(run_on(1)), "here it is noticed");
    cr_expect(catch_wants_step(&e));
    m.kick_in = CATCH_SETTLES - 2; /* and the kick counts */
    cr_expect(not(run_on(1)));
    cr_expect(catch_wants_step(&e));
    m.kick_in = 5;
    cr_expect(not(run_on(1)));
    cr_expect(not(catch_wants_step(&e)));
    engine_interrupt(&e);
    end();
}

/* One that is not there yet is found while the guest is stepped, or after a
 * tick. */
Test(user, caught_before_there_is_a_handler)
{
    for (unsigned late = 0; late < 2; late++) {
        begin(1, 1);
        /* LOAD 0x2000; STORE HANDLERS + 2; LOAD 0x2001; STORE + 3; RAISE 1 */
        CODE_AT(CODE, "\x02\x00\x20\x04\x02\xff\x02\x01\x20\x04\x03\xff"
                      "\x07\x01\xfe\x01");
        CODE_AT(0x2000, "\x00\x70");
        CODE_AT(KERNEL, "\x08");
        e.catch.wanted[1] = true;
        e.catch.n = 1;
        e.catch.steps_left = late ? 0 : CATCH_STEPS;
        e.points.stale = true;
        engine_continue(&e);
        m.kick_in = late ? 4 : 0;
        cr_assert(run_on(10));
        cr_expect(eq(int, last.kind, STOP_FAULT), "late %u", late);
        cr_expect(eq(u64, pc_of(1), CODE + 12), "late %u", late);
        cr_expect(eq(u32, e.catch.steps_left, late ? 0 : CATCH_STEPS - 6));
        end();
    }
}
