/* SPDX-License-Identifier: MIT */
#include "stub/breakpoints.h"

#include <errno.h>
#include <string.h>

void bp_init(struct bp_table *table, const struct trap *trap,
             const struct guest_mem *mem, unsigned hw_points)
{
    table->trap = trap;
    table->mem = mem;
    table->hw_points = hw_points;
    table->n_hw = 0;
    table->n = 0;
}

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

const struct breakpoint *bp_planted_at(const struct bp_table *table,
                                       uint64_t gpa)
{
    for (size_t i = 0; i < table->n; i++)
        if (table->bp[i].planted && table->bp[i].gpa == gpa)
            return &table->bp[i];
    return NULL;
}

/* --- planting --- */

static int plant(struct bp_table *table, struct breakpoint *bp)
{
    const struct trap *trap = table->trap;
    uint8_t *code = mem_ptr(table->mem, bp->gpa, trap->size);
    const struct breakpoint *twin = bp_planted_at(table, bp->gpa);

    if (!code)
        return -EFAULT;
    if (twin) /* the same code through another address */
        memcpy(bp->saved, twin->saved, trap->size);
    else
        memcpy(bp->saved, code, trap->size);
    memcpy(code, trap->bytes, trap->size);
    bp->planted = true;
    return 0;
}

/* Puts the guest's bytes back, unless the guest has overwritten ours. */
static void pull(struct bp_table *table, const struct breakpoint *bp)
{
    const struct trap *trap = table->trap;
    uint8_t *code = mem_ptr(table->mem, bp->gpa, trap->size);

    if (code && !memcmp(code, trap->bytes, trap->size))
        memcpy(code, bp->saved, trap->size);
}

/* --- debug registers --- */

static bool fits_register(enum bp_kind kind, uint64_t gva, uint64_t size)
{
    if (kind <= BP_HARD)
        return true;
    return (size == 1 || size == 2 || size == 4 || size == 8) &&
           gva % size == 0;
}

static int take_register(struct bp_table *table, const struct breakpoint *bp)
{
    if (!fits_register(bp->kind, bp->gva, bp->size))
        return -EINVAL;
    if (table->n_hw == table->hw_points)
        return -ENOSPC;
    table->n_hw++;
    return 0;
}

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
        .size = bp->kind <= BP_HARD ? 1 : (unsigned)bp->size,
    };
}

void bp_wanted(const struct bp_table *table, struct debug_state *ret)
{
    ret->traps = false;
    ret->n_hw = 0;
    for (size_t i = 0; i < table->n; i++) {
        const struct breakpoint *bp = &table->bp[i];

        if (bp->planted)
            ret->traps = true;
        else
            ret->hw[ret->n_hw++] = as_point(bp);
    }
}

const struct breakpoint *bp_of_register(const struct bp_table *table,
                                        unsigned i)
{
    for (size_t at = 0; at < table->n; at++)
        if (!table->bp[at].planted && i-- == 0)
            return &table->bp[at];
    return NULL;
}

/* --- insertion and removal --- */

int bp_insert(struct bp_table *table, enum bp_kind kind, uint64_t gva,
              uint64_t size, uint64_t gpa)
{
    struct breakpoint bp = {.kind = kind, .gva = gva, .size = size, .gpa = gpa};
    int r;

    if (find(table, kind, gva, size))
        return 0;
    if (table->n == BP_MAX)
        return -ENOSPC;
    if (kind == BP_SOFT && table->trap->size)
        r = plant(table, &bp);
    else
        r = take_register(table, &bp);
    if (!r)
        table->bp[table->n++] = bp;
    return r;
}

int bp_remove(struct bp_table *table, enum bp_kind kind, uint64_t gva,
              uint64_t size)
{
    struct breakpoint *bp = find(table, kind, gva, size);
    struct breakpoint gone;

    if (!bp)
        return 0;
    gone = *bp;
    *bp = table->bp[--table->n];
    if (!gone.planted)
        table->n_hw--;
    else if (!bp_planted_at(table, gone.gpa))
        pull(table, &gone);
    return 0;
}

void bp_remove_all(struct bp_table *table)
{
    while (table->n) {
        const struct breakpoint last = table->bp[table->n - 1];

        (void)bp_remove(table, last.kind, last.gva, last.size);
    }
}

/* --- memory that others read and write --- */

/* The part of a planted trap inside [gpa, gpa + n): where it starts in that
 * range and in the trap; returns how many bytes. */
static size_t overlap(const struct bp_table *table, const struct breakpoint *bp,
                      uint64_t gpa, size_t n, size_t *ret_at, size_t *ret_from)
{
    uint64_t lo = bp->gpa > gpa ? bp->gpa : gpa;
    uint64_t bp_end = bp->gpa + table->trap->size;
    uint64_t end = gpa + n < bp_end ? gpa + n : bp_end;

    if (!bp->planted || lo >= end)
        return 0;
    *ret_at = (size_t)(lo - gpa);
    *ret_from = (size_t)(lo - bp->gpa);
    return (size_t)(end - lo);
}

void bp_hide(const struct bp_table *table, uint64_t gpa, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < table->n; i++) {
        const struct breakpoint *bp = &table->bp[i];
        size_t at;
        size_t from;
        size_t size = overlap(table, bp, gpa, n, &at, &from);

        if (size)
            memcpy(out + at, bp->saved + from, size);
    }
}

void bp_written(struct bp_table *table, uint64_t gpa, size_t n)
{
    for (size_t i = 0; i < table->n; i++) {
        struct breakpoint *bp = &table->bp[i];
        size_t at;
        size_t from;
        size_t size = overlap(table, bp, gpa, n, &at, &from);
        uint8_t *code = mem_ptr(table->mem, gpa, n);

        if (!size || !code)
            continue;
        memcpy(bp->saved + from, code + at, size);
        memcpy(code + at, table->trap->bytes + from, size);
    }
}
