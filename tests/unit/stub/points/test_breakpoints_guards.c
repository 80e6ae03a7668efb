/* SPDX-License-Identifier: MIT */
#include "stub/points/assign.h"
#include "stub/points/pages.h"
#include "stub/points/table.h"
#include "tests/unit/stub/points/bp_fixture.h"

/* Which pages are guarded, and how. */

static const struct bp_host kvm_like = {&trap_byte, 4, false, false, 0, 0};

/* clang-format off */
static const struct guard_row {
    const char *label;
    unsigned registers;
    const char *wishes, *guards;
} guard_rows[] = {
    {"nothing",                     4, "",                  ""},
    {"a backed-up trap needs none", 4, "s1000",             ""},
    {"a trap alone",                0, "s1fff",             "w1000+1000"},
    {"two traps on a page",         0, "s1000 s1800",       "w1000+1000"},
    {"two on neighbours",           0, "s1fff s2000",       "w1000+2000"},
    {"two apart",                   0, "s3000 s1000",  "w1000+1000 w3000+1000"},
    {"one byte",                    4, "w1234",             "w1000+1000"},
    {"across pages",                4, "w1ffe+4",           "w1000+2000"},
    {"to the end of its page",      4, "w1ff8+8",           "w1000+1000"},
    {"reading",                     4, "r1234+4",           "a1000+1000"},
    {"access",                      4, "a1234+4",           "a1000+1000"},
    {"both ways, one page",         4, "w1000 r1800",       "a1000+1000"},
    {"both ways, neighbours",       4, "w1000 r2000",  "w1000+1000 a2000+1000"},
    {"reads in the midst",          4, "w1000+3000 r2000",
                                 "w1000+1000 a2000+1000 w3000+1000"},
    {"reads at the end",            4, "w1000+3000 r3fff",
                                                   "w1000+2000 a3000+1000"},
    {"reads around writes",         4, "a1000+3000 w2000",  "a1000+3000"},
    {"reads on both sides",         4, "w2000 r1000 r3000",
                                 "a1000+1000 w2000+1000 a3000+1000"},
    {"the same twice",              4, "w1000+4 a1000+4",   "a1000+1000"},
    {"a trap on a watched page",    0, "s1000 r1800",       "a1000+1000"},
    {"one page by two names",       4, "w1000 wc800",       "w1000+1000"},
    {"pages that are not one",      4, "wefff+2",    "w5000+1000 w7000+1000"},
    {"half of it is not there",     4, "w7ff8+10",          "w7000+1000"},
    {"nothing of it is there",      4, "w8000+2000",        ""},
    {"mapped at both ends",         4, "w7000+5001", "w1000+1000 w7000+1000"},
    {"all that is mapped",          4, "w0+10000",          "w0+8000"},
    {"reads of page tables",        4, "r3000+3000",
                                 "a3000+1000 w4000+1000 a5000+1000"},
    {"writes of page tables",       4, "w4000",             "w4000+1000"},
};
/* clang-format on */

ParameterizedTestParameters(bp, guard)
{
    return row_numbers(ROWS(guard_rows));
}

ParameterizedTest(const size_t *i, bp, guard)
{
    const struct guard_row *row = &guard_rows[*i];
    const struct bp_host host = {&trap_byte, row->registers, false, false, 0,
                                 0};

    begin(&host);
    cr_expect(eq(int, insert(row->wishes), 0), "%s", row->label);
    (void)bp_arm(&bps, &space);
    cr_expect(eq(str, str(guards()), str(row->guards)), "%s", row->label);
    bp_remove_all(&bps);
    (void)bp_arm(&bps, &space);
    cr_expect(eq(str, str(guards()), str("")), "%s, removed", row->label);
    end();
}

/* Whole pages, and no byte beside them. */
Test(bp, guarded)
{
    static const struct {
        uint64_t gpa;
        bool is;
    } rows[] = {
        {0x0fff, false}, {0x1000, true},      {0x1fff, true}, {0x2000, false},
        {0x2fff, false}, {0x3000, true},      {0x5fff, true}, {0x6000, false},
        {0x6fff, false}, {0x7000, true},      {0x7fff, true}, {0x8000, false},
        {0, false},      {UINT64_MAX, false},
    };

    begin(&kvm_like);
    cr_expect(not(bp_is_guarded(&bps, 0x1000)), "there is none");
    cr_expect(eq(int, insert("w1234 w3fff+2 r5000 a7ff8+8"), 0));
    (void)bp_arm(&bps, &space);
    for (size_t i = 0; i < ROWS(rows); i++)
        cr_expect(eq(int, bp_is_guarded(&bps, rows[i].gpa), rows[i].is),
                  "%#llx", (unsigned long long)rows[i].gpa);
    end();
}

/* Whatever there was no room for waits, and is guarded when there is. */
Test(bp, guards_and_no_memory_for_them)
{
    static const struct bp_host host = {&trap_byte, 0, false, false, 0, 0};
    unsigned failures = 0;

    for (unsigned nth = 1; failures == nth - 1; nth++) {
        begin(&host);
        /* More than the lists have room for at first, each on a page alone or
         * cut in two, with traps and what reads. */
        for (uint64_t i = 0; i < 20; i++)
            cr_assert(eq(int, bp_insert(&bps, BP_WRITE, 0x1ff8 + i, 0x10), 0));
        cr_expect(eq(int, insert("wefff+2 s3fff r5000 a7000+4 s1000"), 0));
        realloc_fails_in = nth;
        failures += bp_arm(&bps, &space);
        cr_expect(realloc_fails_in > 0 || failures == nth, "call %u", nth);
        realloc_fails_in = 0;
        cr_expect(not(bp_arm(&bps, &space)), "call %u", nth);
        cr_expect(
            eq(str, str(guards()), str("w1000+3000 a5000+1000 a7000+1000")),
            "call %u", nth);
        end();
    }
    cr_expect(gt(u32, failures, 5));
}

/* Long runs, which may leave RAM before the watchpoint ends. */
/* clang-format off */
static const struct guard_row flat_rows[] = {
    {"all of RAM",        4, "w0+10000",           "w0+10000"},
    {"over its end",      4, "wf800+1000",         "wf000+1000"},
    {"far over its end",  4, "rf800+1000000",      "af000+1000"},
    {"behind it",         4, "w10000+1000",        ""},
    {"up to 4 GiB",       4, "wfffff800+800",      ""},
    {"up to 4 GiB, then from 0 again", 4, "wfffff800+1800", "w0+1000"},
};
/* clang-format on */

ParameterizedTestParameters(bp, flat)
{
    return row_numbers(ROWS(flat_rows));
}

ParameterizedTest(const size_t *i, bp, flat)
{
    const struct guard_row *row = &flat_rows[*i];
    const struct bp_host host = {&trap_byte, row->registers, false, false, 0,
                                 0};

    paging_off = true;
    begin(&host);
    cr_expect(eq(int, insert(row->wishes), 0), "%s", row->label);
    (void)bp_arm(&bps, &space);
    cr_expect(eq(str, str(guards()), str(row->guards)), "%s", row->label);
    end();
}
