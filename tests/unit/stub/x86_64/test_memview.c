/* SPDX-License-Identifier: MIT */
/*
 * Memory as it is shown: across pages that do not lie together, up to holes and
 * to the end of all addresses, without traps.
 */
#include <errno.h>
#include <string.h>

#include "stub/points/table.h"
#include "tests/unit/stub/x86_64/memview_fixture.h"

/* --- reads --- */

/* clang-format off */
static const struct {
    const char *label;
    bool physical;
    uint64_t addr, n;
    int64_t got;
    uint64_t first, last; /* gpa of those bytes */
} reads[] = {
    {"within a page",   false, 0x1234, 0x10, 0x10, 0x1234, 0x1243},
    {"two pages",       false, 0x1ff0, 0x20, 0x20, 0x1ff0, 0x500f},
    {"up to a hole",    false, 0x2800, 0x2000, 0x800, 0x5800, 0x5fff},
    {"in a hole",       false, 0x3000, 8, -EFAULT, 0, 0},
    {"not RAM",         false, 0x40000, 8, -EFAULT, 0, 0},
    {"up to no RAM",    false, 0x3fff0, 0x20, 0x10, 0x3fff0, 0x3ffff},
    {"the end of all",  false, UINT64_MAX - 7, 0x20, 8, 0x6ff8, 0x6fff},
    {"the last",        false, UINT64_MAX, 1, 1, 0x6fff, 0x6fff},
    {"not canonical",   false, UINT64_C(1) << 47, 8, -EFAULT, 0, 0},
    {"nothing",         false, 0x3000, 0, 0, 0, 0},
    {"physical",        true,  0x2ff8, 0x10, 0x10, 0x2ff8, 0x3007},
    {"physical, all",   true,  0, 0x50000, 0x40000, 0, 0x3ffff},
    {"physical, none",  true,  0x40000, 1, -EFAULT, 0, 0},
    {"physical, high",  true,  HIGH_GPA + 0x1fff, 2, 1, 0, 0},
};
/* clang-format on */

Test(memview, reads)
{
    static uint8_t bytes[0x50000];

    for (size_t i = 0; i < ROWS(reads); i++) {
        begin_view(reads[i].physical);
        memset(bytes, 0xee, sizeof bytes);
        ssize_t got = memview_read(&view, reads[i].addr, bytes, reads[i].n);
        cr_assert(eq(i64, got, reads[i].got), "%s", reads[i].label);
        if (reads[i].n)
            cr_expect(eq(int, memview_has(&view, reads[i].addr), got > 0), "%s",
                      reads[i].label);
        if (got <= 0 || !reads[i].last)
            continue;
        cr_expect(eq(u8, bytes[0], *host_bytes(reads[i].first)), "%s",
                  reads[i].label);
        cr_expect(eq(u8, bytes[got - 1], *host_bytes(reads[i].last)), "%s",
                  reads[i].label);
        cr_expect(eq(u8, bytes[got], 0xee), "%s", reads[i].label);
    }
}

/* --- writes --- */

/* clang-format off */
static const struct {
    const char *label;
    bool physical;
    uint64_t addr, n;
    int result;
    uint64_t first, last; /* gpa */
} writes[] = {
    {"within a page",   false, 0x1234, 0x10, 0, 0x1234, 0x1243},
    {"two pages",       false, 0x1ff0, 0x20, 0, 0x1ff0, 0x500f},
    {"into a hole",     false, 0x2ff0, 0x20, -EFAULT, 0, 0},
    {"over a hole",     false, 0x2ff0, 0x1020, -EFAULT, 0, 0},
    {"not RAM",         false, 0x3fff0, 0x20, -EFAULT, 0, 0},
    {"beyond the end",  false, UINT64_MAX - 7, 0x10, -EFAULT, 0, 0},
    {"nothing",         false, 0x3000, 0, 0, 0, 0},
    {"physical",        true,  0x2ff8, 0x10, 0, 0x2ff8, 0x3007},
    {"physical, not RAM", true, 0x3fff0, 0x20, -EFAULT, 0, 0},
    {"physical, high",  true,  HIGH_GPA + 0x1fff, 2, -EFAULT, 0, 0},
};
/* clang-format on */

