/* SPDX-License-Identifier: MIT */
/* Watchpoints, in registers and in pages, that several vCPUs hit. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <stdlib.h>

#include "stub/engine/hits.h"
#include "tests/unit/engine/fixture.h"

enum { ROUNDS = 20, SLOT = 0x1000 };

/* Each counts in a page of its own: SET 20; INC slot; LOOP; JMP itself. */
static uint64_t slot_of(unsigned cpu)
{
    return 0x6000 + (uint64_t)cpu * SLOT;
}

static void begin_counting(unsigned n, uint64_t seed)
{
    begin(n, seed);
    for (unsigned i = 0; i < n; i++) {
        uint64_t at = PRIVATE + 0x20 * i;
        uint64_t slot = slot_of(i);
        const uint8_t bytes[] = {I_SET,
                                 ROUNDS,
                                 I_INC,
                                 (uint8_t)slot,
                                 (uint8_t)(slot >> 8),
                                 I_LOOP,
                                 (uint8_t)(at + 2),
                                 (uint8_t)(at >> 8),
                                 I_JMP,
                                 (uint8_t)(at + 8),
                                 (uint8_t)(at >> 8)};

        (void)fake_code(&m, at, bytes, sizeof bytes);
        m.arch[i].pc = at;
    }
}

struct scene {
    unsigned n, slack;
    enum bp_kind kind;
    enum stop_kind told;
    unsigned each; /* hits of one round: INC reads and writes */
};

static struct scene scenes[] = {
    {1, 0, BP_WRITE, STOP_WRITE, 1}, {1, 0, BP_READ, STOP_READ, 1},
    {2, 4, BP_WRITE, STOP_WRITE, 1}, {4, 8, BP_WRITE, STOP_WRITE, 1},
    {8, 8, BP_WRITE, STOP_WRITE, 1}, {8, 8, BP_ACCESS, STOP_ACCESS, 1},
    {8, 0, BP_READ, STOP_READ, 1},
};

ParameterizedTestParameters(watches, each_hit_is_told_once)
{
    return cr_make_param_array(struct scene, scenes,
                               sizeof scenes / sizeof scenes[0]);
}

ParameterizedTest(struct scene *scene, watches, each_hit_is_told_once)
{
    unsigned hits[FAKE_CPUS] = {0};

    begin_counting(scene->n, 11);
    m.slack = scene->slack;
    for (unsigned i = 0; i < scene->n; i++)
        set(scene->kind, slot_of(i), 1);
    for (unsigned i = 0; i < scene->n * ROUNDS * scene->each; i++) {
        cr_assert(continue_all());
        cr_assert(eq(int, last.kind, scene->told));
        cr_expect(eq(u64, last.addr, slot_of(last.tid - 1)));
        hits[last.tid - 1]++;
    }
    for (unsigned i = 0; i < scene->n; i++) {
        cr_expect(eq(u32, hits[i], ROUNDS * scene->each), "vCPU %u", i);
        cr_expect(eq(u8, *fake_byte(&m, slot_of(i)), ROUNDS), "vCPU %u", i);
    }
    m.kick_in = 100;
    engine_continue(&e);
    cr_expect(not(run_on(1)), "nothing more is told");
    end();
}

/* A client takes its watchpoints away to step off a breakpoint, and sets them
 * again: what was still to be told is, though the step hit another one. */
Test(watches, hits_outlive_a_step)
{
    begin(1, 1);
    CODE_AT(CODE, "\x04\x00\x60\x04\x00\x61\xfe\x01"); /* STORE, twice */
    set(BP_WRITE, 0x6000, 1);
    set(BP_ACCESS, 0x6000, 1);
    cr_assert(continue_all());
    cr_expect(eq(int, last.kind, STOP_WRITE));
    unset(BP_WRITE, 0x6000, 1);
    unset(BP_ACCESS, 0x6000, 1);
    set(BP_WRITE, 0x6100, 1);
    cr_assert(step_alone(1));
    cr_expect(eq(u64, last.addr, 0x6100));
    set(BP_ACCESS, 0x6000, 1);
    cr_assert(continue_all());
    cr_expect(eq(int, last.kind, STOP_ACCESS));
    cr_expect(eq(u64, pc_of(1), CODE + 6), "before anything is executed");
    end();
}

/* Beside what is watched, on the same page: nothing is told, nothing lost. */
Test(watches, beside_them_all_goes_on)
{
    begin_counting(2, 5);
    for (unsigned i = 0; i < 4; i++)
        set(BP_WRITE, slot_of(0) + 0x40 + i, 1);
    engine_continue(&e);
    m.kick_in = 400;
    cr_expect(not(run_on(1)));
    cr_expect(eq(u8, *fake_byte(&m, slot_of(0)), ROUNDS));
    cr_expect(eq(u8, *fake_byte(&m, slot_of(1)), ROUNDS));
    end();
}

/* As many as there can be wait, and come in their order. */
Test(watches, hits_without_room_for_more)
{
    static struct bp_table table = {.n = BP_MAX};
    struct breakpoint *bp = table.bp;
    struct hits *hits = calloc(1, sizeof *hits);

    for (size_t i = 0; i < BP_MAX; i++) {
        bp[i] = (struct breakpoint){.kind = BP_WRITE, .gva = i, .size = 1};
        hits_note(hits, &bp[i]);
    }
    for (size_t i = 0; i < BP_MAX; i++)
        cr_assert(
            eq(ptr, (void *)(uintptr_t)hits_take(hits, &table, i % 2), &bp[i]));
    cr_expect(eq(ptr, (void *)(uintptr_t)hits_take(hits, &table, true), NULL));
    free(hits);
}
