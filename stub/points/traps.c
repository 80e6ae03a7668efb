/* SPDX-License-Identifier: MIT */
/*
 * Traps in guest memory: planting, pulling, and hiding them.
 *
 * A byte of a trap that is not the trap's any more was written by somebody who
 * did not know of it (a loader, the guest where no guard was), so it is the
 * guest's. Only a byte that happens to equal the trap's cannot be told.
 */
#include "stub/points/traps.h"

#include <string.h>

#include "kvm/core/mem.h"

static uint8_t *code_at(const struct bp_table *table, uint64_t gpa)
{
    struct mem_span code;

    return mem_span(table->mem, gpa, table->host.trap->size, &code) ? code.at
                                                                    : NULL;
}

/* --- patches --- */

/* The first patch that does not end before gpa. */
static size_t traps_first_from(const struct bp_table *table, uint64_t gpa)
{
    size_t lo = 0;
    size_t hi = table->n_patches;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (table->patch[mid].gpa + table->host.trap->size <= gpa)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static bool is_at(const struct bp_table *table, size_t i, uint64_t gpa)
{
    return i < table->n_patches && table->patch[i].gpa == gpa;
}

bool bp_has_patch(const struct bp_table *table, uint64_t gpa, size_t n)
{
    size_t i = traps_first_from(table, gpa);

    return i < table->n_patches && table->patch[i].gpa < gpa + n;
}

bool bp_is_overwritten(const struct bp_table *table,
                       const struct bp_patch *patch)
{
    const struct trap *trap = table->host.trap;

    return memcmp(code_at(table, patch->gpa), trap->bytes, trap->size) != 0;
}

static void make_room(struct bp_table *table, size_t i)
{
    memmove(&table->patch[i + 1], &table->patch[i],
            (table->n_patches++ - i) * sizeof table->patch[0]);
}

static void close_gap(struct bp_table *table, size_t i)
{
    memmove(&table->patch[i], &table->patch[i + 1],
            (--table->n_patches - i) * sizeof table->patch[0]);
}

/* Takes what the guest has now; returns where. */
static uint8_t *traps_learn(const struct bp_table *table,
                            struct bp_patch *patch)
{
    const struct trap *trap = table->host.trap;
    uint8_t *code = code_at(table, patch->gpa);

    for (unsigned k = 0; k < trap->size; k++)
        if (code[k] != trap->bytes[k])
            patch->saved[k] = code[k];
    return code;
}

/* --- breakpoints --- */

void bp_plant(struct bp_table *table, struct breakpoint *bp, uint64_t gpa)
{
    const struct trap *trap = table->host.trap;
    uint8_t *code = code_at(table, gpa);
    size_t i = traps_first_from(table, gpa);

    if (!is_at(table, i, gpa)) {
        make_room(table, i);
        table->patch[i] = (struct bp_patch){.gpa = gpa};
        memcpy(table->patch[i].saved, code, trap->size);
        memcpy(code, trap->bytes, trap->size);
    }
    table->patch[i].users++;
    bp->gpa = gpa;
    bp->planted = true;
}

void bp_pull(struct bp_table *table, struct breakpoint *bp)
{
    size_t i = traps_first_from(table, bp->gpa);
    struct bp_patch *patch = &table->patch[i];

    if (!bp->planted)
        return;
    bp->planted = false;
    if (--patch->users)
        return;
    memcpy(traps_learn(table, patch), patch->saved, table->host.trap->size);
    close_gap(table, i);
}

void bp_lift(struct bp_table *table, uint64_t gpa)
{
    size_t i = traps_first_from(table, gpa);

    if (is_at(table, i, gpa))
        memcpy(traps_learn(table, &table->patch[i]), table->patch[i].saved,
               table->host.trap->size);
}

void bp_replant(struct bp_table *table)
{
    const struct trap *trap = table->host.trap;

    for (size_t i = 0; i < table->n_patches; i++)
        memcpy(traps_learn(table, &table->patch[i]), trap->bytes, trap->size);
}

/* --- readers and writers --- */

/* The client's own breakpoint instructions that it has forgotten. */
static void hide_written(const struct bp_table *table, uint64_t gpa,
                         uint8_t *out, size_t n)
{
    for (size_t i = 0; table->n_written && i < table->n; i++) {
        const struct breakpoint *bp = &table->bp[i];

        for (size_t k = 0; bp->hidden && k < bp->size; k++)
            if (bp->place + k - gpa < n)
                out[bp->place + k - gpa] = bp->was[k];
    }
}

void bp_hide(const struct bp_table *table, uint64_t gpa, uint8_t *out, size_t n)
{
    bp_unpatch(table, gpa, out, n);
    hide_written(table, gpa, out, n);
}

void bp_unpatch(const struct bp_table *table, uint64_t gpa, uint8_t *out,
                size_t n)
{
    const struct trap *trap = table->host.trap;

    for (size_t i = traps_first_from(table, gpa);
         i < table->n_patches && table->patch[i].gpa < gpa + n; i++) {
        for (unsigned k = 0; k < trap->size; k++) {
            uint64_t at = table->patch[i].gpa + k - gpa; /* or huge: before */

            if (at < n && out[at] == trap->bytes[k])
                out[at] = table->patch[i].saved[k];
        }
    }
}

void bp_written(struct bp_table *table, uint64_t gpa, size_t n)
{
    const struct trap *trap = table->host.trap;
    struct mem_span code;

    if (!n || !mem_span(table->mem, gpa, n, &code))
        return;
    for (size_t i = traps_first_from(table, gpa);
         i < table->n_patches && table->patch[i].gpa < gpa + n; i++) {
        for (unsigned k = 0; k < trap->size; k++) {
            uint64_t at = table->patch[i].gpa + k - gpa;

            if (at >= code.n)
                continue;
            table->patch[i].saved[k] = code.at[at];
            code.at[at] = trap->bytes[k];
        }
    }
}
