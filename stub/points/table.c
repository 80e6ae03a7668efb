/* SPDX-License-Identifier: MIT */

#include "stub/points/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "stub/points/traps.h"

void bp_init(struct bp_table *table, const struct bp_host *host,
             const struct guest_mem *mem)
{
    table->host = *host;
    table->mem = mem;
    table->n = table->n_twins = table->n_written = 0;
    table->written = NULL;
    table->written_exits = false;
    table->registers_suffice = false;
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
    table->stale = table->awaits_wide = table->lacks_traps = false;
}

void bp_done(struct bp_table *table)
{
    free(table->piece);
    free(table->edge);
    free(table->guard);
}

/* --- addresses of 32 bits --- */

#define UPPER_HALF (~(uint64_t)UINT32_MAX)
#define SIGN_BIT   (UINT64_C(1) << 31)

/* Sign-extended or not: both mean the same 32 bits. */
uint64_t bp_twin_gva(uint64_t gva)
{
    uint64_t upper = gva & UPPER_HALF;

    return gva & SIGN_BIT && (!upper || upper == UPPER_HALF) ? gva ^ UPPER_HALF
                                                             : gva;
}

bool bp_is_reachable(const struct bp_space *space, const struct breakpoint *bp)
{
    return bp->gva > UINT32_MAX ? space->wide : !bp->twin || !space->wide;
}

/* --- wishes --- */

static struct breakpoint *table_find(struct bp_table *table, enum bp_kind kind,
                                     uint64_t gva, uint64_t size, bool twin)
{
    for (size_t i = 0; i < table->n; i++) {
        struct breakpoint *bp = &table->bp[i];

        if (bp->kind == kind && bp->gva == gva && bp->twin == twin &&
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

void bp_add(struct bp_table *table, struct breakpoint bp)
{
    table->bp[table->n++] = bp;
    table->n_twins += bp.twin;
    table->n_written += bp.kind == BP_WRITTEN;
    table->stale = true;
}

static int table_insert(struct bp_table *table, enum bp_kind kind, uint64_t gva,
                        uint64_t size)
{
    if (kind > BP_HARD && kind != BP_CATCH && !is_range(gva, size))
        return -EINVAL;
    if (table_find(table, kind, gva, size, false))
        return 0;
    if (table->n - table->n_twins - table->n_written == BP_MAX)
        return -ENOSPC;
    bp_add(table, (struct breakpoint){.kind = kind, .gva = gva, .size = size});
    return 0;
}

void bp_drop(struct bp_table *table, struct breakpoint *bp)
{
    bp_pull(table, bp);
    table->n_twins -= bp->twin;
    table->n_written -= bp->kind == BP_WRITTEN;
    *bp = table->bp[--table->n];
    table->stale = true;
    /* Indices have moved: nothing is served until the next bp_arm(). */
    table->n_registers = 0;
    table->n_pieces = 0;
}

static void drop_twin(struct bp_table *table, enum bp_kind kind, uint64_t gva,
                      uint64_t size)
{
    struct breakpoint *twin =
        table_find(table, kind, bp_twin_gva(gva), size, true);

    if (twin)
        bp_drop(table, twin);
}

int bp_insert(struct bp_table *table, enum bp_kind kind, uint64_t gva,
              uint64_t size)
{
    int r = table_insert(table, kind, gva, size);

    if (!r)
        drop_twin(table, kind, gva, size);
    return r;
}

/* A range that would wrap at the twin's address has no twin. */
int bp_insert_narrow(struct bp_table *table, enum bp_kind kind, uint64_t gva,
                     uint64_t size)
{
    struct breakpoint twin = {
        .kind = kind, .gva = bp_twin_gva(gva), .size = size, .twin = true};
    int r = table_insert(table, kind, gva, size);

    if (!r && twin.gva != gva &&
        (kind <= BP_HARD || is_range(twin.gva, size)) &&
        !table_find(table, kind, twin.gva, size, true))
        bp_add(table, twin);
    return r;
}

static bool remove_wish(struct bp_table *table, enum bp_kind kind, uint64_t gva,
                        uint64_t size)
{
    struct breakpoint *bp = table_find(table, kind, gva, size, false);

    if (!bp)
        return false;
    bp_drop(table, bp);
    drop_twin(table, kind, gva, size);
    return true;
}

int bp_remove(struct bp_table *table, enum bp_kind kind, uint64_t gva,
              uint64_t size)
{
    /* The client may have seen 64 bits since, and name the twin's address. */
    if (!remove_wish(table, kind, gva, size) &&
        table_find(table, kind, gva, size, true))
        (void)remove_wish(table, kind, bp_twin_gva(gva), size);
    return 0;
}

int bp_remove_narrow(struct bp_table *table, enum bp_kind kind, uint64_t gva,
                     uint64_t size)
{
    if (!remove_wish(table, kind, gva, size))
        (void)remove_wish(table, kind, bp_twin_gva(gva), size);
    return 0;
}

void bp_remove_all(struct bp_table *table)
{
    while (table->n)
        bp_drop(table, &table->bp[table->n - 1]);
}

void bp_remove_wishes(struct bp_table *table)
{
    for (size_t i = table->n; i-- > 0;)
        if (table->bp[i].kind != BP_WRITTEN)
            bp_drop(table, &table->bp[i]);
}

void bp_remove_kind(struct bp_table *table, enum bp_kind kind)
{
    for (size_t i = table->n; i-- > 0;)
        if (table->bp[i].kind == kind)
            bp_drop(table, &table->bp[i]);
}

void bp_pull_all(struct bp_table *table)
{
    for (size_t i = table->n; i-- > 0;)
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

/* A wish at this very address before a twin there, then what the client wrote,
 * before any other name. */
static int table_fit(const struct breakpoint *bp, uint64_t gva)
{
    if (bp->kind == BP_WRITTEN)
        return 2;
    return bp->gva != gva ? 1 : bp->twin ? 3 : 4;
}

const struct breakpoint *bp_planted_at(const struct bp_table *table,
                                       uint64_t gpa, uint64_t gva)
{
    const struct breakpoint *best = NULL;

    for (size_t i = 0; i < table->n; i++) {
        const struct breakpoint *bp = &table->bp[i];

        if (bp->planted && bp->gpa == gpa &&
            (!best || table_fit(bp, gva) > table_fit(best, gva)))
            best = bp;
    }
    return best;
}

/* --- words --- */

void bp_service(const struct bp_table *table, const struct breakpoint *bp,
                char *text, size_t cap)
{
    const char *first = bp->planted            ? table->host.trap->name
                        : bp_is_raw(table, bp) ? table->written->name
                                               : "";
    const char *second = bp->in_register ? "debug register"
                         : bp->in_pages  ? "page"
                                         : "";
    bool both = *first && *second;

    if (!*first && !*second)
        (void)snprintf(text, cap, "pending");
    else
        (void)snprintf(text, cap, "%s%s%s", first, both ? " + " : "", second);
}
