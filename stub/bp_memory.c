/* SPDX-License-Identifier: MIT */
/* Traps in guest memory: planting, pulling, and hiding them. */
#include <errno.h>
#include <string.h>

#include "stub/breakpoints.h"

static uint8_t *code_at(const struct bp_table *table, uint64_t gpa)
{
    return mem_ptr(table->mem, gpa, table->host.trap->size);
}

/* Another breakpoint's trap on the same bytes knows what was below. */
int bp_plant(struct bp_table *table, struct breakpoint *bp, uint64_t gpa)
{
    const struct trap *trap = table->host.trap;
    uint8_t *code = code_at(table, gpa);
    const struct breakpoint *twin = bp_planted_at(table, gpa);

    if (!trap->size || !code)
        return -EFAULT;
    memcpy(bp->saved, twin ? twin->saved : code, trap->size);
    memcpy(code, trap->bytes, trap->size);
    bp->gpa = gpa;
    bp->planted = true;
    return 0;
}

static bool is_overwritten(const struct bp_table *table,
                           const struct breakpoint *bp)
{
    const struct trap *trap = table->host.trap;
    const uint8_t *code = code_at(table, bp->gpa);

    return !code || memcmp(code, trap->bytes, trap->size) != 0;
}

void bp_pull(struct bp_table *table, struct breakpoint *bp)
{
    if (!bp->planted)
        return;
    bp->planted = false;
    if (!bp_planted_at(table, bp->gpa) && !is_overwritten(table, bp))
        memcpy(code_at(table, bp->gpa), bp->saved, table->host.trap->size);
}

void bp_replant(struct bp_table *table, struct breakpoint *bp)
{
    uint8_t *code = code_at(table, bp->gpa);

    if (!code || !is_overwritten(table, bp))
        return;
    for (size_t i = 0; i < table->n; i++)
        if (table->bp[i].planted && table->bp[i].gpa == bp->gpa)
            memcpy(table->bp[i].saved, code, table->host.trap->size);
    memcpy(code, table->host.trap->bytes, table->host.trap->size);
}

/* The part of a planted trap inside [gpa, gpa + n): where it starts in that
 * range and in the trap; returns how many bytes. */
static size_t overlap(const struct bp_table *table, const struct breakpoint *bp,
                      uint64_t gpa, size_t n, size_t *ret_at, size_t *ret_from)
{
    uint64_t lo = bp->gpa > gpa ? bp->gpa : gpa;
    uint64_t bp_end = bp->gpa + table->host.trap->size;
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

/* In two passes, for breakpoints that share bytes. */
void bp_written(struct bp_table *table, uint64_t gpa, size_t n)
{
    uint8_t *code = mem_ptr(table->mem, gpa, n);

    for (int pass = 0; code && pass < 2; pass++) {
        for (size_t i = 0; i < table->n; i++) {
            struct breakpoint *bp = &table->bp[i];
            size_t at;
            size_t from;
            size_t size = overlap(table, bp, gpa, n, &at, &from);

            if (size && pass == 0)
                memcpy(bp->saved + from, code + at, size);
            else if (size)
                memcpy(code + at, table->host.trap->bytes + from, size);
        }
    }
}
