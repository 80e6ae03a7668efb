/* SPDX-License-Identifier: MIT */
#include "stub/engine/hit.h"

#include "kvm/vm/trap.h"
#include "stub/engine/catch.h"
#include "stub/engine/place.h"
#include "stub/engine/written.h"
#include "stub/points/table.h"

const struct breakpoint *hit_trap(struct engine *e, struct thread *t,
                                  const struct vcpu_event *event)
{
    const struct breakpoint *bp = written_hit(e, t, event);
    const struct trap *trap = e->points.host.trap;
    uint64_t pc;

    if (bp || !trap->size || !trap_exit(trap, t->vcpu, event, &pc))
        return bp;
    bp = place_planted(e, t, pc);
    if (bp && pc != arch_pc(t->vcpu))
        (void)arch_set_pc(t->vcpu, pc);
    return bp;
}

/* An exception is caught before a breakpoint at its handler is hit. */
static const struct breakpoint *catch_first(const struct engine *e,
                                            const struct breakpoint *bp)
{
    const struct breakpoint *catch =
        bp && bp_is_exec(bp) ? place_exec(e, bp->gva, true) : NULL;

    return catch ? catch : bp;
}

void hit_note_registers(struct engine *e, struct thread *t,
                        const struct vcpu_event *event)
{
    for (unsigned i = 0; i < e->points.n_registers; i++) {
        const struct breakpoint *bp = bp_of_register(&e->points, i);

        if (event->hit.hw >> i & 1 && !bp_is_exec(bp))
            hits_note(&t->hits, bp);
    }
}

static const struct breakpoint *find_watched(struct engine *e, struct thread *t,
                                             const struct vcpu_event *event)
{
    if (event->kind != VCPU_EVENT_GUARD && event->kind != VCPU_EVENT_DEBUG)
        return NULL;
    hit_note_registers(e, t, event);
    return hits_take(&t->hits, &e->points, t->wish.kind != RESUME_CONTINUE);
}

const struct breakpoint *hit_find(struct engine *e, struct thread *t,
                                  const struct vcpu_event *event)
{
    const struct breakpoint *bp = find_watched(e, t, event);

    if (bp || event->kind == VCPU_EVENT_GUARD)
        return bp;
    if (event->kind == VCPU_EVENT_SHUTDOWN)
        return catch_shutdown(e, t);
    if (event->kind == VCPU_EVENT_DEBUG && event->hit.hw)
        bp = bp_of_register(&e->points, (unsigned)__builtin_ctz(event->hit.hw));
    else
        bp = hit_trap(e, t, event);
    return catch_first(e, bp);
}

const struct breakpoint *hit_again(struct engine *e, struct thread *t)
{
    uint64_t pc = arch_pc(t->vcpu);
    const struct breakpoint *bp = place_exec(e, pc, true);

    if (!bp)
        bp = place_exec(e, pc, false);
    return bp ? bp : place_planted(e, t, pc);
}
