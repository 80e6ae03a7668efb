/* SPDX-License-Identifier: MIT */
/*
 * Searches: as if all bytes that are there lay in a row, with nothing in the
 * holes between.
 */
#include <errno.h>
#include <string.h>

#include "stub/front/search.h"
#include "tests/unit/stub/x86_64/memview_fixture.h"

enum { LONG_ENOUGH = 60 * 1000, CHUNK = 64 << 10 };

static int search(uint64_t addr, uint64_t n, const char *pattern,
                  size_t n_pattern, uint64_t *ret)
{
    return search_memory(&view, addr, n, pattern, n_pattern, LONG_ENOUGH, ret);
}

/* clang-format off */
static const struct {
    const char *label;
    bool physical;
    uint64_t put; /* gpa; where the pages part, it goes on as they do */
    const char *pattern;
    uint64_t addr, n, found; /* 0: not */
} rows[] = {
    {"in a page",          false, 0x1234, "needle", 0, 0x40000, 0x1234},
    {"at once",            false, 0x1234, "needle", 0x1234, 6, 0x1234},
    {"one byte less",      false, 0x1234, "needle", 0x1234, 5, 0},
    {"one byte late",      false, 0x1234, "needle", 0x1235, 0x1000, 0},
    {"ends with it",       false, 0x1234, "needle", 0x1000, 0x23a, 0x1234},
    {"just not",           false, 0x1234, "needle", 0x1000, 0x239, 0},
    {"one byte",           false, 0x1234, "\xff",   0x1000, 0x1000, 0x1234},
    {"behind a hole",      false, 0x4010, "needle", 0x1000, 0x10000, 0x4010},
    {"in another page",    false, 0x5010, "needle", 0, 0x40000, 0x2010},
    {"over chunks, its end", false, CHUNK - 5 + 0x8000, "needle", 0x8000, 0x40000,
     CHUNK - 5 + 0x8000},
    {"over chunks, the end", false, CHUNK - 5 + 0x8000, "needle", 0x8000,
     CHUNK + 1, CHUNK - 5 + 0x8000},
    {"over chunks, its start", false, CHUNK - 1 + 0x8000, "needle", 0x8000,
     0x40000, CHUNK - 1 + 0x8000},
    {"over two chunks",    false, CHUNK - 3 + 0x8000, "needle", 0x8000, 0x40000,
     CHUNK - 3 + 0x8000},
    {"before a hole",      false, 0x5ffa, "needle", 0, 0x40000, 0x2ffa},
    {"not over a hole",    false, 0x5ffb, "needle", 0, 0x40000, 0},
    {"up to no RAM",       false, 0x2fffa, "needle", 0, UINT64_MAX, 0x2fffa},
    {"the end of all",     false, 0x6ffa, "needle", UINT64_MAX - 0x100, 0x1000,
     UINT64_MAX - 5},
    {"the low one first",  false, 0x6ffa, "needle", 0, UINT64_MAX, 0x6ffa},
    {"all but the low",    false, 0x6ffa, "needle", 0x7000, UINT64_MAX,
     UINT64_MAX - 5},
    {"physical",           true,  0x5010, "needle", 0, 0x40000, 0x5010},
    {"physical, two pages", true, 0x2ffd, "needle", 0, 0x40000, 0x2ffd},
    {"physical, high",     true,  HIGH_GPA + HIGH_SIZE - 6, "needle", 0,
     UINT64_MAX, HIGH_GPA + HIGH_SIZE - 6},
    {"physical, not there", true, 0x5010, "needles", 0, UINT64_MAX, 0},
};
/* clang-format on */

Test(search, rows)
{
    for (size_t i = 0; i < ROWS(rows); i++) {
        size_t n = strlen(rows[i].pattern);
        uint64_t found = 0;

        begin_view(rows[i].physical);
        memcpy(host_bytes(rows[i].put), rows[i].pattern,
               strcmp(rows[i].pattern, "needles") ? n : n - 1);
        cr_expect(
            eq(int, search(rows[i].addr, rows[i].n, rows[i].pattern, n, &found),
               rows[i].found != 0),
            "%s", rows[i].label);
        if (rows[i].found)
            cr_expect(eq(u64, found, rows[i].found), "%s", rows[i].label);
    }
}

/* From one page into the next, which lies elsewhere. */
Test(search, over_pages)
{
    uint64_t found = 0;

    begin_view(false);
    memcpy(host_bytes(0x1ffd), "nee", 3);
    memcpy(host_bytes(0x5000), "dle", 3);
    cr_expect(eq(int, search(0, 0x40000, "needle", 6, &found), 1));
    cr_expect(eq(u64, found, 0x1ffd));
}