Test(memview, writes)
{
    static uint8_t before[LOW_SIZE];
    static uint8_t bytes[2 * PAGE];

    memset(bytes, 0xee, sizeof bytes);
    for (size_t i = 0; i < ROWS(writes); i++) {
        begin_view(writes[i].physical);
        memcpy(before, host_bytes(0), sizeof before);
        cr_expect(eq(int,
                     memview_write(&view, writes[i].addr, bytes, writes[i].n),
                     writes[i].result),
                  "%s", writes[i].label);
        bool changed = memcmp(before, host_bytes(0), sizeof before) != 0;
        cr_expect(eq(int, changed, writes[i].last != 0), "%s", writes[i].label);
        if (!changed)
            continue;
        cr_expect(eq(u8, *host_bytes(writes[i].first), 0xee));
        cr_expect(eq(u8, *host_bytes(writes[i].last), 0xee));
        cr_expect(ne(u8, *host_bytes(writes[i].last + 1), 0xee));
    }
}

/* What the addresses meant before the write is what counts. */
Test(memview, a_write_that_moves_its_own_pages)
{
    enum { TABLE = PT / PAGE };
    static uint8_t bytes[2 * PAGE];

    begin_view(false);
    memcpy(bytes, host_bytes(PT), PAGE); /* the page table as it is, but: */
    memset(bytes + 8 * (TABLE + 1), 0, 8);
    memset(bytes + PAGE, 0xee, PAGE);
    cr_assert(
        eq(int, memview_write(&view, TABLE * PAGE, bytes, sizeof bytes), 0));
    cr_expect(not(memview_has(&view, (TABLE + 1) * PAGE)), "it is gone");
    cr_expect(eq(u8, *host_bytes((TABLE + 1) * PAGE), 0xee));
    cr_expect(eq(u8, *host_bytes((TABLE + 2) * PAGE - 1), 0xee));
}

/* --- holes --- */

/* clang-format off */
static const struct {
    bool physical;
    uint64_t addr, end; /* 0: never */
} holes[] = {
    {false, 0x3000, 0x4000}, {false, 0x3fff, 0x4000},
    {false, 0x40000, LAST_PAGE}, {false, LAST_PAGE - 1, LAST_PAGE},
    {true, LOW_SIZE, HIGH_GPA}, {true, HIGH_GPA - 1, HIGH_GPA},
    {true, HIGH_GPA + HIGH_SIZE, 0},
};
/* clang-format on */

Test(memview, holes)
{
    for (size_t i = 0; i < ROWS(holes); i++) {
        uint64_t at = holes[i].addr;
        bool more = true;

        begin_view(holes[i].physical);
        while (more && !memview_has(&view, at))
            more = memview_skip(&view, at, &at);
        cr_expect(eq(int, more, holes[i].end != 0), "%zu", i);
        if (more)
            cr_expect(eq(u64, at, holes[i].end), "%zu", i);
    }
    begin_view(false);
    *host_bytes(TABLES + 8 * 511) = 0; /* the last page is no more */
    uint64_t at = 0x40000;
    cr_expect(not(memview_skip(&view, at, &at)));
}

/* --- traps --- */

Test(memview, traps_are_hidden)
{
    uint8_t byte;

    begin_view(false);
    plant(0x2010);
    cr_assert(eq(u8, *host_bytes(0x5010), 0xcc), "it is there");
    cr_expect(eq(i64, memview_read(&view, 0x2010, &byte, 1), 1));
    cr_expect(eq(u8, byte, byte_at(0x5010)));
    view.physical = true;
    cr_expect(eq(i64, memview_read(&view, 0x5010, &byte, 1), 1));
    cr_expect(eq(u8, byte, byte_at(0x5010)), "physical, too");
    byte = 0x77;
    cr_expect(eq(int, memview_write(&view, 0x5010, &byte, 1), 0));
    cr_expect(eq(u8, *host_bytes(0x5010), 0xcc), "and planted again");
    bp_remove_all(&traps);
    cr_expect(eq(u8, *host_bytes(0x5010), 0x77));
}
