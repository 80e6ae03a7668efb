/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "kvm/core/mem.h"
#include "stub/points/assign.h"
#include "stub/points/filter.h"
#include "stub/points/table.h"
#include "stub/points/traps.h"
#include "tests/unit/stub/points/bp_fixture.h"

/*
 * Pages whose traps need no guard, as stories. The trap is at 0x1100, no
 * register backs it up, and the guards in the end tell.
 *
 *   GPA*COUNT   the guest writes the same byte so many times
 *   GPA+COUNT   and so many bytes in a row
 *   lGPA        a loader writes there, unseen
 *   !           a tick: traps are looked after, and armed if they must be
 *   -           the breakpoint is removed and inserted again
 *
 * All numbers but COUNT are hexadecimal.
 */

#define GUARDED "w1000+1000"

/* clang-format off */
static const struct filter_row {
    const char *label, *story, *guards;
} filter_rows[] = {
    {"never written",               "!",                          GUARDED},
    {"once, then 255 times again",  "1800*256 !",                 GUARDED},
    {"once, then 256 times again",  "1800*257 !",                 ""},
    {"two places in turns",         "1800*1 1900*1 1800*200 1900*56 !", ""},
    {"a new place in between",      "1800*200 1900*1 1800*200 !", GUARDED},
    {"neighbours are one place",    "1800*100 1807*157 !",        ""},
    {"the next word is another",    "1800*100 1808*157 !",        GUARDED},
    {"a copy to all before it",     "1000+256 !",                 GUARDED},
    {"a copy to all behind it",     "1101+3839 !",                GUARDED},
    {"a copy over it, twice",       "1000+4096 1000+4096 !",      GUARDED},
    {"over it, then beside it",     "1100*1 1800*1000 !",         GUARDED},
    {"beside it, then over it",     "1800*256 1100*1 1800*9 !",   GUARDED},
    {"on another page",             "2800*1000 !",                GUARDED},
    {"on other pages too",          "1800*257 2800*257 3800*257 !", ""},

    {"stays after a stop",          "1800*257 ! - !",             ""},
    {"overwritten meanwhile",       "1800*257 ! l1100 !",         GUARDED},
    {"and never again",         "1800*257 ! l1100 ! 1800*999 !",  GUARDED},
    {"overwritten beside it",       "1800*257 ! l1101 !",         ""},
    {"overwritten and removed",     "1800*257 ! l1100 - !",       ""},
    {"eight pages without a trap",
     "1800*257 2800*9 3800*9 4800*9 5800*9 6800*9 7800*9 8800*9 9800*9 - !",
     ""},
};
/* clang-format on */

static void write_one(uint64_t gpa)
{
    *ram(gpa) = 0x41;
    bp_filter_write(&bps, gpa, 1);
    bp_written(&bps, gpa, 1);
}

static void write_many(const char *word)
{
    char *end;
    uint64_t gpa = strtoull(word, &end, 16);
    unsigned long count = strtoul(end + 1, NULL, 10);

    for (unsigned long i = 0; i < count; i++)
        write_one(*end == '+' ? gpa + i : gpa);
}

static void tick(void)
{
    bps.stale |= bp_filter_broken(&bps);
    if (bps.stale)
        (void)bp_arm(&bps, &space);
}

static void tell(const char *word)
{
    if (*word == '!')
        tick();
    else if (*word == 'l')
        *ram(strtoull(word + 1, NULL, 16)) = 0x42;
    else if (*word == '-')
        cr_expect(eq(int, remove_all_of("s1100") | insert("s1100"), 0));
    else
        write_many(word);
}

ParameterizedTestParameters(bp, filter)
{
    return row_numbers(ROWS(filter_rows));
}

ParameterizedTest(const size_t *i, bp, filter)
{
    const struct filter_row *row = &filter_rows[*i];
    static const struct bp_host host = {&trap_byte, 0, false, false, 0, 0};

    begin(&host);
    cr_expect(eq(int, insert("s1100"), 0));
    (void)bp_arm(&bps, &space);
    for (const char *word = row->story; *word; word += strspn(word, " ")) {
        tell(word);
        word += strcspn(word, " ");
    }
    cr_expect(eq(str, str(guards()), str(row->guards)), "%s", row->label);
    cr_expect(eq(int, bp_filter_spares_any(&bps), !*row->guards), "%s",
              row->label);
    cr_expect(eq(u8, *ram(0x1100), 0xcc), "%s", row->label);
    end();
}

/* Of more pages with traps than can be remembered, the oldest is forgotten. */
Test(bp, filter_of_many_pages)
{
    static const struct bp_host host = {&trap_byte, 0, false, false, 0, 0};

    begin(&host);
    cr_expect(
        eq(int, insert("s0 s1000 s2000 s3000 s4000 s5000 s6000 s7000"), 0));
    page_map[8] = 0x8000;
    cr_expect(eq(int, insert("s8000"), 0));
    (void)bp_arm(&bps, &space);
    for (uint64_t page = 0; page < 9; page++)
        for (unsigned i = 0; i < 257; i++)
            write_one(page * MEM_PAGE + 0x800);
    tick();
    cr_expect(eq(str, str(guards()), str("w0+1000")));
    end();
}

/* A new machine has other pages. */
Test(bp, filter_of_old_pages)
{
    static const struct bp_host host = {&trap_byte, 0, false, false, 0, 0};

    begin(&host);
    cr_expect(eq(int, insert("s1100"), 0));
    (void)bp_arm(&bps, &space);
    write_many("1800*257");
    cr_expect(bp_filter_spares(&bps, 0x1100));
    bp_pull_all(&bps);
    (void)bp_arm(&bps, &space);
    cr_expect(eq(str, str(guards()), str(GUARDED)));
    end();
}
