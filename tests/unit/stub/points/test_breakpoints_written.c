/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "stub/points/assign.h"
#include "stub/points/table.h"
#include "stub/points/traps.h"
#include "stub/points/written.h"
#include "tests/unit/stub/points/bp_story.h"

/* Breakpoints that the client writes itself: ee, where this host has cc. */

/* clang-format off */
static const struct written_row {
    const char *label;
    unsigned registers;
    const char *story;
    uint64_t gpa;
    const char *raw, *shown; /* there in the end */
    const char *services;    /* of all in the table */
} written_rows[] = {
    {"written", 0, "l1000=9090 c1000=ee", 0x1000, "ee90", "ee90", "pending"},
    {"and armed", 0, "l1000=9090 c1000=ee !", 0x1000, "cc90", "ee90", "int3"},
    {"it exits by itself", 0, "l1000=9090 x c1000=ee !", 0x1000,
     "ee90", "ee90", "own"},
    {"a register stops at it", 4, "l1000=9090 c1000=ee !", 0x1000,
     "ee90", "ee90", "debug register"},
    {"but not where it leads elsewhere", 4,
     "l1000=9090 c1000=ee P1000=2000 !", 0x1000, "cc90", "ee90", "int3"},
    {"registers for others", 1, "l1000=9090 c1000=ee h2000 !", 0x1000,
     "cc90", "ee90", "int3, int3 + debug register"},
    {"it comes before back-ups", 1, "l1000=9090 s2000 c1000=ee !", 0x1000,
     "ee90", "ee90", "int3, debug register"},
    {"no register when it exits", 1, "l1000=9090 x c1000=ee s2000 !", 0x1000,
     "ee90", "ee90", "own, int3 + debug register"},

    {"unwritten", 0, "l1000=9090 c1000=ee ! c1000=90", 0x1000,
     "9090", "9090", ""},
    {"written again", 0, "l1000=9090 c1000=ee ! c1000=90 c1000=ee !", 0x1000,
     "cc90", "ee90", "int3"},
    {"twice the same", 0, "l1000=9090 c1000=ee c1000=ee !", 0x1000,
     "cc90", "ee90", "int3"},
    {"over the guest's new byte", 0,
     "l1000=9091 c1000=ee ! l1000=41 c1000=ee ?", 0x1000,
     "ee91", "4191", "pending"},
    {"overwritten among others", 0, "l1000=9090 c1000=ee ! c1000=4142", 0x1000,
     "4142", "4142", ""},
    {"over the guest's own", 0, "l1000=ee90 c1000=ee !", 0x1000,
     "cc90", "ee90", "int3"},
    {"and taken away", 0, "l1000=ee90 c1000=ee ! c1000=ee !", 0x1000,
     "ee90", "ee90", ""},
    {"and planted again", 0, "l1000=ee90 c1000=ee ! c1000=ee c1000=ee !",
     0x1000, "cc90", "ee90", "int3"},
    {"over the guest's own, forgotten", 0,
     "l1000=ee90 c1000=ee ! ? c1000=ee !", 0x1000, "cc90", "ee90", "int3"},
    {"then taken away", 0, "l1000=ee90 c1000=ee ! ? c1000=ee c1000=ee !",
     0x1000, "ee90", "ee90", ""},
    {"not by a download", 0, "l1000=9090 c1000=ee90 !", 0x1000,
     "ee90", "ee90", ""},
    {"not at its end", 0, "l1000=9090 c1000=90ee !", 0x1000,
     "90ee", "90ee", ""},
    {"something else", 0, "l1000=9090 c1000=cc !", 0x1000,
     "cc90", "cc90", ""},
    {"by the guest", 0, "l1000=9090 g1000=ee !", 0x1000, "ee90", "ee90", ""},

    {"the guest writes over it, seen", 0,
     "l1000=9090 c1000=ee ! g1000=41 !", 0x1000, "4190", "4190", ""},
    {"unseen", 0, "l1000=9090 c1000=ee ! l1000=41 !", 0x1000,
     "4190", "4190", ""},
    {"before it is armed", 0, "l1000=9090 c1000=ee l1000=41 !", 0x1000,
     "4190", "4190", ""},
    {"where it exits", 0, "l1000=9090 x c1000=ee ! l1000=41 !", 0x1000,
     "4190", "4190", ""},
    {"the guest writes the same", 0,
     "l1000=9090 c1000=ee ! g1000=ee !", 0x1000, "cc90", "ee90", "int3"},
    {"beside it", 0, "l1000=9090 c1000=ee ! g1001=41 !", 0x1000,
     "cc41", "ee41", "int3"},

    {"a wish at the place", 0, "l1000=9090 c1000=ee s1000 !", 0x1000,
     "cc90", "ee90", "int3, int3"},
    {"and gone", 0, "l1000=9090 c1000=ee s1000 ! -s1000", 0x1000,
     "cc90", "ee90", "int3"},
    {"over a wish", 0, "l1000=9090 s1000 ! c1000=ee !", 0x1000,
     "cc90", "ee90", "int3, int3"},
    {"over a wish, both gone", 0,
     "l1000=9090 s1000 ! c1000=ee ! c1000=90 -s1000", 0x1000,
     "9090", "9090", ""},
    {"over a wish that goes first", 0,
     "l1000=9090 s1000 ! c1000=ee ! -s1000 c1000=90", 0x1000,
     "9090", "9090", ""},
    {"over a wish, where it exits", 0, "l1000=9090 x s1000 ! c1000=ee !",
     0x1000, "cc90", "ee90", "int3, own"},

    {"forgotten by the client", 0, "l1000=9091 c1000=ee ! ?", 0x1000,
     "cc91", "9091", "int3"},
    {"and written again", 0, "l1000=9091 c1000=ee ! ? c1000=ee !", 0x1000,
     "cc91", "ee91", "int3"},
    {"and taken away after all", 0, "l1000=9091 c1000=ee ! ? c1000=90 !",
     0x1000, "9091", "9091", ""},
    {"forgotten, one byte on", 0, "l1000=9091 c1001=ee ! ?", 0x1000,
     "90cc", "9091", "int3"},
    {"forgotten, then other bytes", 0, "l1000=9091 c1000=ee ! ? c1000=41",
     0x1000, "4191", "4191", ""},
};
/* clang-format on */