Test(search, not_over_a_hole)
{
    uint64_t found = 0;

    begin_view(false);
    memcpy(host_bytes(0x5ffb), "needl", 5);
    memcpy(host_bytes(0x4000), "e", 1);
    cr_expect(eq(int, search(0, 0x40000, "needle", 6, &found), 0));
}

/* Those of a trap are found nowhere, those that it hides are. */
Test(search, traps_are_hidden)
{
    uint64_t found = 0;

    begin_view(false);
    memcpy(host_bytes(0x1000), "needle", 6);
    plant(0x1002);
    cr_expect(eq(int, search(0, 0x40000, "needle", 6, &found), 1));
    cr_expect(eq(int,
                 search(0, 0x40000,
                        "ne\xcc"
                        "dle",
                        6, &found),
                 0));
}

/* A pattern without a rare byte, and one as long as memory. */
Test(search, any_pattern)
{
    static char all[0x5000];
    uint64_t found = 0;

    begin_view(true);
    memset(host_bytes(0x8000), 0, 0x100);
    memset(host_bytes(0x8080), 0xff, 2);
    cr_expect(eq(int, search(0, LOW_SIZE, "\0\xff\xff\0", 4, &found), 1));
    cr_expect(eq(u64, found, 0x807f));
    *host_bytes(0x7fff) = 0xfe;
    memcpy(all, host_bytes(0x3000), sizeof all);
    cr_expect(eq(int, search(0x10, LOW_SIZE, all, sizeof all, &found), 1));
    cr_expect(eq(u64, found, 0x3000));
}

/* What it says that there is not, there is not. */
Test(search, gives_up_in_time)
{
    const uint64_t place = 0x8000 + CHUNK - 3;
    uint64_t came = 0;
    uint64_t found = 0;

    begin_view(false);
    memcpy(host_bytes(place), "needle", 6);
    cr_expect(eq(int,
                 search_memory(&view, 0x8000, SIZE_MAX, "needle", 6, 0, &came),
                 -ETIME));
    cr_expect(gt(u64, came, 0x8000));
    cr_expect(le(u64, came, place));
    cr_expect(eq(int, search(came, UINT64_MAX, "needle", 6, &found), 1));
    cr_expect(eq(u64, found, place));
}

/* --- any memory, any range, against the plainest search there is --- */

static uint32_t seed = 1;

static uint32_t draw(uint32_t below)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % below;
}

/* Pages come and go; few different bytes, so that there is much to find. */
static void shuffle(void)
{
    for (unsigned page = 0; page < LOW_PAGES; page++)
        map_page(page, draw(4) ? (uint64_t)draw(8) * PAGE : UINT64_MAX);
    for (uint64_t gpa = 0; gpa < 8 * PAGE; gpa++)
        *host_bytes(gpa) = (uint8_t)draw(2);
}

static int plain_search(uint64_t addr, uint64_t n, const char *pattern,
                        size_t n_pattern, uint64_t *ret)
{
    char bytes[16];

    for (uint64_t at = addr; n >= n_pattern; at++, n--) {
        ssize_t got = memview_read(&view, at, bytes, n_pattern);

        if (got != (ssize_t)n_pattern || memcmp(bytes, pattern, n_pattern) != 0)
            continue;
        *ret = at;
        return 1;
    }
    return 0;
}

Test(search, random)
{
    enum { TIMES = 300 };
    unsigned hits = 0;

    begin_view(false);
    for (int i = 0; i < TIMES; i++) {
        char pattern[16];
        size_t n_pattern = 1 + draw(sizeof pattern);
        uint64_t addr = draw(LOW_SIZE);
        uint64_t n = draw(2) ? draw(64) : draw(LOW_SIZE);
        uint64_t wanted = 0;
        uint64_t got = 0;

        shuffle();
        for (size_t k = 0; k < n_pattern; k++)
            pattern[k] = (char)draw(2);
        int found = plain_search(addr, n, pattern, n_pattern, &wanted);
        cr_expect(eq(int, search(addr, n, pattern, n_pattern, &got), found),
                  "%d", i);
        if (found)
            cr_expect(eq(u64, got, wanted), "%d", i);
        hits += found != 0;
    }
    cr_expect(gt(uint, hits, TIMES / 10));
    cr_expect(lt(uint, hits, TIMES * 9 / 10));
}
