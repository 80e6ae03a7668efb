/* SPDX-License-Identifier: MIT */
#include "stub/engine/hits.h"

#include <string.h>

static bool is_hit_of(const struct hit *hit, const struct breakpoint *bp)
{
    return hit->kind == bp->kind && hit->gva == bp->gva &&
           hit->size == bp->size;
}

void hits_note(struct hits *hits, const struct breakpoint *bp)
{
    for (size_t i = 0; i < hits->n; i++)
        if (is_hit_of(&hits->hit[i], bp))
            return;
    if (hits->n < BP_MAX)
        hits->hit[hits->n++] = (struct hit){bp->kind, bp->gva, bp->size};
}

static const struct breakpoint *find_set(const struct bp_table *table,
                                         const struct hit *hit)
{
    for (size_t i = 0; i < table->n; i++)
        if (is_hit_of(hit, &table->bp[i]))
            return &table->bp[i];
    return NULL;
}

/* The hits from first to last, last not included, are taken out. */
static void hits_cut(struct hits *hits, size_t first, size_t last)
{
    memmove(&hits->hit[first], &hits->hit[last],
            (hits->n - last) * sizeof hits->hit[0]);
    hits->n -= last - first;
}

const struct breakpoint *hits_take(struct hits *hits,
                                   const struct bp_table *table, bool keep)
{
    for (size_t i = 0; i < hits->n; i++) {
        const struct breakpoint *bp = find_set(table, &hits->hit[i]);

        if (!bp)
            continue;
        hits_cut(hits, keep ? i : 0, i + 1);
        return bp;
    }
    if (!keep)
        hits->n = 0;
    return NULL;
}

void hits_forget(struct hits *hits)
{
    hits->n = 0;
}