ParameterizedTestParameters(bp, written)
{
    return row_numbers(ROWS(written_rows));
}

ParameterizedTest(const size_t *i, bp, written)
{
    const struct written_row *row = &written_rows[*i];
    const struct bp_host host = {&trap_byte, row->registers, false, false, 0,
                                 0};
    uint8_t copy[16];
    size_t n = strlen(row->raw) / 2;

    begin(&host);
    bps.registers_suffice = true;
    tell(row->story);
    memcpy(copy, ram(row->gpa), n);
    cr_expect(eq(str, str(hex(copy, n)), str(row->raw)), "%s: memory",
              row->label);
    bp_hide(&bps, row->gpa, copy, n);
    cr_expect(eq(str, str(hex(copy, n)), str(row->shown)), "%s: shown",
              row->label);
    cr_expect(eq(str, str(services()), str(row->services)), "%s", row->label);
    if (!strchr(row->story, 's')) /* a wish has them */
        cr_expect(eq(str, str(guards()), str("")), "%s: guards", row->label);
    end();
}

/* --- what it means for others --- */

/* User code may come where no register stops it. */
Test(bp, written_with_a_register_and_a_trap)
{
    static const struct bp_host host = {&trap_byte, 4, false, false, 0, 0};

    begin(&host);
    tell("l1000=9090 c1000=ee !");
    cr_expect(eq(str, str(services()), str("int3 + debug register")));
    end();
}

Test(bp, written_where_nothing_traps)
{
    static const struct bp_host host = {&trap_none, 0, false, false, 0, 0};
    struct debug_state state;

    begin(&host);
    tell("l1000=9090 c1000=ee !");
    cr_expect(eq(str, str(services()), str("pending")));
    bp_wanted(&bps, &state);
    cr_expect(not(state.traps));
    tell("x !");
    bp_wanted(&bps, &state);
    cr_expect(state.traps, "the host is asked for its exits");
    end();
}

Test(bp, written_is_no_wait)
{
    static const struct bp_host host = {&trap_none, 0, false, false, 0, 0};

    begin(&host);
    tell("c1000=ee");
    cr_expect(not(bp_arm(&bps, &space)));
    cr_expect(not(bp_appeared(&bps, &space)));
    end();
}

