/* SPDX-License-Identifier: MIT */
/* Who serves which breakpoint: decided anew whenever the guest is to run. */
#include <errno.h>
#include <stdlib.h>

#include "stub/breakpoints.h"

#define PAGE_MASK (~(uint64_t)(MEM_PAGE - 1))

/* --- traps --- */

static bool is_exec(const struct breakpoint *bp)
{
    return bp->kind == BP_SOFT || bp->kind == BP_HARD;
}

/* Follows the mapping: a trap stays in the page that gva leads to now. */
static void arm_trap(struct bp_table *table, const struct bp_space *space,
                     struct breakpoint *bp)
{
    uint64_t gpa;
    uint64_t run;
    bool mapped = table->host.trap->size &&
                  space->translate(space->context, bp->gva, &gpa, &run) == 0;

    if (bp->planted && (!mapped || gpa != bp->gpa))
        bp_pull(table, bp);
    if (bp->planted)
        bp_replant(table, bp);
    else if (mapped)
        (void)bp_plant(table, bp, gpa);
}

/* --- debug registers --- */

static bool fits_register(const struct breakpoint *bp)
{
    uint64_t size = bp->size;

    return is_exec(bp) || ((size == 1 || size == 2 || size == 4 || size == 8) &&
                           bp->gva % size == 0);
}

/* Rounds in which registers are given away, the neediest first: what nothing
 * else can serve, then what asked for one, then watchpoints, for which pages
 * would do, then traps that could be overwritten. */
enum need { NEED_PENDING, NEED_HARD, NEED_WATCH, NEED_BACKUP, N_NEEDS };

static bool has_need(const struct bp_table *table, const struct breakpoint *bp,
                     enum need need)
{
    switch (need) {
    case NEED_PENDING:
        return is_exec(bp) && !bp->planted;
    case NEED_HARD:
        return bp->kind == BP_HARD;
    case NEED_WATCH:
        return !is_exec(bp) && table->host.watch_registers;
    default:
        return bp->kind == BP_SOFT && bp->planted;
    }
}

static void give_registers(struct bp_table *table)
{
    table->n_registers = 0;
    for (size_t i = 0; i < table->n; i++)
        table->bp[i].in_register = false;
    for (enum need need = 0; need < N_NEEDS; need++) {
        for (size_t i = 0; i < table->n; i++) {
            struct breakpoint *bp = &table->bp[i];

            if (table->n_registers == table->host.registers)
                return;
            if (bp->in_register || !has_need(table, bp, need) ||
                !fits_register(bp))
                continue;
            bp->in_register = true;
            table->in_register[table->n_registers++] = (unsigned)i;
        }
    }
}

/* --- pieces and guards --- */

/* Room for one more; false when memory is out. */
static bool room(void **items, size_t n, size_t *cap, size_t size)
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

static bool add_piece(struct bp_table *table, unsigned bp, uint64_t gpa,
                      uint64_t size)
{
    struct bp_piece *last =
        table->n_pieces ? &table->piece[table->n_pieces - 1] : NULL;

    if (last && last->bp == bp && last->gpa + last->size == gpa) {
        last->size += size;
        return true;
    }
    if (!room((void **)&table->piece, table->n_pieces, &table->cap_pieces,
              sizeof *table->piece))
        return false;
    table->piece[table->n_pieces++] =
        (struct bp_piece){.gpa = gpa, .size = size, .bp = bp};
    return true;
}

/* Where a watchpoint lies in memory; false when part of it is not mapped. */
static bool cut_pieces(struct bp_table *table, const struct bp_space *space,
                       unsigned i)
{
    const struct breakpoint *bp = &table->bp[i];
    uint64_t run;
    bool whole = true;

    for (uint64_t done = 0; done < bp->size; done += run) {
        uint64_t gva = bp->gva + done;
        uint64_t gpa;

        if (space->translate(space->context, gva, &gpa, &run) < 0) {
            run = MEM_PAGE - (gva & ~PAGE_MASK);
            whole = false;
            continue;
        }
        if (run > bp->size - done)
            run = bp->size - done;
        if (!mem_ptr(table->mem, gpa, 1) || !add_piece(table, i, gpa, run))
            whole = false;
    }
    return whole;
}

static bool add_guard(struct bp_table *table, uint64_t gpa, uint64_t size,
                      enum guard kind)
{
    uint64_t first = gpa & PAGE_MASK;
    uint64_t end = (gpa + size + MEM_PAGE - 1) & PAGE_MASK;

