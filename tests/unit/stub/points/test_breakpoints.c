/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kvm/core/mem.h"
#include "stub/points/assign.h"
#include "stub/points/table.h"
#include "tests/unit/stub/points/bp_fixture.h"

/* What the table takes, what serves it, and what it does to memory. */

static const struct bp_host kvm_like = {&trap_byte, 4, false, false, 0, 0};

/* --- what is taken --- */

/* clang-format off */
static const struct range_row {
    const char *label;
    enum bp_kind kind;
    uint64_t gva, size;
    int err;
} range_rows[] = {
    {"one byte",                BP_WRITE,  0x1000,         1,               0},
    {"no byte",                 BP_WRITE,  0x1000,         0,         -EINVAL},
    {"no byte, read",           BP_READ,   0x1000,         0,         -EINVAL},
    {"no byte, access",         BP_ACCESS, 0x1000,         0,         -EINVAL},
    {"odd length, odd place",   BP_WRITE,  0x1fff,         7,               0},
    {"16 MiB",                  BP_WRITE,  0x1001,         BP_WATCH_MAX,    0},
    {"16 MiB and a byte",       BP_WRITE,  0x1000,         BP_WATCH_MAX + 1,
                                                                      -EINVAL},
    {"everything",              BP_ACCESS, 0,              UINT64_MAX,-EINVAL},
    {"the last byte",           BP_WRITE,  UINT64_MAX,     1,               0},
    {"up to the last byte",     BP_READ,   UINT64_MAX - 7, 8,               0},
    {"wraps by a byte",         BP_READ,   UINT64_MAX - 7, 9,         -EINVAL},
    {"wraps from the last",     BP_WRITE,  UINT64_MAX,     2,         -EINVAL},
    {"16 MiB that wrap",        BP_WRITE,  UINT64_MAX,     BP_WATCH_MAX,
                                                                      -EINVAL},
    {"16 MiB to the end",       BP_WRITE,  -BP_WATCH_MAX,  BP_WATCH_MAX,    0},
    {"code, no size",           BP_SOFT,   0x1000,         0,               0},
    {"code, odd size",          BP_HARD,   0x1000,         99,              0},
    {"code at the last byte",   BP_SOFT,   UINT64_MAX,     1,               0},
    {"code, size beyond it",    BP_HARD,   UINT64_MAX,     UINT64_MAX,      0},
};
/* clang-format on */

ParameterizedTestParameters(bp, range)
{
    return row_numbers(ROWS(range_rows));
}

/* What is taken can be armed, wherever it lies, and leaves no trace. */
ParameterizedTest(const size_t *i, bp, range)
{
    const struct range_row *row = &range_rows[*i];

    begin(&kvm_like);
    cr_expect(
        eq(int, bp_insert(&bps, row->kind, row->gva, row->size), row->err),
        "%s", row->label);
    cr_expect(eq(sz, bps.n, row->err ? 0 : 1), "%s", row->label);
    (void)bp_arm(&bps, &space);
    cr_expect(eq(int, bp_remove(&bps, row->kind, row->gva, row->size), 0), "%s",
              row->label);
    cr_expect(eq(sz, bps.n, 0), "%s", row->label);
    for (uint64_t gpa = 0; gpa < RAM_SIZE; gpa++)
        cr_assert(eq(u8, *ram(gpa), pattern(gpa)), "%s: gpa %#llx", row->label,
                  (unsigned long long)gpa);
    end();
}

/* --- how many are left --- */

/* clang-format off */
static const struct count_row {
    const char *label, *insert, *remove;
    size_t n, left;
} count_rows[] = {
    {"twice is once",            "s1000 s1000",       "",           1, 1},
    {"the kind of code is free", "s1000+1 s1000+2",   "s1000+4",    1, 0},
    {"soft and hard are two",    "s1000 h1000",       "s1000",      2, 1},
    {"three ways to watch",      "w1000 r1000 a1000", "r1000",      3, 2},
    {"a length is another one",  "w1000+4 w1000+8",   "w1000+4",    2, 1},
    {"another length stays",     "w1000+4",           "w1000+2",    1, 1},
    {"another kind stays",       "w1000+4",           "a1000+4",    1, 1},
    {"another place stays",      "s1000",             "s1001",      1, 1},
    {"never inserted",           "",                  "s1000 w1+4", 0, 0},
    {"removed twice",            "s1000 s2000",       "s1000 s1000", 2, 1},
    {"nothing to watch, removed", "",                 "w1000+0",    0, 0},
    {"first of three",           "s1000 s2000 s3000", "s1000",      3, 2},
};
/* clang-format on */

