/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stub/points/assign.h"
#include "stub/points/table.h"
#include "tests/unit/stub/points/bp_fixture.h"

/* Addresses of 32 bits, and what else they can mean. */

#define HALF "ffffffff" /* what sign extension puts before them */

static const struct bp_host no_registers = {&trap_byte, 0, false, false, 0, 0};

/* --- the other address --- */

/* clang-format off */
static const struct twin_row {
    uint64_t gva, twin;
} twin_rows[] = {
    {0,                  0},
    {0x7fffffff,         0x7fffffff},
    {0x80000000,         0xffffffff80000000},
    {0xffffffff,         0xffffffffffffffff},
    {0x100000000,        0x100000000},
    {0x180000000,        0x180000000},
    {0xffff800080000000, 0xffff800080000000},
    {0xffffffff7fffffff, 0xffffffff7fffffff},
    {0xffffffff80000000, 0x80000000},
    {UINT64_MAX,         0xffffffff},
};
/* clang-format on */

Test(bp, twin_gva)
{
    for (size_t i = 0; i < ROWS(twin_rows); i++)
        cr_expect(eq(u64, bp_twin_gva(twin_rows[i].gva), twin_rows[i].twin),
                  "%#llx", (unsigned long long)twin_rows[i].gva);
}

/* --- how many are left --- */

/* clang-format off */
static const struct left_row {
    const char *label, *insert, *remove;
    size_t n, left; /* entries, twins among them */
} left_rows[] = {
    {"below it there is one",       "S1000",                "S1000",        1, 0},
    {"above there are two",         "S80001000",            "S80001000",    2, 0},
    {"twice is once",               "S80001000 S80001000",  "S80001000",    2, 0},
    {"64 bits are exact",           "s80001000",            "s80001000",    1, 0},
    {"now exact",                   "S80001000 s80001000",  "s80001000",    1, 0},
    {"exact no more",               "s80001000 S80001000",  "S80001000",    2, 0},
    {"both at once",                "s80001000 s" HALF "80001000",
                                    "s80001000",                            2, 1},
    {"both at once, the other",     "s80001000 s" HALF "80001000",
                                    "s" HALF "80001000",                    2, 1},
    {"both of 32 bits",             "S80001000 S" HALF "80001000",
                                    "S80001000",                            4, 2},
    {"by the name of later",        "S80001000", "s" HALF "80001000",       2, 0},
    {"by the name of before",       "s" HALF "80001000", "S80001000",       1, 0},
    {"sign-extended",               "S" HALF "80001000",
                                    "S" HALF "80001000",                    2, 0},
    {"sign-extended, then not",     "S" HALF "80001000", "S80001000",       2, 0},
    {"not the exact one of before", "s" HALF "80001000", "s80001000",       1, 1},
    {"another kind stays",          "S80001000",            "H80001000",    2, 2},
    {"another length stays",        "W80001000+4",          "W80001000+8",  2, 2},
    {"a range",                     "W80001000+4",          "W80001000+4",  2, 0},
    {"a range by its later name",   "A80001000+4",
                                    "a" HALF "80001000+4",                  2, 0},
    {"a range up to the end",       "Wfffffff8+8",          "Wfffffff8+8",  2, 0},
    {"a range that would wrap",     "Wfffffff8+9",          "Wfffffff8+9",  1, 0},
    {"code at the end",             "Sffffffff+4",          "Sffffffff+4",  2, 0},
};
/* clang-format on */

ParameterizedTestParameters(bp, left)
{
    return row_numbers(ROWS(left_rows));
}

ParameterizedTest(const size_t *i, bp, left)
{
    const struct left_row *row = &left_rows[*i];

    begin(&no_registers);
    cr_expect(eq(int, insert(row->insert), 0), "%s", row->label);
    cr_expect(eq(sz, bps.n, row->n), "%s", row->label);
    (void)bp_arm(&bps, &space);
    cr_expect(eq(int, remove_all_of(row->remove), 0), "%s", row->label);
    cr_expect(eq(sz, bps.n, row->left), "%s", row->label);
    bp_remove_all(&bps);
    cr_expect(eq(sz, bps.n, 0), "%s", row->label);
    cr_expect(eq(sz, bps.n_twins, 0), "%s", row->label);
    end();
}

/* Twins take no wish's place. */
Test(bp, full_of_narrow_ones)
{
    begin(&no_registers);
    for (uint64_t i = 0; i < BP_MAX; i++)
        cr_assert(eq(int, bp_insert_narrow(&bps, BP_SOFT, LOW_TWIN + i, 1), 0));
    cr_expect(eq(sz, bps.n, 2 * BP_MAX));
    cr_expect(eq(int, bp_insert_narrow(&bps, BP_SOFT, LOW_TWIN + BP_MAX, 1),
                 -ENOSPC));
    cr_expect(eq(int, bp_insert(&bps, BP_SOFT, 0x1000, 1), -ENOSPC));
    cr_expect(eq(int, bp_remove(&bps, BP_SOFT, LOW_TWIN, 1), 0));
    cr_expect(eq(int, bp_insert(&bps, BP_SOFT, 0x1000, 1), 0));
    end();
}

/* --- what serves it --- */

