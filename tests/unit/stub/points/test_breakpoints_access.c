/* SPDX-License-Identifier: MIT */
/* Whose access it is: which watchpoint an access in memory concerns. */
#include "stub/points/assign.h"
#include "stub/points/table.h"
#include "tests/unit/stub/points/bp_fixture.h"

static const struct bp_host kvm_like = {&trap_byte, 4, false, false, 0, 0};

enum { READ, WRITE };

/* clang-format off */
static const struct access_row {
    const char *label, *wishes;
    bool is_write;
    uint64_t gpa;
    size_t n;
    int hit; /* which of the wishes, -1: none */
} access_rows[] = {
    {"the byte",                 "w1000",         WRITE, 0x1000, 1, 0},
    {"the byte before",          "w1000",         WRITE, 0xfff,  1, -1},
    {"the byte after",           "w1000",         WRITE, 0x1001, 1, -1},
    {"up to it",                 "w1004+4",       WRITE, 0x1000, 4, -1},
    {"into it",                  "w1004+4",       WRITE, 0x1001, 4, 0},
    {"out of it",                "w1004+4",       WRITE, 0x1007, 8, 0},
    {"behind it",                "w1004+4",       WRITE, 0x1008, 8, -1},
    {"all around it",            "w1003",         WRITE, 0x1000, 8, 0},
    {"within it",                "w1000+1000",    WRITE, 0x1800, 1, 0},
    {"a read of what is written", "w1000+4",      READ,  0x1000, 4, -1},
    {"a write to what is read",  "r1000+4",       WRITE, 0x1000, 4, -1},
    {"a read",                   "r1000+4",       READ,  0x1000, 4, 0},
    {"access: a read",           "a1000+4",       READ,  0x1003, 4, 0},
    {"access: a write",          "a1000+4",       WRITE, 0x1003, 4, 0},
    {"the second of two",        "w1000+4 w1004+4", WRITE, 0x1004, 4, 1},
    {"by direction, write",      "r1000+4 w1000+4", WRITE, 0x1000, 4, 1},
    {"by direction, read",       "w1000+4 r1000+4", READ,  0x1000, 4, 1},
    {"by another name",          "wc010+4",       WRITE, 0x1010, 4, 0},
    {"on the second of pages",   "wefff+2",       WRITE, 0x5000, 1, 0},
    {"on the first of pages",    "wefff+2",       WRITE, 0x7fff, 1, 0},
    {"between such pages",       "wefff+2",       WRITE, 0x6000, 8, -1},
    {"beside both",              "wefff+2",       WRITE, 0x5001, 8, -1},
    {"code is not watched",      "s1000 h1000",   WRITE, 0x1000, 1, -1},
    {"the last of RAM",          "w7fff",         WRITE, 0x7ff8, 8, 0},
    {"where no RAM is",          "wb010+4",       WRITE, 0x40010, 4, 0},
    {"from nowhere to there", "rafff+2 waffe+4", WRITE, 0x40000, 4, 1},
};
/* clang-format on */

ParameterizedTestParameters(bp, access)
{
    return row_numbers(ROWS(access_rows));
}

ParameterizedTest(const size_t *i, bp, access)
{
    const struct access_row *row = &access_rows[*i];
    const struct breakpoint *bp;

    begin(&kvm_like);
    cr_expect(eq(int, insert(row->wishes), 0), "%s", row->label);
    (void)bp_arm(&bps, &space);
    bp = watching(&bps, row->gpa, row->n, row->is_write);
    cr_expect(eq(int, bp ? (int)(bp - bps.bp) : -1, row->hit), "%s",
              row->label);
    end();
}

/* Places in the table have moved: until it is armed anew pages serve nobody,
 * one that stayed included. */
Test(bp, removed_and_watched_no_more)
{
    begin(&kvm_like);
    cr_expect(eq(int, insert("w1000+4 w2000+4 w3000+4"), 0));
    (void)bp_arm(&bps, &space);
    cr_expect(eq(int, remove_all_of("w1000+4"), 0));
    for (uint64_t gpa = 0x1000; gpa <= 0x3000; gpa += 0x1000)
        cr_expect(watching(&bps, gpa, 4, true) == NULL, "%#llx",
                  (unsigned long long)gpa);
    (void)bp_arm(&bps, &space);
    cr_expect(watching(&bps, 0x1000, 4, true) == NULL);
    cr_assert(watching(&bps, 0x3000, 4, true) != NULL);
    cr_expect(eq(u64, watching(&bps, 0x3000, 4, true)->gva, 0x3000));
    end();
}
