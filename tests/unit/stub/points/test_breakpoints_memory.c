/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "stub/points/assign.h"
#include "stub/points/table.h"
#include "stub/points/traps.h"
#include "tests/unit/stub/points/bp_story.h"

/* Traps in memory, as rows: a story (bp_story.h), and what memory and a
 * debugger's read of it show in the end. */

/* clang-format off */
static const struct story_row {
    const char *label;
    const struct trap *trap;
    const char *story;
    uint64_t gpa;
    const char *raw;   /* what is in memory at gpa */
    const char *shown; /* what a reader is shown there */
} story_rows[] = {
    {"planted", &trap_byte, "l1000=9090 s1000 !", 0x1000, "cc90", "9090"},
    {"not before it is armed", &trap_byte,
     "l1000=9090 s1000", 0x1000, "9090", "9090"},
    {"removed", &trap_byte, "l1000=9090 s1000 ! -s1000", 0x1000,
     "9090", "9090"},
    {"soft and hard at one place", &trap_byte,
     "l1000=9090 s1000 h1000 !", 0x1000, "cc90", "9090"},
    {"one of them left", &trap_byte,
     "l1000=9090 s1000 h1000 ! -s1000", 0x1000, "cc90", "9090"},
    {"the other one left", &trap_byte,
     "l1000=9090 s1000 h1000 ! -h1000", 0x1000, "cc90", "9090"},
    {"neither", &trap_byte,
     "l1000=9090 s1000 h1000 ! -h1000 -s1000", 0x1000, "9090", "9090"},
    {"by two names", &trap_byte,
     "l1000=9090 s1000 sc000 !", 0x1000, "cc90", "9090"},
    {"one name removed", &trap_byte,
     "l1000=9090 s1000 sc000 ! -s1000", 0x1000, "cc90", "9090"},
    {"both names removed", &trap_byte,
     "l1000=9090 s1000 sc000 ! -s1000 -sc000", 0x1000, "9090", "9090"},
    {"on the guest's own int3", &trap_byte,
     "l1000=cc90 s1000 !", 0x1000, "cc90", "cc90"},
    {"and off it", &trap_byte,
     "l1000=cc90 s1000 ! -s1000", 0x1000, "cc90", "cc90"},

    {"the guest writes there", &trap_byte,
     "l1000=9090 s1000 ! g1000=4142", 0x1000, "cc42", "4142"},
    {"and it is removed", &trap_byte,
     "l1000=9090 s1000 ! g1000=4142 -s1000", 0x1000, "4142", "4142"},
    {"the guest writes an int3 there", &trap_byte,
     "l1000=9090 s1000 ! g1000=cc -s1000", 0x1000, "cc90", "cc90"},
    {"the guest writes around it", &trap_byte,
     "l1000=909090 s1001 ! g1000=414243", 0x1000, "41cc43", "414243"},
    {"under two names", &trap_byte,
     "l1000=9090 s1000 sc000 ! g1000=41 -s1000", 0x1000, "cc90", "4190"},
    {"under two names, both removed", &trap_byte,
     "l1000=9090 s1000 sc000 ! g1000=41 -s1000 -sc000", 0x1000,
     "4190", "4190"},

    {"a loader overwrites it", &trap_byte,
     "l1000=9090 s1000 ! l1000=4142", 0x1000, "4142", "4142"},
    {"which is found when armed", &trap_byte,
     "l1000=9090 s1000 ! l1000=4142 !", 0x1000, "cc42", "4142"},
    {"and then removed", &trap_byte,
     "l1000=9090 s1000 ! l1000=4142 ! -s1000", 0x1000, "4142", "4142"},
    {"removed before it is found", &trap_byte,
     "l1000=9090 s1000 ! l1000=4142 -s1000", 0x1000, "4142", "4142"},
    {"overwritten, by two names", &trap_byte,
     "l1000=9090 s1000 sc000 ! l1000=4142 ! -sc000 -s1000", 0x1000,
     "4142", "4142"},
    {"overwritten, one name removed first", &trap_byte,
     "l1000=9090 s1000 sc000 ! l1000=4142 -s1000", 0x1000, "4142", "4142"},

    {"lifted", &trap_byte,
     "l1000=9090 s1000 ! ^1000", 0x1000, "9090", "9090"},
    {"lifted where none is", &trap_byte,
     "l1000=9090 s1000 ! ^1001", 0x1000, "cc90", "9090"},
    {"lifted, then armed", &trap_byte,
     "l1000=9090 s1000 ! ^1000 !", 0x1000, "cc90", "9090"},
    {"lifted, then overwritten and armed", &trap_byte,
     "l1000=9090 s1000 ! ^1000 l1000=41 !", 0x1000, "cc90", "4190"},
    {"overwritten, then lifted", &trap_byte,
     "l1000=9090 s1000 ! l1000=41 ^1000", 0x1000, "4190", "4190"},
    {"lifted, then removed", &trap_byte,
     "l1000=9090 s1000 ! ^1000 -s1000", 0x1000, "9090", "9090"},

    {"mapped elsewhere", &trap_byte,
     "l1000=9090 l2000=5152 s1000 ! P1000=2000 !", 0x1000, "9090", "9090"},
    {"is planted there", &trap_byte,
     "l1000=9090 l2000=5152 s1000 ! P1000=2000 !", 0x2000, "cc52", "5152"},
    {"not mapped any more", &trap_byte,
     "l1000=9090 s1000 ! P1000=- !", 0x1000, "9090", "9090"},
    {"and again", &trap_byte,
     "l1000=9090 s1000 ! P1000=- ! P1000=1000 !", 0x1000, "cc90", "9090"},
    {"mapped at last", &trap_byte,
     "l3000=9090 s8000 ! P8000=3000 !", 0x3000, "cc90", "9090"},
    {"mapped beyond RAM", &trap_byte,
     "l1000=9090 s1000 ! P1000=100000 !", 0x1000, "9090", "9090"},
    {"mapped to the last byte", &trap_byte,
     "lfffe=4152 s8fff ! P8000=f000 !", 0xfffe, "41cc", "4152"},
    {"one of two names goes elsewhere", &trap_byte,
     "l1000=9090 s1000 sc000 ! Pc000=2000 !", 0x1000, "cc90", "9090"},
    {"overwritten while it moves", &trap_byte,
     "l1000=9090 s1000 ! l1000=41 P1000=2000 !", 0x1000, "4190", "4190"},

    {"four bytes", &trap_word,
     "l1000=9091929394 s1000 !", 0x1000, "000020d494", "9091929394"},
    {"four bytes removed", &trap_word,
     "l1000=9091929394 s1000 ! -s1000", 0x1000, "9091929394", "9091929394"},
    {"the guest writes the middle", &trap_word,
     "l1000=90919293 s1000 ! g1001=4142", 0x1000, "000020d4", "90414293"},
    {"a loader writes the middle", &trap_word,
     "l1000=90919293 s1000 ! l1001=4142", 0x1000, "004142d4", "90414293"},
    {"a loader wrote the middle, armed", &trap_word,
     "l1000=90919293 s1000 ! l1001=4142 !", 0x1000, "000020d4", "90414293"},
    {"a loader wrote the middle, removed", &trap_word,
     "l1000=90919293 s1000 ! l1001=4142 -s1000", 0x1000,
     "90414293", "90414293"},
    {"no room at the end of RAM", &trap_word,
     "lfffc=90919293 s8ffe ! P8000=f000 !", 0xfffc, "90919293", "90919293"},
};
/* clang-format on */

