/* SPDX-License-Identifier: MIT */
/*
 * Pages to guard: for watchpoints that no register holds, cut into pieces of
 * guest-physical memory; and for traps, so that nobody overwrites them unseen.
 * Watchpoints in registers have pieces too, since KVM emulates an access to a
 * page that is guarded for others, and then no register sees it.
 */
#include "stub/points/pages.h"

#include <stdlib.h>

#include "kvm/core/mem.h"
#include "stub/points/filter.h"
#include "stub/points/table.h"

#define PAGE_MASK (~(uint64_t)(MEM_PAGE - 1))

/* Room for one more; false when memory is out. */
static bool pages_room(void **items, size_t n, size_t *cap, size_t size)
{
    size_t wanted = *cap ? 2 * *cap : 16;
    void *grown;

    if (n < *cap)
        return true;
    grown = realloc(*items, wanted * size);
    if (!grown)
        return false;
    *items = grown;
    *cap = wanted;
    return true;
}

/* --- pieces --- */

static bool pages_is_ram(const struct bp_table *table, uint64_t gpa)
{
    return mem_has(table->mem, gpa, 1);
}

static bool add_piece(struct bp_table *table, unsigned bp, uint64_t gpa,
                      uint64_t size)
{
    struct bp_piece *last =
        table->n_pieces ? &table->piece[table->n_pieces - 1] : NULL;

    if (last && last->bp == bp && last->gpa + last->size == gpa &&
        pages_is_ram(table, last->gpa) == pages_is_ram(table, gpa)) {
        last->size += size;
        return true;
    }
    if (!pages_room((void **)&table->piece, table->n_pieces, &table->cap_pieces,
                    sizeof *table->piece))
        return false;
    table->piece[table->n_pieces++] =
        (struct bp_piece){.gpa = gpa, .size = size, .bp = bp};
    return true;
}

/* Where a watchpoint lies in memory; false when the list cannot grow. */
static bool cut_pieces(struct bp_table *table, const struct bp_space *space,
                       unsigned i)
{
    struct breakpoint *bp = &table->bp[i];
    struct gva_piece piece;

    if (!bp_is_reachable(space, bp))
        return true;
    for (uint64_t at = 0; at < bp->size; at += piece.n) {
        if (gva_piece(&space->gva, bp->gva + at, bp->size - at, &piece) ==
            GVA_UNMAPPED)
            continue;
        if (!add_piece(table, i, piece.gpa, piece.n))
            return false;
        bp->mapped += piece.n;
    }
    return true;
}

uint64_t bp_mapped(const struct bp_space *space, const struct breakpoint *bp)
{
    struct gva_piece piece;
    uint64_t mapped = 0;

    if (!bp_is_reachable(space, bp))
        return 0;
    for (uint64_t at = 0; at < bp->size; at += piece.n)
        if (gva_piece(&space->gva, bp->gva + at, bp->size - at, &piece) !=
            GVA_UNMAPPED)
            mapped += piece.n;
    return mapped;
}

static int by_gpa(const void *a, const void *b)
{
    const struct bp_piece *x = a;
    const struct bp_piece *y = b;

    return (x->gpa > y->gpa) - (x->gpa < y->gpa);
}

static void sort_pieces(struct bp_table *table)
{
    uint64_t reach = 0;

    if (table->n_pieces)
        qsort(table->piece, table->n_pieces, sizeof *table->piece, by_gpa);
    for (size_t i = 0; i < table->n_pieces; i++) {
        struct bp_piece *piece = &table->piece[i];

        if (piece->gpa + piece->size > reach)
            reach = piece->gpa + piece->size;
        piece->reach = reach;
    }
}

/* --- guards --- */

static bool add_edge(struct bp_table *table, uint64_t gpa,
                     enum bp_mark pages_mark, int depth)
{
    if (!pages_room((void **)&table->edge, table->n_edges, &table->cap_edges,
                    sizeof *table->edge))
        return false;
    table->edge[table->n_edges++] = (struct bp_edge){gpa, pages_mark, depth};
    return true;
}

static bool pages_mark(struct bp_table *table, uint64_t gpa, uint64_t size,
                       enum bp_mark pages_mark)
{
    uint64_t first = gpa & PAGE_MASK;
    uint64_t end = (gpa + size + MEM_PAGE - 1) & PAGE_MASK;

    return add_edge(table, end, pages_mark, -1) &&
           add_edge(table, first, pages_mark, 1);
}

static int by_edge(const void *a, const void *b)
{
    const struct bp_edge *x = a;
    const struct bp_edge *y = b;

    return (x->gpa > y->gpa) - (x->gpa < y->gpa);
}

static bool pages_append(struct bp_table *table, uint64_t gpa, uint64_t end,
                         enum guard kind)
{
    struct guard_range *last =
        table->n_guards ? &table->guard[table->n_guards - 1] : NULL;

    if (last && last->kind == kind && last->gpa + last->size == gpa) {
        last->size += end - gpa;
        return true;
    }
    if (!pages_room((void **)&table->guard, table->n_guards, &table->cap_guards,
                    sizeof *table->guard))
        return false;
    table->guard[table->n_guards++] =
        (struct guard_range){.gpa = gpa, .size = end - gpa, .kind = kind};
    return true;
}

