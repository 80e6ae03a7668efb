/* SPDX-License-Identifier: MIT */
/* Who serves which breakpoint: decided anew whenever the guest is to run. */
#include "stub/points/assign.h"

#include <string.h>

#include "kvm/core/mem.h"
#include "stub/points/filter.h"
#include "stub/points/pages.h"
#include "stub/points/table.h"
#include "stub/points/traps.h"
#include "stub/points/written.h"

/* --- traps --- */

static bool assign_has_room(const struct bp_table *table, uint64_t gpa)
{
    size_t size = table->host.trap->size;

    return size && gpa % size == 0 && mem_has(table->mem, gpa, size);
}

/* Where a trap for it would have to be, or BP_NO_PLACE. */
static uint64_t assign_find_place(const struct bp_table *table,
                                  const struct bp_space *space,
                                  const struct breakpoint *bp)
{
    struct gva_piece piece;

    if (!bp_is_reachable(space, bp) ||
        gva_piece(&space->gva, bp->gva, 1, &piece) != GVA_RAM ||
        !assign_has_room(table, piece.gpa) ||
        (space->bars_traps && space->bars_traps(space->context, bp->gva)))
        return BP_NO_PLACE;
    return piece.gpa;
}

/* Does the address by which the client wrote it lead to it still? */
static bool leads_to_written(const struct bp_space *space,
                             const struct breakpoint *bp)
{
    struct gva_piece piece;

    return bp_is_reachable(space, bp) &&
           gva_piece(&space->gva, bp->gva, 1, &piece) != GVA_UNMAPPED &&
           piece.gpa == bp->place;
}

/* Who asks for hardware may have code that must not be touched. */
static bool needs_trap(const struct bp_table *table,
                       const struct breakpoint *bp)
{
    if (bp->kind == BP_WRITTEN)
        return !bp_is_raw(table, bp) && assign_has_room(table, bp->place) &&
               !(bp->in_register && table->registers_suffice);
    return bp->kind != BP_HARD || !bp->in_register ||
           !table->host.user_registers;
}

/* Follows the mapping: a trap stays in the page that gva leads to now. */
static void arm_trap(struct bp_table *table, struct breakpoint *bp)
{
    uint64_t gpa = needs_trap(table, bp) ? bp->place : BP_NO_PLACE;

    if (bp->planted && gpa != bp->gpa)
        bp_pull(table, bp);
    if (!bp->planted && gpa != BP_NO_PLACE)
        bp_plant(table, bp, gpa);
}

/* --- debug registers --- */

static bool fits_register(const struct breakpoint *bp)
{
    uint64_t size = bp->size;

    return bp_is_exec(bp) ||
           ((size == 1 || size == 2 || size == 4 || size == 8) &&
            bp->gva % size == 0);
}

/* Rounds in which registers are given away, the neediest first: what nothing
 * else can serve, then what asked for one, then watchpoints, for which pages
 * would do, then what would be data if it were no code, then traps that could
 * be overwritten, then addresses that are perhaps not meant. */
enum need {
    NEED_PENDING,
    NEED_HARD,
    NEED_WATCH,
    NEED_WRITTEN,
    NEED_BACKUP,
    NEED_UNLIKELY,
    N_NEEDS
};

/* Of two addresses that a client can mean by one, the one with memory. */
static bool has_better(const struct bp_table *table,
                       const struct breakpoint *bp)
{
    uint64_t gva = bp_twin_gva(bp->gva);

    for (size_t i = 0; i < table->n; i++) {
        const struct breakpoint *other = &table->bp[i];

        if (other->gva == gva && other->kind == bp->kind &&
            other->twin != bp->twin && other->place != BP_NO_PLACE)
            return true;
    }
    return false;
}

/* Is this the wrong one of the two? */
static bool is_unlikely(const struct bp_table *table,
                        const struct bp_space *space,
                        const struct breakpoint *bp)
{
    if (bp->twin && !bp_is_reachable(space, bp))
        return true;
    return table->n_twins && bp_is_exec(bp) && bp->place == BP_NO_PLACE &&
           has_better(table, bp);
}

/* No register traps on reads alone, pages do. */
static bool is_watchable(const struct bp_table *table,
                         const struct breakpoint *bp)
{
    return (bp->kind == BP_WRITE || bp->kind == BP_ACCESS) &&
           table->host.watch_registers;
}

static bool has_need(const struct bp_table *table, const struct breakpoint *bp,
                     enum need need)
{
    if (bp->kind == BP_WRITTEN)
        return need == NEED_WRITTEN && bp->at_gva && !bp_is_raw(table, bp);
    if (bp->unlikely != (need == NEED_UNLIKELY))
        return false;
    switch (need) {
    case NEED_PENDING:
        return bp_is_exec(bp) && bp->place == BP_NO_PLACE;
    case NEED_HARD:
        return bp->kind == BP_HARD;
    case NEED_WATCH:
        return is_watchable(table, bp);
    case NEED_BACKUP:
        return bp->kind == BP_SOFT || bp->kind == BP_CATCH;
    case NEED_UNLIKELY:
        return bp_is_exec(bp) || is_watchable(table, bp);
    default:
        return false;
    }
}