#define REG   "debug register"
#define INT3  "int3"
#define BOTH  INT3 " + " REG
#define NEVER "pending"

/* Low and high lead to page 1 and 2 where the row says so. */
/* clang-format off */
static const struct narrow_row {
    const char *label;
    unsigned registers;
    bool wide, low, high;
    const char *wishes, *services;
    bool pending, awaits_wide;
} narrow_rows[] = {
    {"64 bits, at neither",          4, true,  false, false,
     "S80000000", REG ", " REG, false, false},
    {"64 bits, above",               4, true,  false, true,
     "S80000000", REG ", " BOTH, false, false},
    {"64 bits, below",               4, true,  true,  false,
     "S80000000", BOTH ", " REG, false, false},
    {"64 bits, both",                4, true,  true,  true,
     "S80000000", BOTH ", " BOTH, false, false},
    {"64 bits, and the exact one",   0, true,  true,  true,
     "s80000000 s" HALF "80000000", INT3 ", " INT3, false, false},
    {"64 bits, sign-extended",       4, true,  true,  true,
     "S" HALF "80000000", BOTH ", " REG, false, false},

    {"32 bits, there",               4, false, true,  false,
     "S80000000", BOTH ", " REG, false, true},
    {"32 bits, not there",           4, false, false, false,
     "S80000000", REG ", " REG, false, true},
    {"32 bits, sign-extended",       4, false, true,  false,
     "S" HALF "80000000", REG ", " BOTH, false, true},
    {"32 bits, exact",               4, false, true,  false,
     "s" HALF "80000000", REG, false, true},
    {"32 bits, and no register",     0, false, true,  true,
     "S80000000", INT3 ", " NEVER, true, true},
    {"32 bits suffice",              0, false, true,  true,
     "S1000", INT3, false, false},
    {"32 bits, exact, suffice",      0, false, true,  true,
     "s80000000", INT3, false, false},

    {"the likely one first",         1, true,  false, true,
     "S80000000", NEVER ", " BOTH, true, false},
    {"a back-up before it",          1, true,  false, true,
     "S80000000 s1000", NEVER ", " BOTH ", " INT3, true, false},
    {"a wish before a twin",         1, false, false, false,
     "S80000000 S80001000", REG ", " NEVER ", " NEVER ", " NEVER, true, true},
    {"hard before an unlikely one",  1, true,  true,  false,
     "S80000000 h1000", INT3 ", " NEVER ", " BOTH, true, false},
    {"other kinds are no help",      2, true,  false, true,
     "s80000000 H" HALF "80000000", REG ", " BOTH ", " NEVER, true, false},

    {"watched by pages, at both",    4, true,  true,  true,
     "W80000000+4", "page, page", false, false},
    {"watched by pages, above",      4, true,  false, true,
     "W80000000+4", NEVER ", page", true, false},
    {"watched with 32 bits",         4, false, true,  true,
     "W80000000+4", "page, " NEVER, true, true},
};
/* clang-format on */

ParameterizedTestParameters(bp, narrow)
{
    return row_numbers(ROWS(narrow_rows));
}

ParameterizedTest(const size_t *i, bp, narrow)
{
    const struct narrow_row *row = &narrow_rows[*i];
    const struct bp_host host = {&trap_byte, row->registers, false, false, 0,
                                 0};

    begin(&host);
    space.wide = row->wide;
    low_map[0] = row->low ? 0x1000 : NOT_MAPPED;
    high_map[0] = row->high ? 0x2000 : NOT_MAPPED;
    cr_expect(eq(int, insert(row->wishes), 0), "%s", row->label);
    cr_expect(eq(int, bp_arm(&bps, &space), row->pending), "%s", row->label);
    cr_expect(eq(str, str(services()), str(row->services)), "%s", row->label);
    cr_expect(eq(int, bps.awaits_wide, row->awaits_wide), "%s", row->label);
    end();
}

/* --- which of several is hit --- */

/* clang-format off */
static const struct hit_row {
    const char *label, *wishes;
    uint64_t pc;
    int hit; /* index of the entry */
} hit_rows[] = {
    {"the wish",               "S80000000", LOW_TWIN,  0},
    {"the twin",               "S80000000", HIGH_TWIN, 1},
    {"another name of it",     "s1000 S80000000", HIGH_TWIN, 2},
    {"a wish before a twin",   "S80000000 s" HALF "80000000", HIGH_TWIN, 2},
    {"whichever came first",   "s" HALF "80000000 S80000000", HIGH_TWIN, 0},
    {"none of these names",    "S80000000", 0x1000, 0},
};
/* clang-format on */

ParameterizedTestParameters(bp, hit)
{
    return row_numbers(ROWS(hit_rows));
}

ParameterizedTest(const size_t *i, bp, hit)
{
    const struct hit_row *row = &hit_rows[*i];
    const struct breakpoint *bp;

    begin(&no_registers);
    low_map[0] = high_map[0] = 0x1000;
    cr_expect(eq(int, insert(row->wishes), 0), "%s", row->label);
    (void)bp_arm(&bps, &space);
    bp = bp_planted_at(&bps, 0x1000, row->pc);
    cr_assert(bp != NULL, "%s", row->label);
    cr_expect(eq(int, (int)(bp - bps.bp), row->hit), "%s", row->label);
    end();
}
