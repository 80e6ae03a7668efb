/* SPDX-License-Identifier: MIT */
#include "stub/engine/place.h"

#include "stub/points/table.h"

const struct breakpoint *place_planted(const struct engine *e,
                                       const struct thread *t, uint64_t gva)
{
    uint64_t gpa;
    uint64_t run;

    if (arch_translate(t->vcpu, gva, &gpa, &run) < 0)
        return NULL;
    return bp_planted_at(&e->points, gpa, gva);
}

const struct breakpoint *place_exec(const struct engine *e, uint64_t gva,
                                    bool is_catch)
{
    const struct breakpoint *twin = NULL;

    for (size_t i = 0; i < e->points.n; i++) {
        const struct breakpoint *bp = &e->points.bp[i];

        if (!bp_is_exec(bp) || bp->gva != gva ||
            (bp->kind == BP_CATCH) != is_catch)
            continue;
        if (!bp->twin)
            return bp;
        twin = bp;
    }
    return twin;
}

/* A client knows the twin of its breakpoint only once it sees 64 bits of the
 * address: with 32 bits the twin's address is not the one that it asked for. */
bool place_is_known(const struct engine *e, const struct breakpoint *bp,
                    uint64_t pc)
{
    bool fits = pc <= UINT32_MAX || !e->listener->knows_registers(e->context) ||
                e->listener->address_bits(e->context) == 64;

    return bp->gva == pc && fits && (!bp->twin || pc > UINT32_MAX);
}