/* Is there one left that can hold it? */
static bool has_register_left(const struct bp_table *table,
                              const struct breakpoint *bp)
{
    unsigned most = bp_is_exec(bp) ? table->host.exec_registers
                                   : table->host.data_registers;
    unsigned n = 0;

    for (unsigned i = 0; i < table->n_registers; i++)
        n += bp_is_exec(&table->bp[table->in_register[i]]) == bp_is_exec(bp);
    return !most || n < most;
}

static void give_register(struct bp_table *table, size_t i)
{
    table->bp[i].in_register = true;
    table->in_register[table->n_registers++] = (unsigned)i;
}

static void give_registers(struct bp_table *table)
{
    table->n_registers = 0;
    for (size_t i = 0; i < table->n; i++)
        table->bp[i].in_register = false;
    for (enum need need = 0; need < N_NEEDS; need++) {
        for (size_t i = 0; i < table->n; i++) {
            const struct breakpoint *bp = &table->bp[i];

            if (table->n_registers == table->host.registers)
                return;
            if (!bp->in_register && has_need(table, bp, need) &&
                fits_register(bp) && has_register_left(table, bp))
                give_register(table, i);
        }
    }
}

/* --- all --- */

/* Nothing holds (all of) it: memory is missing. */
static bool assign_waits(const struct breakpoint *bp)
{
    if (bp->in_register || bp->kind == BP_WRITTEN)
        return false;
    return bp_is_exec(bp) ? !bp->planted : bp->mapped < bp->size;
}

/* A register holds it, which does not stop user code on this host: as soon as
 * there is memory a trap would. */
static bool lacks_trap(const struct bp_table *table,
                       const struct breakpoint *bp)
{
    return bp->in_register && bp_is_exec(bp) && bp->kind != BP_WRITTEN &&
           bp->place == BP_NO_PLACE && table->host.trap->size &&
           !table->host.user_registers;
}

static void assign_remember(struct bp_table *table)
{
    bool any = false;

    for (size_t i = 0; i < table->n; i++)
        any |= table->bp[i].kind != BP_CATCH;
    if (!any)
        return;
    memcpy(table->last, table->bp, table->n * sizeof table->bp[0]);
    table->n_last = table->n;
}

static void find_places(struct bp_table *table, const struct bp_space *space)
{
    table->awaits_wide = false;
    for (size_t i = 0; i < table->n; i++) {
        struct breakpoint *bp = &table->bp[i];

        if (bp->kind == BP_WRITTEN) {
            bp->at_gva = leads_to_written(space, bp);
            continue;
        }
        bp->place =
            bp_is_exec(bp) ? assign_find_place(table, space, bp) : BP_NO_PLACE;
        table->awaits_wide |= bp->gva > UINT32_MAX && !space->wide;
    }
    for (size_t i = 0; i < table->n; i++)
        table->bp[i].unlikely = is_unlikely(table, space, &table->bp[i]);
}

bool bp_arm(struct bp_table *table, const struct bp_space *space)
{
    bool pending;

    (void)bp_filter_broken(table);
    bp_replant(table);
    bp_sweep_written(table);
    find_places(table, space);
    give_registers(table);
    for (size_t i = 0; i < table->n; i++)
        if (bp_is_exec(&table->bp[i]))
            arm_trap(table, &table->bp[i]);
    pending = !bp_guard_pages(table, space);
    table->lacks_traps = false;
    for (size_t i = 0; i < table->n; i++) {
        pending |= assign_waits(&table->bp[i]);
        table->lacks_traps |= lacks_trap(table, &table->bp[i]);
    }
    assign_remember(table);
    table->stale = false;
    return pending;
}

const struct breakpoint *bp_barred(const struct bp_table *table,
                                   const struct bp_space *space)
{
    for (size_t i = 0; space->bars_traps && i < table->n; i++) {
        const struct breakpoint *bp = &table->bp[i];

        if (bp_is_exec(bp) && assign_waits(bp) && bp_is_reachable(space, bp) &&
            space->bars_traps(space->context, bp->gva))
            return bp;
    }
    return NULL;
}

static bool assign_appeared(const struct bp_table *table,
                            const struct bp_space *space,
                            const struct breakpoint *bp)
{
    if (!assign_waits(bp) && !lacks_trap(table, bp))
        return false;
    if (!bp_is_exec(bp))
        return bp_mapped(space, bp) > bp->mapped;
    return assign_find_place(table, space, bp) != BP_NO_PLACE;
}

bool bp_appeared(const struct bp_table *table, const struct bp_space *space)
{
    for (size_t i = 0; i < table->n; i++)
        if (assign_appeared(table, space, &table->bp[i]))
            return true;
    return false;
}

/* --- what to tell the vCPU --- */

static struct hw_point as_point(const struct breakpoint *bp)
{
    if (bp_is_exec(bp))
        return (struct hw_point){.kind = HW_EXEC, .gva = bp->gva, .size = 1};
    return (struct hw_point){
        .kind = bp->kind == BP_WRITE ? HW_WRITE : HW_ACCESS,
        .gva = bp->gva,
        .size = (unsigned)bp->size,
    };
}

void bp_wanted(const struct bp_table *table, struct debug_state *ret)
{
    ret->traps = false;
    for (size_t i = 0; i < table->n; i++)
        ret->traps |= table->bp[i].planted || bp_is_raw(table, &table->bp[i]);
    ret->n_hw = table->n_registers;
    for (unsigned i = 0; i < table->n_registers; i++)
        ret->hw[i] = as_point(&table->bp[table->in_register[i]]);
}