Test(bp, written_at)
{
    static const struct bp_host host = {&trap_byte, 0, false, false, 0, 0};
    struct breakpoint *bp;

    begin(&host);
    tell("l1000=90 c1000=ee !");
    bp = bp_written_at(&bps, 0x1000);
    cr_assert(bp != NULL);
    cr_expect(eq(u64, bp->gva, 0x1000));
    cr_expect(eq(u8, bp->was[0], 0x90));
    cr_expect(bp_planted_at(&bps, 0x1000, 0x8000) == bp, "whatever its name");
    cr_expect(bp_written_at(&bps, 0x1001) == NULL);
    tell("g1000=41");
    cr_expect(bp_written_at(&bps, 0x1000) == NULL, "overwritten, not armed");
    cr_expect(eq(sz, bps.n_written, 1));
    tell("!");
    cr_expect(eq(sz, bps.n_written, 0));
    end();
}

/* The client's wishes go, and what it wrote stays. */
Test(bp, written_outlives_wishes)
{
    static const struct bp_host host = {&trap_byte, 0, false, false, 0, 0};

    begin(&host);
    tell("l1000=9090 l2000=9090 s2000 c1000=ee S80000000 s2001 !");
    bp_remove_wishes(&bps);
    cr_expect(eq(sz, bps.n, 1));
    cr_expect(eq(sz, bps.n_written, 1));
    cr_expect(eq(sz, bps.n_twins, 0));
    cr_expect(eq(u8, *ram(0x1000), 0xcc));
    cr_expect(eq(u8, *ram(0x2000), 0x90));
    bp_remove_all(&bps);
    cr_expect(eq(sz, bps.n_written, 0));
    cr_expect(eq(u8, *ram(0x1000), 0xee), "as the client left it");
    end();
}

/* It takes no wish's place, and there are enough. */
Test(bp, full_of_written_ones)
{
    static const struct bp_host host = {&trap_byte, 0, false, false, 0, 0};
    const uint8_t insn[] = {0xee};

    begin(&host);
    for (uint64_t i = 0; i < BP_WRITTEN_MAX; i++) {
        cr_assert(eq(int, bp_client_writes(&bps, i, i, insn, 1), 1));
        *ram(i) = 0xee;
    }
    cr_expect(
        eq(int, bp_client_writes(&bps, 0x4000, 0x4000, insn, 1), -ENOSPC));
    for (uint64_t i = 0; i < BP_MAX; i++)
        cr_assert(eq(int, bp_insert_narrow(&bps, BP_SOFT, LOW_TWIN + i, 1), 0));
    cr_expect(eq(int, bp_insert(&bps, BP_SOFT, 0x1000, 1), -ENOSPC));
    cr_expect(eq(sz, bps.n, BP_ENTRIES));
    (void)bp_arm(&bps, &space);
    cr_expect(eq(u8, *ram(1), 0xcc));
    bp_pull_all(&bps);
    cr_expect(eq(u8, *ram(1), 0xee), "as the client has written it");
    cr_expect(eq(sz, bps.n, BP_ENTRIES), "they stay");
    cr_expect(bps.stale);
    bp_remove_all(&bps);
    end();
}

/* What is no change of the guest's code. */
Test(bp, written_and_told_so)
{
    static const struct bp_host host = {&trap_byte, 0, false, false, 0, 0};
    static const struct {
        uint64_t gpa;
        uint8_t byte;
        int want;
    } writes[] = {
        {0x1000, 0xee, 1}, /* planted */
        {0x1000, 0xee, 1}, /* again */
        {0x1001, 0x41, 0}, /* beside it */
        {0x1000, 0x41, 0}, /* something else */
        {0x1000, 0xee, 1}, /* planted over that */
        {0x1000, 0x41, 1}, /* and taken away */
        {0x1000, 0x41, 0}, /* which it is */
    };

    begin(&host);
    for (size_t i = 0; i < ROWS(writes); i++) {
        uint64_t gpa = writes[i].gpa;

        cr_expect(eq(int, bp_client_writes(&bps, gpa, gpa, &writes[i].byte, 1),
                     writes[i].want),
                  "%zu", i);
        *ram(gpa) = writes[i].byte;
        bp_written(&bps, gpa, 1);
        bp_sweep_written(&bps);
    }
    end();
}

Test(bp, written_beyond_ram)
{
    static const struct bp_host host = {&trap_byte, 0, false, false, 0, 0};
    const uint8_t insn[] = {0xee};

    begin(&host);
    cr_expect(eq(int, bp_client_writes(&bps, 0, RAM_SIZE, insn, 1), 0));
    cr_expect(eq(sz, bps.n, 0));
    bps.written = NULL;
    cr_expect(eq(int, bp_client_writes(&bps, 0, 0, insn, 1), 0));
    cr_expect(eq(sz, bps.n, 0), "an architecture without such an instruction");
    end();
}
