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
#include "stub/points/filter.h"

#include <string.h>

#include "kvm/core/mem.h"
#include "stub/points/traps.h"

enum { GRAIN = MEM_PAGE / BP_GRAINS };

#define PAGE_MASK (~(uint64_t)(MEM_PAGE - 1))

static struct bp_busy *filter_find(struct bp_table *table, uint64_t gpa)
{
    for (unsigned i = 0; i < table->n_busy; i++)
        if (table->busy[i].gpa == (gpa & PAGE_MASK))
            return &table->busy[i];
    return NULL;
}

/* The oldest entry is used again. */
static struct bp_busy *filter_make(struct bp_table *table, uint64_t gpa)
{
    struct bp_busy *page = &table->busy[table->next_busy];

    table->next_busy = (table->next_busy + 1) % BP_BUSY_PAGES;
    if (table->n_busy < BP_BUSY_PAGES)
        table->n_busy++;
    *page = (struct bp_busy){.gpa = gpa & PAGE_MASK};
    return page;
}

/* Marks the place as written to. Was it already? */
static bool filter_mark(struct bp_busy *page, uint64_t gpa)
{
    size_t grain = gpa % MEM_PAGE / GRAIN;
    uint8_t bit = (uint8_t)(1u << grain % 8);
    bool known = page->grain[grain / 8] & bit;

    page->grain[grain / 8] |= bit;
    return known;
}

static void filter_count(struct bp_table *table, struct bp_busy *page,
                         uint64_t gpa)
{
    page->repeats = filter_mark(page, gpa) ? page->repeats + 1 : 0;
    if (page->repeats < BP_SPARED_AFTER)
        return;
    page->filter = BP_SPARED;
    table->stale = true;
}

void bp_filter_write(struct bp_table *table, uint64_t gpa, size_t n)
{
    struct bp_busy *page = filter_find(table, gpa);

    if (!bp_has_patch(table, gpa & PAGE_MASK, MEM_PAGE))
        return;
    if (!page)
        page = filter_make(table, gpa);
    if (bp_has_patch(table, gpa, n))
        page->filter = BP_BARRED;
    else if (page->filter == BP_UNKNOWN)
        filter_count(table, page, gpa);
}

bool bp_filter_spares(struct bp_table *table, uint64_t gpa)
{
    const struct bp_busy *page = filter_find(table, gpa);

    return page && page->filter == BP_SPARED;
}

bool bp_filter_spares_any(struct bp_table *table)
{
    for (unsigned i = 0; i < table->n_busy; i++)
        if (table->busy[i].filter == BP_SPARED &&
            bp_has_patch(table, table->busy[i].gpa, MEM_PAGE))
            return true;
    return false;
}

bool bp_filter_broken(struct bp_table *table)
{
    bool broken = false;

    for (size_t i = 0; i < table->n_patches; i++) {
        struct bp_busy *page = filter_find(table, table->patch[i].gpa);

        if (!page || page->filter != BP_SPARED ||
            !bp_is_overwritten(table, &table->patch[i]))
            continue;
        page->filter = BP_BARRED;
        broken = true;
    }
    return broken;
}