ParameterizedTestParameters(bp, count)
{
    return row_numbers(ROWS(count_rows));
}

ParameterizedTest(const size_t *i, bp, count)
{
    const struct count_row *row = &count_rows[*i];

    begin(&kvm_like);
    cr_expect(eq(int, insert(row->insert), 0), "%s", row->label);
    cr_expect(eq(sz, bps.n, row->n), "%s", row->label);
    (void)bp_arm(&bps, &space);
    cr_expect(eq(int, remove_all_of(row->remove), 0), "%s", row->label);
    cr_expect(eq(sz, bps.n, row->left), "%s", row->label);
    bp_remove_all(&bps);
    for (uint64_t gpa = 0; gpa < RAM_SIZE; gpa++)
        cr_assert(eq(u8, *ram(gpa), pattern(gpa)), "%s: gpa %#llx", row->label,
                  (unsigned long long)gpa);
    end();
}

/* Full is full, but what is there already is fine, a thousand times. */
Test(bp, full)
{
    begin(&kvm_like);
    for (uint64_t i = 0; i < BP_MAX; i++)
        cr_assert(eq(int, bp_insert(&bps, BP_SOFT, 2 * i, 1), 0));
    cr_expect(eq(int, bp_insert(&bps, BP_SOFT, 2 * BP_MAX, 1), -ENOSPC));
    for (uint64_t i = 0; i < 3000; i++)
        cr_assert(eq(int, bp_insert(&bps, BP_SOFT, 2 * i, 1), 0));
    cr_expect(not(bp_arm(&bps, &space)));
    for (uint64_t i = 0; i < BP_MAX; i++)
        cr_assert(eq(u8, *ram(2 * i), 0xcc), "%llu", (unsigned long long)i);
    cr_expect(eq(int, bp_remove(&bps, BP_SOFT, 0, 1), 0));
    cr_expect(eq(int, bp_insert(&bps, BP_SOFT, 2 * BP_MAX, 1), 0));
    bp_remove_all(&bps);
    for (uint64_t gpa = 0; gpa < RAM_SIZE; gpa++)
        cr_assert(eq(u8, *ram(gpa), pattern(gpa)));
    end();
}

/* --- what serves it --- */

#define REG  "debug register"
#define INT3 "int3"
#define BOTH INT3 " + " REG

