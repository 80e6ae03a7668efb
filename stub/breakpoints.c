/* SPDX-License-Identifier: MIT */
#include "stub/breakpoints.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

void bp_init(struct bp_table *table, const struct bp_host *host,
             const struct guest_mem *mem)
{
    table->host = *host;
    table->mem = mem;
    table->n = 0;
    table->n_patches = 0;
    table->n_busy = table->next_busy = 0;
    table->n_registers = 0;
    table->piece = NULL;
    table->n_pieces = table->cap_pieces = 0;
    table->edge = NULL;
    table->n_edges = table->cap_edges = 0;
    table->guard = NULL;
    table->n_guards = table->cap_guards = 0;
    table->n_last = 0;
    table->stale = false;
}

void bp_done(struct bp_table *table)
{
    free(table->piece);
    free(table->edge);
    free(table->guard);
}

/* --- wishes --- */

static struct breakpoint *find(struct bp_table *table, enum bp_kind kind,
                               uint64_t gva, uint64_t size)
{
    for (size_t i = 0; i < table->n; i++) {
        struct breakpoint *bp = &table->bp[i];

        if (bp->kind == kind && bp->gva == gva &&
            (bp->size == size || kind <= BP_HARD))
            return bp;
    }
    return NULL;
}

/* A range may end at the very end of the address space, not beyond. */
static bool is_range(uint64_t gva, uint64_t size)
{
    return size > 0 && size <= BP_WATCH_MAX && gva <= UINT64_MAX - (size - 1);
}

int bp_insert(struct bp_table *table, enum bp_kind kind, uint64_t gva,
              uint64_t size)
{
    if (kind > BP_HARD && kind != BP_CATCH && !is_range(gva, size))
        return -EINVAL;
    if (find(table, kind, gva, size))
        return 0;
    if (table->n == BP_MAX)
        return -ENOSPC;
    table->bp[table->n++] =
        (struct breakpoint){.kind = kind, .gva = gva, .size = size};
    table->stale = true;
    return 0;
}

int bp_remove(struct bp_table *table, enum bp_kind kind, uint64_t gva,
              uint64_t size)
{
    struct breakpoint *bp = find(table, kind, gva, size);

    if (!bp)
        return 0;
    bp_pull(table, bp);
    *bp = table->bp[--table->n];
    table->stale = true;
    /* Indices have moved: nothing is served until the next bp_arm(). */
    table->n_registers = 0;
    table->n_pieces = 0;
    return 0;
}

void bp_remove_all(struct bp_table *table)
{
    while (table->n) {
        const struct breakpoint last = table->bp[table->n - 1];

        (void)bp_remove(table, last.kind, last.gva, last.size);
    }
    table->n_last = 0;
}

void bp_remove_kind(struct bp_table *table, enum bp_kind kind)
{
    for (size_t i = table->n; i-- > 0;) {
        const struct breakpoint bp = table->bp[i];

        if (bp.kind == kind)
            (void)bp_remove(table, kind, bp.gva, bp.size);
    }
}

void bp_pull_all(struct bp_table *table)
{
    for (size_t i = 0; i < table->n; i++)
        bp_pull(table, &table->bp[i]);
    table->n_registers = 0;
    table->n_pieces = 0;
    table->n_guards = 0;
    table->n_busy = table->next_busy = 0;
    table->stale = true;
}

/* --- what was hit --- */

const struct breakpoint *bp_of_register(const struct bp_table *table,
                                        unsigned i)
{
    return i < table->n_registers ? &table->bp[table->in_register[i]] : NULL;
}

const struct breakpoint *bp_planted_at(const struct bp_table *table,
                                       uint64_t gpa, uint64_t gva)
{
    const struct breakpoint *other = NULL;

    for (size_t i = 0; i < table->n; i++) {
        const struct breakpoint *bp = &table->bp[i];

        if (!bp->planted || bp->gpa != gpa)
            continue;
        if (bp->gva == gva)
            return bp;
        other = bp;
    }
    return other;
}

/* --- words --- */

void bp_service(const struct bp_table *table, const struct breakpoint *bp,
                char *text, size_t cap)
{
    const char *first = bp->planted ? table->host.trap->name : "";
    const char *second = bp->in_register ? "debug register"
                         : bp->in_pages  ? "page"
                                         : "";
    bool both = *first && *second;

    if (!*first && !*second)
        (void)snprintf(text, cap, "pending");
    else
        (void)snprintf(text, cap, "%s%s%s", first, both ? " + " : "", second);
}