ParameterizedTestParameters(bp, story)
{
    return row_numbers(ROWS(story_rows));
}

ParameterizedTest(const size_t *i, bp, story)
{
    const struct story_row *row = &story_rows[*i];
    const struct bp_host host = {row->trap, 4, false, false, 0, 0};
    size_t n = strlen(row->raw) / 2;
    uint8_t copy[16];

    begin(&host);
    tell(row->story);
    memcpy(copy, ram(row->gpa), n);
    cr_expect(eq(str, str(hex(copy, n)), str(row->raw)), "%s: memory",
              row->label);
    bp_hide(&bps, row->gpa, copy, n);
    cr_expect(eq(str, str(hex(copy, n)), str(row->shown)), "%s: shown",
              row->label);
    bp_remove_all(&bps);
    cr_expect(eq(str, str(hex(ram(row->gpa), n)), str(row->shown)),
              "%s: all removed", row->label);
    end();
}

/* A read may begin or end within a trap, or lie between two. */
Test(bp, hide_parts)
{
    static const struct bp_host host = {&trap_word, 4, false, false, 0, 0};
    uint8_t copy[16];

    begin(&host);
    cr_expect(eq(int, insert("s1004 s1008"), 0));
    (void)bp_arm(&bps, &space);
    for (uint64_t from = 0x1000; from < 0x1010; from++) {
        for (uint64_t to = from; to < 0x1010; to++) {
            memcpy(copy, ram(from), to - from);
            bp_hide(&bps, from, copy, to - from);
            for (uint64_t at = from; at < to; at++)
                cr_assert(eq(u8, copy[at - from], pattern(at)));
        }
    }
    end();
}