/* clang-format off */
static const struct service_row {
    const char *label;
    struct bp_host host;
    const char *wishes, *services;
    bool pending; /* bp_arm() wants to be called again */
} service_rows[] = {
    {"a trap, backed up", {&trap_byte, 4, false, false, 0, 0},
     "s1000", BOTH, false},
    {"no registers", {&trap_byte, 0, false, false, 0, 0},
     "s1000 h1000", INT3 ", " INT3, false},
    {"back-ups while they last", {&trap_byte, 2, false, false, 0, 0},
     "s1000 s1001 s1002", BOTH ", " BOTH ", " INT3, false},
    {"who asked comes first", {&trap_byte, 2, false, false, 0, 0},
     "s1000 s1001 h1002", BOTH ", " INT3 ", " BOTH, false},
    {"a hard one more than registers", {&trap_byte, 2, false, false, 0, 0},
     "h1000 h1001 h1002", BOTH ", " BOTH ", " INT3, false},
    {"what has no memory comes before", {&trap_byte, 2, false, false, 0, 0},
     "h1000 h1001 s8000", BOTH ", " INT3 ", " REG, false},
    {"soft or hard, when it waits", {&trap_byte, 1, false, false, 0, 0},
     "h8000 s9000", REG ", pending", true},
    {"beyond RAM waits too", {&trap_byte, 0, false, false, 0, 0},
     "s10000", "pending", true},
    {"but accesses there are seen", {&trap_byte, 0, false, false, 0, 0},
     "wb000+4 aaffc+8", "page, page", true},
    {"the last address waits", {&trap_byte, 0, false, false, 0, 0},
     "sffffffffffffffff", "pending", true},
    {"no trap works", {&trap_none, 2, false, false, 0, 0},
     "s1000 h1001", REG ", " REG, false},
    {"no trap and no register left", {&trap_none, 1, false, false, 0, 0},
     "s1000 s1001", REG ", pending", true},
    {"hard before soft without traps too", {&trap_none, 1, false, false, 0, 0},
     "s1000 h1001", REG ", pending", true},

    {"hard ones leave memory alone", {&trap_byte, 2, false, true, 0, 0},
     "h1000 s1001", REG ", " BOTH, false},
    {"but not all of too many", {&trap_byte, 2, false, true, 0, 0},
     "h1000 h1001 h1002", REG ", " REG ", " INT3, false},
    {"hard, without a register", {&trap_byte, 0, false, true, 0, 0},
     "h1000", INT3, false},

    {"watching by pages", {&trap_byte, 4, false, false, 0, 0},
     "w1000+4", "page", false},
    {"watching by register", {&trap_byte, 4, true, false, 0, 0},
     "w1000+1 w1002+2 w1004+4 w1008+8", REG ", " REG ", " REG ", " REG, false},
    {"one more than registers", {&trap_byte, 1, true, false, 0, 0},
     "w1000+4 w1004+4", REG ", page", false},
    {"not aligned", {&trap_byte, 4, true, false, 0, 0},
     "w1001+2 w1002+4 w1004+8", "page, page, page", false},
    {"no such length", {&trap_byte, 4, true, false, 0, 0},
     "w1000+3 w1000+10 w1000+1000", "page, page, page", false},
    {"watched before backed up", {&trap_byte, 1, true, false, 0, 0},
     "s1000 w2000+4", INT3 ", " REG, false},
    {"hard before watched", {&trap_byte, 1, true, false, 0, 0},
     "w2000+4 h1000", "page, " BOTH, false},
    {"watched where nothing is", {&trap_byte, 4, false, false, 0, 0},
     "w8000+4", "pending", true},
    {"watched where half of it is", {&trap_byte, 4, false, false, 0, 0},
     "w7ff8+10", "page", true},
    {"watched where nothing is, by register", {&trap_byte, 4, true, false, 0, 0},
     "w8000+4", REG, false},
};
/* clang-format on */

ParameterizedTestParameters(bp, service)
{
    return row_numbers(ROWS(service_rows));
}

ParameterizedTest(const size_t *i, bp, service)
{
    const struct service_row *row = &service_rows[*i];

    begin(&row->host);
    cr_expect(eq(int, insert(row->wishes), 0), "%s", row->label);
    cr_expect(eq(int, bp_arm(&bps, &space), row->pending), "%s", row->label);
    cr_expect(eq(str, str(services()), str(row->services)), "%s", row->label);
    /* A second time changes nothing. */
    cr_expect(eq(int, bp_arm(&bps, &space), row->pending), "%s", row->label);
    cr_expect(eq(str, str(services()), str(row->services)), "%s", row->label);
    end();
}

/* --- in a register, and perhaps not enough --- */

/* clang-format off */
static const struct lack_row {
    const char *label;
    struct bp_host host;
    const char *wishes;
    bool lacks;
} lack_rows[] = {
    {"no memory yet",             {&trap_byte, 4, true, false, 0, 0}, "s8000", true},
    {"asked for one",             {&trap_byte, 4, true, false, 0, 0}, "h8000", true},
    {"one that suffices",         {&trap_byte, 4, true, true, 0, 0},  "s8000", false},
    {"it has a trap",             {&trap_byte, 4, true, false, 0, 0}, "s1000", false},
    {"it is in none",             {&trap_byte, 0, true, false, 0, 0}, "s8000", false},
    {"no trap works",             {&trap_none, 4, true, false, 0, 0}, "s8000", false},
    {"watched",                   {&trap_byte, 4, true, false, 0, 0}, "w8000", false},
    {"the second of two",         {&trap_byte, 4, true, false, 0, 0},
                                                        "s1000 s8000", true},
};
/* clang-format on */

