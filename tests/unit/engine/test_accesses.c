/* SPDX-License-Identifier: MIT */
/* What is noted of an access to a guarded page, by whatever it is made. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "stub/engine/watch.h"
#include "tests/unit/engine/fixture.h"

enum { PAGE = 0x5000, SP = PAGE + 0x100 };

/* --- one access --- */

static const struct {
    const char *label;
    enum bp_kind kind;
    uint64_t gpa;
    size_t n;
    bool write, stops;
} accesses[] = {
    {"written", BP_WRITE, PAGE + 8, 1, true, true},
    {"among others", BP_WRITE, PAGE + 4, 8, true, true},
    {"written beside it", BP_WRITE, PAGE + 9, 1, true, false},
    {"read", BP_READ, PAGE + 8, 1, false, true},
    {"read beside it", BP_READ, PAGE + 7, 1, false, false},
    {"written, of one for reads", BP_READ, PAGE + 8, 1, true, false},
    {"read, of one for both", BP_ACCESS, PAGE + 8, 1, false, true},
    {"where there is no memory", BP_WRITE, NULL_RAM, 1, true, false},
};

/* It is done, and the machine is told whether the guest is to stop. */
Test(accesses, one_access)
{
    for (size_t i = 0; i < sizeof accesses / sizeof accesses[0]; i++) {
        uint8_t data[] = {1, 2, 3, 4, 5, 6, 7, 8};
        uint8_t there[8] = {0};

        begin(1, 1);
        m.watches_in_pages = true;
        set(accesses[i].kind, PAGE + 8, 1);
        engine_continue(&e);
        cr_assert(engine_prepare(&e));
        (void)mem_read(&m.vm.mem, accesses[i].gpa, there, accesses[i].n);
        cr_expect(eq(int,
                     m.owner.access(m.owner.context, 0, accesses[i].gpa, data,
                                    accesses[i].n, accesses[i].write),
                     accesses[i].stops),
                  "%s", accesses[i].label);
        if (accesses[i].write && accesses[i].gpa < NULL_RAM)
            (void)mem_read(&m.vm.mem, accesses[i].gpa, there, accesses[i].n);
        if (accesses[i].gpa < NULL_RAM)
            cr_expect(zero(int, memcmp(there, data, accesses[i].n)), "%s",
                      accesses[i].label);
        engine_interrupt(&e);
        end();
    }
}

/* What a device has done by itself: what it reads is the guest's, what it has
 * written stays below the trap, and watchpoints are hit. */
Test(accesses, of_a_device)
{
    const uint8_t new = 0x11;
    uint8_t trap;
    uint8_t data[] = {1, 2, 3, 4};

    begin(1, 1);
    m.watches_in_pages = true;
    CODE_AT(CODE, "\x05\x06");
    set(BP_SOFT, CODE + 1, 1);
    set(BP_WRITE, PAGE + 8, 1);
    engine_continue(&e);
    cr_assert(engine_prepare(&e));
    trap = *fake_byte(&m, CODE + 1);
    cr_assert(ne(u8, trap, 6));
    (void)mem_read(&m.vm.mem, CODE, data, 2);
    cr_expect(not(m.owner.dma(m.owner.context, 0, CODE, data, 2, false)));
    cr_expect(zero(int, memcmp(data, "\x05\x06", 2)), "read");
    *fake_byte(&m, CODE + 1) = new;
    cr_expect(not(m.owner.dma(m.owner.context, 0, CODE, data, 2, true)));
    cr_expect(eq(u8, *fake_byte(&m, CODE + 1), trap), "planted again");
    (void)mem_read(&m.vm.mem, CODE, data, 2);
    (void)m.owner.dma(m.owner.context, 0, CODE, data, 2, false);
    cr_expect(eq(u8, data[1], new), "as the device has left it");
    cr_expect(not(m.owner.dma(m.owner.context, 0, PAGE + 4, data, 4, true)));
    cr_expect(not(m.owner.dma(m.owner.context, 0, PAGE + 8, data, 4, false)));
    cr_expect(zero(sz, e.thread[0].hits.n));
    cr_expect(m.owner.dma(m.owner.context, 0, PAGE + 5, data, 4, true));
    cr_expect(eq(sz, e.thread[0].hits.n, 1));
    engine_interrupt(&e);
    end();
}

/* --- what no operand tells --- */

static void store_by_itself(struct fake_machine *machine, unsigned cpu)
{
    if (machine->arch[cpu].pc == CODE + 1)
        *fake_byte(machine, PAGE + 8) = 0x77;
}

static const struct {
    const char *label;
    enum bp_kind kind;
    uint64_t gva, size;
    bool hit;
} stored[] = {
    {"written", BP_WRITE, PAGE + 8, 1, true},
    {"either", BP_ACCESS, PAGE + 4, 8, true},
    {"read", BP_READ, PAGE + 8, 1, false},
    {"beside it", BP_WRITE, PAGE + 9, 1, false},
};

/* The CPU stores by itself in a step: what has changed was written. */
Test(accesses, stores_that_no_operand_tells)
{
    for (size_t i = 0; i < sizeof stored / sizeof stored[0]; i++) {
        begin(1, 1);
        m.watches_in_pages = true;
        CODE_AT(CODE, "\x00\x00\xfe\x01");
        m.arch[0].sp = SP;
        m.each = store_by_itself;
        set(BP_WRITE, PAGE, 1); /* another piece */
        set(stored[i].kind, stored[i].gva, stored[i].size);
        cr_assert(continue_all());
        cr_expect(eq(int, last.kind == STOP_ENDED, !stored[i].hit), "%s",
                  stored[i].label);
        cr_expect(eq(u64, pc_of(1), stored[i].hit ? CODE + 2 : CODE + 4), "%s",
                  stored[i].label);
        end();
    }
}

/* All that an instruction touches, once each. */
Test(accesses, accesses_of_one_instruction)
{
    const struct watch_accesses all = {
        .n = 3,
        .access = {{.gva = PAGE, .size = 2, .write = true},
                   {.gva = PAGE + 0x10, .size = 1, .read = true},
                   {.gva = PAGE + 1, .size = 1, .write = true}}};

    begin(1, 1);
    m.watches_in_pages = true;
    set(BP_WRITE, PAGE + 1, 1);
    set(BP_READ, PAGE + 0x10, 1);
    set(BP_WRITE, PAGE + 0x11, 1);
    engine_continue(&e);
    cr_assert(engine_prepare(&e));
    watch_note_all(&e, &e.thread[0], &all);
    cr_assert(eq(sz, e.thread[0].hits.n, 2));
    cr_expect(eq(u64, e.thread[0].hits.hit[0].gva, PAGE + 1));
    cr_expect(eq(u64, e.thread[0].hits.hit[1].gva, PAGE + 0x10));
    engine_interrupt(&e);
    end();
}