/* The strictest mark holds. But a page that the CPU walks through must stay:
 * without it each access would be a page fault. */
static bool guard_of(const int depth[BP_MARKS], enum guard *ret)
{
    bool whole_access = depth[BP_MARK_ACCESS] && !depth[BP_MARK_TABLE];

    *ret = whole_access ? GUARD_ACCESS : GUARD_WRITE;
    return depth[BP_MARK_ACCESS] || depth[BP_MARK_WRITE];
}

static bool pages_sweep(struct bp_table *table)
{
    int depth[BP_MARKS] = {0};
    uint64_t from = 0;
    bool whole = true;
    enum guard kind;

    table->n_guards = 0;
    if (table->n_edges)
        qsort(table->edge, table->n_edges, sizeof *table->edge, by_edge);
    for (size_t i = 0; i < table->n_edges; i++) {
        const struct bp_edge *edge = &table->edge[i];

        if (edge->gpa > from && guard_of(depth, &kind))
            whole &= pages_append(table, from, edge->gpa, kind);
        from = edge->gpa;
        depth[edge->mark] += edge->depth;
    }
    return whole;
}

/* A trap that no register backs up: writes to its page are watched, so that
 * a loader cannot overwrite it unseen. */
static bool needs_cover(struct bp_table *table, const struct breakpoint *bp)
{
    return bp->planted && !bp->in_register && bp->kind != BP_WRITTEN &&
           !bp_filter_spares(table, bp->gpa);
}

static bool mark_traps(struct bp_table *table)
{
    bool whole = true;

    for (size_t i = 0; i < table->n; i++)
        if (needs_cover(table, &table->bp[i]))
            whole &= pages_mark(table, table->bp[i].gpa, table->host.trap->size,
                                BP_MARK_WRITE);
    return whole;
}

/* Those that registers hold need no guard, nor do those where no RAM is. */
static bool mark_pieces(struct bp_table *table, bool *ret_reads)
{
    bool whole = true;

    *ret_reads = false;
    for (size_t i = 0; i < table->n_pieces; i++) {
        const struct bp_piece *piece = &table->piece[i];
        const struct breakpoint *bp = &table->bp[piece->bp];
        bool reads = bp->kind != BP_WRITE;

        if (bp->in_register || !pages_is_ram(table, piece->gpa))
            continue;
        *ret_reads |= reads;
        whole &= pages_mark(table, piece->gpa, piece->size,
                            reads ? BP_MARK_ACCESS : BP_MARK_WRITE);
    }
    return whole;
}

struct table_marks {
    struct bp_table *table;
    bool whole;
};

static void mark_table(void *context, uint64_t gpa)
{
    struct table_marks *marks = context;

    marks->whole &= pages_mark(marks->table, gpa, MEM_PAGE, BP_MARK_TABLE);
}

static bool mark_tables(struct bp_table *table, const struct bp_space *space)
{
    struct table_marks marks = {table, true};
    int r = space->page_tables(space->context, mark_table, &marks);

    return r == 0 && marks.whole;
}

bool bp_guard_pages(struct bp_table *table, const struct bp_space *space)
{
    bool whole = true;
    bool reads;

    table->n_pieces = 0;
    table->n_edges = 0;
    for (unsigned i = 0; i < table->n; i++) {
        struct breakpoint *bp = &table->bp[i];

        bp->mapped = 0;
        if (!bp_is_exec(bp))
            whole &= cut_pieces(table, space, i);
        bp->in_pages = bp->mapped > 0;
    }
    sort_pieces(table);
    whole &= mark_traps(table);
    whole &= mark_pieces(table, &reads);
    if (reads)
        whole &= mark_tables(table, space);
    return pages_sweep(table) && whole;
}

/* --- whose access --- */

static bool pages_concerns(enum bp_kind kind, bool is_write)
{
    return kind == BP_ACCESS || kind == (is_write ? BP_WRITE : BP_READ);
}

/* How many pieces begin before gpa. */
static size_t pages_before(const struct bp_table *table, uint64_t gpa)
{
    size_t lo = 0;
    size_t hi = table->n_pieces;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (table->piece[mid].gpa < gpa)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

unsigned bp_each_watching(const struct bp_table *table, uint64_t gpa, size_t n,
                          bool is_write, bp_visit *visit, void *context)
{
    unsigned found = 0;

    for (size_t i = pages_before(table, gpa + n); i-- > 0;) {
        const struct bp_piece *piece = &table->piece[i];
        const struct breakpoint *bp = &table->bp[piece->bp];

        if (piece->reach <= gpa)
            break;
        if (piece->gpa + piece->size <= gpa ||
            !pages_concerns(bp->kind, is_write))
            continue;
        visit(context, bp);
        found++;
    }
    return found;
}

bool bp_is_guarded(const struct bp_table *table, uint64_t gpa)
{
    size_t lo = 0;
    size_t hi = table->n_guards;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (table->guard[mid].gpa + table->guard[mid].size <= gpa)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < table->n_guards && table->guard[lo].gpa <= gpa;
}
