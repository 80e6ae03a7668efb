/* SPDX-License-Identifier: MIT */
/* What not every CPU has: addresses that become wider, a firmware. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "stub/engine/insert.h"
#include "stub/points/table.h"
#include "tests/unit/engine/fixture.h"

/* --- a firmware --- */

/* What it has is one instruction. */
Test(optional, a_call_of_the_firmware)
{
    begin(1, 1);
    null_cpu.firmware = true;
    CODE_AT(CODE, "\x15\x08\xfe\x01");                  /* ASK 8 */
    CODE_AT(NULL_FIRMWARE + 8, "\x01\x00\x20\x00\x08"); /* INC; NOP; BACK */
    cr_assert(step_alone(1));
    cr_expect(eq(int, last.kind, STOP_STEPPED));
    cr_expect(eq(u64, pc_of(1), CODE + 2));
    cr_expect(eq(u8, *fake_byte(&m, COUNTERS), 1));
    cr_expect(eq(u64, m.executed[0], 4));
    end();
}

/* Begun there, a step is one of its own instructions. */
Test(optional, a_step_inside_the_firmware)
{
    begin(1, 1);
    null_cpu.firmware = true;
    m.arch[0].pc = NULL_FIRMWARE + 8;
    cr_assert(step_alone(1));
    cr_expect(eq(u64, pc_of(1), NULL_FIRMWARE + 9));
    end();
}

/* What it has not is shown where it was asked for. */
Test(optional, what_the_firmware_has_not)
{
    for (unsigned a = 0; a < 2; a++) {
        begin(1, 1);
        null_cpu.firmware = true;
        m.arch[0].a = (uint8_t)a;
        CODE_AT(CODE, "\x00\x15\x00");
        CODE_AT(NULL_FIRMWARE, "\xf4");
        cr_assert(continue_all());
        cr_expect(eq(int, last.kind, STOP_DEAD_FAULT));
        cr_expect(eq(u32, last.fault, a ? FAULT_INPUT : FAULT_CALL));
        cr_expect(eq(u64, pc_of(1), CODE + 1));
        cr_expect(eq(int, strstr(last.text, "monitor type") != NULL, (int)a));
        end();
    }
}

/* --- wider addresses --- */

/* A kernel at its upper address, of which the client knows 32 bits. */
enum { LOW32 = 0x3010 };
#define NARROW (UINT64_C(0x80000000) + LOW32)
#define WIDE   (NULL_UPPER + LOW32)

static void begin_narrow(unsigned n)
{
    begin(n, 1);
    null_cpu.width = true;
    client.bits = 32;
    client.follows = false;
    /* NOP; WIDEN; NOP; WIDE; NOP; FAR 0x3010 ... NOP; END 4 */
    CODE_AT(CODE, "\x00\x10\x00\x11\x00\x12\x10\x30");
    CODE_AT(CODE + LOW32 - 0x3000, "\x00\x00\xfe\x04");
    for (unsigned i = 1; i < n; i++)
        m.arch[i].pc = PRIVATE;
    CODE_AT(PRIVATE, "\x03\x00\x40");
}

static void set_narrow(enum bp_kind kind, uint64_t gva)
{
    cr_assert(zero(int, bp_insert_narrow(&e.points, kind, gva, 1)));
}

/* Its twin is come to. A client that sees 32 bits is told in words, for it
 * would look for a breakpoint at other bits. */
Test(optional, a_breakpoint_by_32_bits)
{
    for (unsigned knows = 0; knows < 2; knows++) {
        begin_narrow(2);
        client.knows_registers = knows;
        set_narrow(BP_SOFT, NARROW + 1);
        cr_assert(continue_all());
        cr_expect(eq(int, last.kind, knows ? STOP_TRAP : STOP_SOFT));
        cr_expect(eq(u32, last.tid, 1));
        cr_expect(eq(u64, pc_of(1), WIDE + 1));
        cr_expect(knows == 0 || strstr(last.text, "32 bits of addresses"));
        cr_expect(not(null_cpu.told), "the machine is told, not the CPU");
        end();
    }
}

/* One that the client has asked for in full waits until it is reachable. */
Test(optional, a_breakpoint_by_64_bits)
{
    begin_narrow(1);
    client.bits = 64;
    set(BP_SOFT, WIDE, 1);
    engine_continue(&e);
    cr_assert(run_on(20));
    cr_expect(eq(int, last.kind, STOP_SOFT));
    cr_expect(eq(u64, pc_of(1), WIDE));
    end();
}

