/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "kvm/image/place.h"
#include "tests/unit/kvm/rows.h"

enum { NONE = -1, TOP = 0x10000 };

/* clang-format off */
static const struct place_row {
    const char *label;
    struct { uint64_t start, size; } taken[3];
    uint64_t size, align, from;
    int64_t lowest, highest;
} rows[] = {
    {"nothing is taken",     {{0}},                       0x1000, 0x1000, 0x2000,
     0x2000, 0xf000},
    {"aligned",              {{0}},                       0x1001, 0x1000, 0x2001,
     0x3000, 0xe000},
    {"all of it",            {{0}},                       TOP, 1, 0, 0, 0},
    {"a byte more",          {{0}},                       TOP + 1, 1, 0,
     NONE, NONE},
    {"what wraps",           {{0}},                       UINT64_MAX, 1, 0x10,
     NONE, NONE},
    {"nothing, at the end",  {{0}},                       0, 1, TOP, TOP, TOP},
    {"beside one",           {{0x2000, 0x10}},            0x1000, 0x1000, 0x2000,
     0x3000, 0xf000},
    {"just before one",      {{0x3000, TOP - 0x3000}},    0x1000, 0x1000, 0x2000,
     0x2000, 0x2000},
    {"one in the middle of it", {{0x2800, 0x10}},         0x1000, 0x1000, 0x2000,
     0x3000, 0xf000},
    {"between two",          {{0, 0x4000}, {0x5000, TOP - 0x5000}},
     0x1000, 0x1000, 0, 0x4000, 0x4000},
    {"too large between two", {{0, 0x4000}, {0x5000, TOP - 0x5000}},
     0x1001, 1, 0, NONE, NONE},
    {"past one into another, not in order",
     {{0x3000, 0x1000}, {0x1000, 0x1000}, {0x2000, 0x1000}}, 0x800, 1, 0x1000,
     0x4000, TOP - 0x800},
    {"down past two",        {{0xe000, 0x1000}, {0xf000, 0x1000}}, 0x800, 1, 0,
     0, 0xd800},
    {"from above the end",   {{0}},                       1, 1, TOP, NONE, NONE},
};
/* clang-format on */

ParameterizedTestParameters(places, rows)
{
    return row_numbers(ROWS(rows));
}

ParameterizedTest(const size_t *i, places, rows)
{
    const struct place_row *row = &rows[*i];
    struct places places = {.n = 0};
    uint64_t at = 1;
    bool found;

    for (size_t k = 0; k < ROWS(row->taken); k++)
        cr_assert(
            places_take(&places, row->taken[k].start, row->taken[k].size));
    found = places_lowest(&places, row->size, row->align, row->from, TOP, &at);
    cr_expect(eq(i64, found ? (int64_t)at : NONE, row->lowest), "%s: lowest",
              row->label);
    found = places_highest(&places, row->size, row->align, row->from, TOP, &at);
    cr_expect(eq(i64, found ? (int64_t)at : NONE, row->highest), "%s: highest",
              row->label);
}

Test(places, too_many)
{
    struct places places = {.n = 0};

    for (uint64_t i = 0; i < PLACES_MAX; i++)
        cr_expect(places_take(&places, i, 1));
    cr_expect(not(places_take(&places, PLACES_MAX, 1)));
    cr_expect(places_take(&places, PLACES_MAX, 0), "nothing takes no place");
}
