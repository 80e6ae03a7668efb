/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>

#include "kvm/core/mem.h"
#include "tests/unit/kvm/rows.h"
#include "tests/unit/kvm/x86_64/paging_fixture.h"

/*
 * Round trip: a mapper of the test's own maps many random pages of all sizes
 * into one set of tables; the walker must find every one of them, and nothing
 * at all once the entry is cleared.
 */

/* clang-format off */
static const struct shape {
    const char *label;
    struct paging paging; /* CR3 0x1000 */
    unsigned levels, gva_bits;
    unsigned shift[6], bits[6];
    unsigned largest; /* the highest level that maps pages */
    unsigned gpa_bits;
} shapes[] = {
    {"32-bit", REGS(PG, 0x1000, 0, 0, 40), 2, 32,
     {0, 12, 22}, {0, 10, 10}, 1, 32},
    {"PSE", REGS(PG, 0x1000, PSE, 0, 40), 2, 32,
     {0, 12, 22}, {0, 10, 10}, 2, 32},
    {"PAE",    REGS(PG, 0x1000, PAE, NXE, 52), 3, 32,
     {0, 12, 21, 30}, {0, 9, 9, 2}, 2, 52},
    {"4-level", REGS(PG, 0x1000, PAE, LMA_NXE, 52), 4, 48,
     {0, 12, 21, 30, 39}, {0, 9, 9, 9, 9}, 3, 52},
    {"5-level", REGS(PG, 0x1000, PAE | LA57, LMA_NXE, 52), 5, 57,
     {0, 12, 21, 30, 39, 48}, {0, 9, 9, 9, 9, 9}, 3, 52},
};
/* clang-format on */

enum { PAGES = 400, POOL = 16 << 20, GARBAGE = 1 << 20 };

struct space {
    const struct shape *shape;
    struct guest_mem mem;
    uint64_t next_table;
    uint64_t random; /* xorshift64, Marsaglia 2003 */
};

static uint64_t draw(struct space *s)
{
    s->random ^= s->random << 13;
    s->random ^= s->random >> 7;
    s->random ^= s->random << 17;
    return s->random;
}

static uint64_t low_bits(uint64_t value, unsigned n)
{
    return value & (BIT(n) - 1);
}

static uint64_t entry_gpa(const struct space *s, uint64_t table, uint64_t gva,
                          unsigned level)
{
    unsigned size = s->shape->bits[1] == 10 ? 4 : 8;

    return table + size * low_bits(gva >> s->shape->shift[level],
                                   s->shape->bits[level]);
}

/* Maps a page of the given level; false when something is there already. */
static bool map(struct space *s, uint64_t gva, unsigned leaf, uint64_t entry)
{
    uint64_t table = s->shape->paging.cr3;

    for (unsigned level = s->shape->levels;; level--) {
        uint64_t at = entry_gpa(s, table, gva, level);
        unsigned size = s->shape->bits[1] == 10 ? 4 : 8;
        uint64_t old = 0;

        cr_assert(eq(int, mem_read(&s->mem, at, &old, size), 0));
        if (level == leaf && !old)
            put_entry(&s->mem, &s->shape->paging, at, entry);
        if (level == leaf || old & PS)
            return !old;
        if (!old) {
            uint64_t rights =
                s->shape->levels == 3 && level == 3 ? P : (uint64_t)ALL;

            old = s->next_table | rights;
            s->next_table += 0x1000;
            put_entry(&s->mem, &s->shape->paging, at, old);
        }
        table = old & ~UINT64_C(0xfff);
    }
}

/* A random page that can be mapped, and the entry that does it. */
static unsigned draw_page(struct space *s, struct page *ret, uint64_t *entry)
{
    const struct shape *shape = s->shape;
    unsigned leaf = 1 + (unsigned)(draw(s) % shape->largest);
    uint64_t rights = draw(s) & (W | U);

    *ret = (struct page){.size = BIT(shape->shift[leaf])};
    ret->gva = low_bits(draw(s), shape->gva_bits) & -ret->size;
    if (shape->gva_bits > 32 && ret->gva >> (shape->gva_bits - 1))
        ret->gva |= UINT64_MAX << shape->gva_bits;
    ret->gpa = low_bits(draw(s), shape->gpa_bits) & -ret->size;
    ret->writable = rights & W;
    ret->user = rights & U;
    ret->executable = !(shape->paging.efer & NXE) || draw(s) & 1;
    *entry = ret->gpa | rights | P | (leaf > 1 ? PS : 0) |
             (ret->executable ? 0 : XD);
    return leaf;
}

static void space_init(struct space *s, const struct shape *shape)
{
    *s = (struct space){.shape = shape,
                        .next_table = shape->paging.cr3 + 0x1000,
                        .random = 0x9e3779b97f4a7c15};
    cr_assert(eq(int, mem_init(&s->mem, POOL, NULL), 0));
}

static void expect_found(struct space *s, const struct page *want)
{
    const struct paging *paging = &s->shape->paging;
    struct page got, expect = *want;
    struct walk_fault fault;
    uint64_t gva = want->gva + draw(s) % want->size;

    cr_assert(eq(int, paging_walk(paging, &s->mem, gva, &got, NULL), 0),
              "%s: %#llx", s->shape->label, (unsigned long long)gva);
    expect.entry_gpa = got.entry_gpa;
    expect_page(s->shape->label, &got, &expect);

    put_entry(&s->mem, paging, got.entry_gpa, 0);
    cr_assert(
        eq(int, paging_walk(paging, &s->mem, gva, &expect, &fault), -EFAULT));
    cr_expect(eq(u64, fault.entry_gpa, got.entry_gpa), "%s", s->shape->label);
}

ParameterizedTestParameters(paging, round_trip)
{
    return row_numbers(ROWS(shapes));
}

ParameterizedTest(const size_t *i, paging, round_trip)
{
    static struct page page[PAGES];
    struct space s;
    size_t n = 0;

    space_init(&s, &shapes[*i]);
    for (unsigned tries = 0; tries < PAGES; tries++) {
        uint64_t entry;
        unsigned leaf = draw_page(&s, &page[n], &entry);

        if (map(&s, page[n].gva, leaf, entry))
            n++;
    }
    cr_expect(n > PAGES / 2, "%s: %zu pages", s.shape->label, n);
    for (size_t k = 0; k < n; k++)
        expect_found(&s, &page[k]);
    mem_done(&s.mem);
}

/* Garbage for tables and registers: any answer, but one that makes sense. */
Test(paging, garbage)
{
    struct space s;
    uint64_t *word;
    size_t found = 0, senseless = 0;

    space_init(&s, &shapes[0]);
    word = mem_ptr(&s.mem, 0, GARBAGE);
    for (size_t k = 0; k < GARBAGE / sizeof *word; k++)
        word[k] = draw(&s) % 4 ? low_bits(draw(&s), 20) | P : draw(&s);
    for (unsigned round = 0; round < 200000; round++) {
        struct paging paging = REGS(draw(&s) | PG, draw(&s) % GARBAGE, draw(&s),
                                    draw(&s), (uint8_t)draw(&s));
        uint64_t gva = low_bits(draw(&s), 47), gpa, run;

        if (paging_translate(&paging, &s.mem, gva, &gpa, &run) == 0) {
            found++;
            senseless += run == 0 || run > BIT(30) || gpa >> 52 != 0;
        }
    }
    cr_expect(zero(sz, senseless));
    cr_expect(found > 1000, "%zu", found);
    mem_done(&s.mem);
}