Test(bp, lacks_traps)
{
    for (size_t i = 0; i < ROWS(lack_rows); i++) {
        const struct lack_row *row = &lack_rows[i];

        begin(&row->host);
        cr_expect(eq(int, insert(row->wishes), 0), "%s", row->label);
        (void)bp_arm(&bps, &space);
        cr_expect(eq(int, bps.lacks_traps, row->lacks), "%s", row->label);
        page_map[8] = 0x3000;
        cr_expect(eq(int, bp_appeared(&bps, &space),
                     row->lacks || bps.n_registers == 0),
                  "%s: appeared", row->label);
        (void)bp_arm(&bps, &space);
        cr_expect(not(bps.lacks_traps), "%s: armed again", row->label);
        end();
    }
}

/* --- what the vCPU is told --- */

/* As on arm64: what is not left for code does not serve data. */
Test(bp, registers_for_one_purpose)
{
    static const struct bp_host host = {&trap_none, 3, true, true, 2, 1};
    unsigned n_exec = 0;

    begin(&host);
    cr_expect(eq(int, insert("h1000+1 h1001+1 h1002+1 w2000+4 w2008+4"), 0));
    (void)bp_arm(&bps, &space);
    cr_assert(eq(u32, bps.n_registers, 3));
    for (unsigned i = 0; i < 3; i++)
        n_exec += bp_is_exec(bp_of_register(&bps, i));
    cr_expect(eq(u32, n_exec, 2));
    end();
}

Test(bp, wanted)
{
    static const struct bp_host host = {&trap_byte, 4, true, false, 0, 0};
    static const struct hw_point want[] = {
        {HW_EXEC, 0x8000, 1},
        {HW_EXEC, 0x1000, 1},
        {HW_WRITE, 0x2000, 4},
        {HW_ACCESS, 0x3000, 8},
    };
    struct debug_state state = {.step = true};

    begin(&host);
    cr_expect(eq(int, insert("w2000+4 a3000+8 h1000+3 s8000 s4000"), 0));
    (void)bp_arm(&bps, &space);
    bp_wanted(&bps, &state);
    cr_expect(state.step, "left alone");
    cr_expect(state.traps);
    cr_assert(eq(u32, state.n_hw, ROWS(want)));
    for (unsigned i = 0; i < state.n_hw; i++) {
        const struct breakpoint *bp = bp_of_register(&bps, i);

        cr_expect(eq(int, state.hw[i].kind, want[i].kind), "%u", i);
        cr_expect(eq(u64, state.hw[i].gva, want[i].gva), "%u", i);
        cr_expect(eq(u32, state.hw[i].size, want[i].size), "%u", i);
        cr_assert(bp != NULL);
        cr_expect(eq(u64, bp->gva, want[i].gva), "%u", i);
    }
    cr_expect(bp_of_register(&bps, ROWS(want)) == NULL);
    /* Places in the table have moved: registers serve nobody. */
    cr_expect(eq(int, remove_all_of("w2000+4"), 0));
    cr_expect(bp_of_register(&bps, 0) == NULL);
    bp_remove_all(&bps);
    (void)bp_arm(&bps, &space);
    bp_wanted(&bps, &state);
    cr_expect(not(state.traps));
    cr_expect(eq(u32, state.n_hw, 0));
    end();
}

/* --- where no trap may be --- */

static bool bars_page_1(void *context, uint64_t gva)
{
    (void)context;
    return gva / MEM_PAGE == 1;
}

/* Registers go to those first; what they cannot serve waits, until traps may be
 * there. */
Test(bp, barred)
{
    const struct breakpoint *barred;

    begin(&kvm_like);
    space.bars_traps = bars_page_1;
    cr_expect(eq(int, insert("s2000 s2001 s1000 s1001 s1002 s1003 s1004"), 0));
    cr_expect(bp_arm(&bps, &space));
    cr_expect(eq(u8, *ram(0x1004), pattern(0x1004)));
    cr_expect(eq(u8, *ram(0x2000), trap_byte.bytes[0]));
    barred = bp_barred(&bps, &space);
    cr_assert(barred != NULL);
    cr_expect(eq(u64, barred->gva, 0x1004));
    cr_expect(not(bp_appeared(&bps, &space)));
    space.bars_traps = NULL;
    cr_expect(bp_barred(&bps, &space) == NULL);
    cr_expect(bp_appeared(&bps, &space));
    cr_expect(not(bp_arm(&bps, &space)));
    cr_expect(eq(u8, *ram(0x1004), trap_byte.bytes[0]));
    end();
}