/* By the time that it goes on it is: the client has changed the registers. */
Test(optional, a_breakpoint_that_became_reachable_meanwhile)
{
    begin_narrow(1);
    client.bits = 64;
    set(BP_SOFT, WIDE + 0x100, 1); /* they have the registers */
    set(BP_SOFT, WIDE + 0x101, 1);
    set(BP_SOFT, WIDE, 1);
    CODE_AT(CODE + 1, "\x12\x10\x30"); /* FAR */
    cr_assert(step_alone(1));
    cr_expect(e.points_pending);
    e.catch.steps_left = 0; /* it is stepped no more for that */
    m.arch[0].wide = true;
    cr_assert(continue_all());
    cr_expect(eq(int, last.kind, STOP_SOFT));
    cr_expect(eq(u64, pc_of(1), WIDE));
    end();
}

/* The client follows: it is told of the first 64-bit code. */
Test(optional, it_is_told_of_64_bit_code)
{
    for (unsigned stops = 0; stops < 2; stops++) {
        begin_narrow(2);
        client.follows = true;
        client.stops_widened = stops;
        set(BP_WRITE, 0x6000, 1);
        engine_continue(&e);
        cr_expect(eq(int, run_on(20), !stops));
        cr_expect(eq(u32, client.n_widened, 1));
        cr_expect(eq(u32, client.widened_by, 1));
        cr_expect(not(e.running));
        cr_expect(eq(u64, pc_of(1), stops ? WIDE : WIDE + 4), "stops %u",
                  stops);
        end();
    }
}

struct wish {
    const char *label;
    bool attended, follows, watched, twin, steps;
    unsigned bits;
    bool tells;
};

static const struct wish wishes[] = {
    {"a watchpoint", true, true, true, false, false, 32, true},
    {"a twin", true, true, false, true, false, 32, true},
    {"nothing set", true, true, false, false, false, 32, false},
    {"nobody is there", false, true, true, false, false, 32, false},
    {"it does not follow", true, false, true, false, false, 32, false},
    {"it knows already", true, true, true, false, false, 64, false},
    {"a step", true, true, true, false, true, 32, false},
};

Test(optional, whom_to_tell)
{
    for (size_t i = 0; i < sizeof wishes / sizeof wishes[0]; i++) {
        const struct wish *wish = &wishes[i];

        begin_narrow(1);
        e.attended = wish->attended;
        client.follows = wish->follows;
        client.bits = wish->bits;
        set(BP_HARD, 0x6100, 1);
        if (wish->watched)
            set(BP_READ, 0x6000, 1);
        if (wish->twin)
            set_narrow(BP_SOFT, NARROW);
        e.thread[0].wish.kind =
            wish->steps ? RESUME_STEP_RANGE : RESUME_CONTINUE;
        cr_expect(eq(int, insert_tells_wide(&e), wish->tells), "%s",
                  wish->label);
        end();
    }
}

/* Where nobody has asked for what is there, it is let run. */
Test(optional, nobody_waits_for_it)
{
    for (unsigned watches = 0; watches < 2; watches++) {
        begin_narrow(1);
        client.follows = watches;
        if (watches)
            set(BP_WRITE, 0x6000, 1);
        m.arch[0].wide = true;
        engine_continue(&e);
        cr_assert(engine_prepare(&e));
        cr_expect(eq(int, e.thread[0].vcpu->debug.step, (int)watches));
        engine_interrupt(&e);
        m.arch[0].wide = false;
        engine_continue(&e);
        cr_assert(engine_prepare(&e));
        cr_expect(not(e.thread[0].vcpu->debug.step));
        engine_interrupt(&e);
        end();
    }
}

/* On its way the guest is stepped, but not for ever. */
Test(optional, on_its_way)
{
    begin_narrow(1);
    CODE_AT(CODE + 2, "\x03\x02\x30"); /* it stays on the way */
    set_narrow(BP_SOFT, NARROW);
    engine_continue(&e);
    m.kick_in = 40000;
    cr_expect(not(run_on(2)));
    cr_expect(zero(u32, e.thread[0].wide_steps));
    cr_expect(not(e.thread[0].vcpu->debug.step));
    cr_expect(m.tells_widening);
    engine_interrupt(&e);
    end();
}