    if (!room((void **)&table->guard, table->n_guards, &table->cap_guards,
              sizeof *table->guard))
        return false;
    table->guard[table->n_guards++] =
        (struct guard_range){.gpa = first, .size = end - first, .kind = kind};
    return true;
}

static int by_start(const void *a, const void *b)
{
    const struct guard_range *x = a;
    const struct guard_range *y = b;

    return x->gpa < y->gpa ? -1 : x->gpa > y->gpa;
}

/* Sorted ranges become disjoint ones. Where kinds differ the stricter one
 * takes all of both: it reports every access, and bp_watching() sorts out. */
static void merge_guards(struct bp_table *table)
{
    struct guard_range *g = table->guard;
    size_t kept = 0;

    if (!table->n_guards)
        return;
    qsort(g, table->n_guards, sizeof *g, by_start);
    for (size_t i = 1; i < table->n_guards; i++) {
        uint64_t end = g[kept].gpa + g[kept].size;
        uint64_t next_end = g[i].gpa + g[i].size;
        bool joins =
            g[i].gpa < end || (g[i].gpa == end && g[i].kind == g[kept].kind);

        if (!joins) {
            g[++kept] = g[i];
            continue;
        }
        if (next_end > end)
            g[kept].size = next_end - g[kept].gpa;
        if (g[i].kind == GUARD_ACCESS)
            g[kept].kind = GUARD_ACCESS;
    }
    table->n_guards = kept + 1;
}

/* A trap that no register backs up: writes to its page are watched, so that
 * a loader cannot overwrite it unseen. */
static bool needs_cover(const struct breakpoint *bp)
{
    return bp->planted && !bp->in_register;
}

static bool guard_pages(struct bp_table *table, const struct bp_space *space)
{
    bool whole = true;

    table->n_pieces = 0;
    table->n_guards = 0;
    for (unsigned i = 0; i < table->n; i++) {
        struct breakpoint *bp = &table->bp[i];

        bp->in_pages = !is_exec(bp) && !bp->in_register;
        if (bp->in_pages)
            whole &= cut_pieces(table, space, i);
        else if (needs_cover(bp))
            whole &=
                add_guard(table, bp->gpa, table->host.trap->size, GUARD_WRITE);
    }
    for (size_t i = 0; i < table->n_pieces; i++) {
        const struct bp_piece *piece = &table->piece[i];
        bool reads = table->bp[piece->bp].kind != BP_WRITE;

        whole &= add_guard(table, piece->gpa, piece->size,
                           reads ? GUARD_ACCESS : GUARD_WRITE);
    }
    merge_guards(table);
    return whole;
}

bool bp_arm(struct bp_table *table, const struct bp_space *space)
{
    bool whole;

    for (size_t i = 0; i < table->n; i++)
        if (is_exec(&table->bp[i]))
            arm_trap(table, space, &table->bp[i]);
    give_registers(table);
    whole = guard_pages(table, space);
    for (size_t i = 0; i < table->n; i++) {
        const struct breakpoint *bp = &table->bp[i];

        if (is_exec(bp) && !bp->planted && !bp->in_register)
            whole = false;
    }
    table->stale = false;
    return !whole;
}

/* --- what to tell the vCPU --- */

/* No x86 register traps on reads alone, so a read watchpoint is one for both:
 * GDB prints the value at either. */
static struct hw_point as_point(const struct breakpoint *bp)
{
    static const enum hw_kind kinds[] = {
        [BP_SOFT] = HW_EXEC,   [BP_HARD] = HW_EXEC,     [BP_WRITE] = HW_WRITE,
        [BP_READ] = HW_ACCESS, [BP_ACCESS] = HW_ACCESS,
    };

    return (struct hw_point){
        .kind = kinds[bp->kind],
        .gva = bp->gva,
        .size = is_exec(bp) ? 1 : (unsigned)bp->size,
    };
}

void bp_wanted(const struct bp_table *table, struct debug_state *ret)
{
    ret->traps = false;
    for (size_t i = 0; i < table->n; i++)
        ret->traps |= table->bp[i].planted;
    ret->n_hw = table->n_registers;
    for (unsigned i = 0; i < table->n_registers; i++)
        ret->hw[i] = as_point(&table->bp[table->in_register[i]]);
}
