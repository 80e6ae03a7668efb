/* SPDX-License-Identifier: MIT */
/*
 * Data beside code. Pages with traps in them are guarded against writes, so
 * that nobody overwrites a trap unseen; but a small guest has its variables and
 * its stack there too, and each write of them is an exit. So a page is no
 * longer guarded when it has been written to often enough at the same places,
 * none of them a trap's. A loader does not do that: it comes to new places all
 * the time.
 *
 * Instead traps on such a page are looked after at each tick. If one has been
 * overwritten all the same, the page is guarded from then on.
 */
#include "stub/points/trust.h"

#include <string.h>

#include "kvm/core/mem.h"
#include "stub/points/traps.h"

enum { GRAIN = MEM_PAGE / BP_GRAINS };

#define PAGE_MASK (~(uint64_t)(MEM_PAGE - 1))

static struct bp_busy *find(struct bp_table *table, uint64_t gpa)
{
    for (unsigned i = 0; i < table->n_busy; i++)
        if (table->busy[i].gpa == (gpa & PAGE_MASK))
            return &table->busy[i];
    return NULL;
}

/* The oldest makes room. */
static struct bp_busy *make(struct bp_table *table, uint64_t gpa)
{
    struct bp_busy *page = &table->busy[table->next_busy];

    table->next_busy = (table->next_busy + 1) % BP_BUSY_PAGES;
    if (table->n_busy < BP_BUSY_PAGES)
        table->n_busy++;
    *page = (struct bp_busy){.gpa = gpa & PAGE_MASK};
    return page;
}

/* Was it written before? It has been now. */
static bool mark(struct bp_busy *page, uint64_t gpa)
{
    size_t grain = gpa % MEM_PAGE / GRAIN;
    uint8_t bit = (uint8_t)(1u << grain % 8);
    bool known = page->grain[grain / 8] & bit;

    page->grain[grain / 8] |= bit;
    return known;
}

static void count(struct bp_table *table, struct bp_busy *page, uint64_t gpa)
{
    page->repeats = mark(page, gpa) ? page->repeats + 1 : 0;
    if (page->repeats < BP_TRUST_AFTER)
        return;
    page->trust = BP_TRUSTED;
    table->stale = true;
}

void bp_trust_write(struct bp_table *table, uint64_t gpa, size_t n)
{
    struct bp_busy *page = find(table, gpa);

    if (!bp_has_patch(table, gpa & PAGE_MASK, MEM_PAGE))
        return;
    if (!page)
        page = make(table, gpa);
    if (bp_has_patch(table, gpa, n))
        page->trust = BP_BARRED;
    else if (page->trust == BP_UNKNOWN)
        count(table, page, gpa);
}

bool bp_is_trusted(struct bp_table *table, uint64_t gpa)
{
    const struct bp_busy *page = find(table, gpa);

    return page && page->trust == BP_TRUSTED;
}

bool bp_trusts(struct bp_table *table)
{
    for (unsigned i = 0; i < table->n_busy; i++)
        if (table->busy[i].trust == BP_TRUSTED &&
            bp_has_patch(table, table->busy[i].gpa, MEM_PAGE))
            return true;
    return false;
}

bool bp_trust_broken(struct bp_table *table)
{
    bool broken = false;

    for (size_t i = 0; i < table->n_patches; i++) {
        struct bp_busy *page = find(table, table->patch[i].gpa);

        if (!page || page->trust != BP_TRUSTED ||
            !bp_is_overwritten(table, &table->patch[i]))
            continue;
        page->trust = BP_BARRED;
        broken = true;
    }
    return broken;
}
