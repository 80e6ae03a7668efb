/* SPDX-License-Identifier: MIT */
#include "stub/engine/over.h"

#include <stdlib.h>

#include "kvm/arch_run.h"
#include "stub/engine/catch.h"
#include "stub/engine/guards.h"
#include "stub/engine/hit.h"
#include "stub/engine/host.h"
#include "stub/engine/near.h"
#include "stub/engine/place.h"
#include "stub/engine/watch.h"
#include "stub/points/traps.h"

/* --- which way --- */

/* Is the guest to be stepped from here, on its stack beside guarded pages? */
static bool is_stepped(struct engine *e, struct thread *t)
{
    if (!e->points.n_guards || !near_can_step(e, t))
        return false;
    if (near_stack(e, t)) {
        e->guards.steps_away = 0;
        return true;
    }
    return e->guards.down && e->guards.steps_away++ < GUARDS_STEPS_AWAY;
}

/*
 * The guest goes on where the trap of a breakpoint at another address is, both
 * leading to the same memory: the client cannot remove it, so the instruction
 * below it is executed.
 */
static const struct breakpoint *trap_below(struct engine *e, struct thread *t)
{
    uint64_t pc = arch_pc(t->vcpu);
    const struct breakpoint *bp = t->fresh ? place_planted(e, t, pc) : NULL;

    return bp && bp->kind != BP_WRITTEN && !place_is_known(e, bp, pc) ? bp
                                                                      : NULL;
}

enum over over_plan(struct engine *e, struct thread *t)
{
    if (trap_below(e, t))
        return OVER_TRAP;
    if (is_stepped(e, t))
        return OVER_GUARDS;
    if (t->passing)
        return OVER_ENTRY;
    return e->n_threads > 1 && arch_step_plants(t->vcpu) ? OVER_STEP
                                                         : OVER_FREE;
}

/* --- freely --- */

int over_let_go(struct engine *e, struct thread *t)
{
    int r = guards_up(e);

    if (r < 0)
        return r;
    t->pops.n = 0;
    t->entered_at = arch_progress(t->vcpu);
    t->state = THREAD_RUNNING;
    e->machine->ops->resume(e->machine, t->tid - 1);
    return 0;
}

void over_come_back(struct engine *e, struct thread *t)
{
    struct arch_access read;

    if (t->pops.n && arch_emulator->pops_end(t->vcpu, &t->pops, &read))
        watch_note_access(e, t, &read);
    t->pops.n = 0;
}

/* --- alone --- */

/* Runs as its debug state says, to the next event. */
static int over_enter(struct engine *e, struct thread *t,
                      struct vcpu_event *event)
{
    struct machine_event back;
    int r;

    e->machine->ops->resume(e->machine, t->tid - 1);
    r = e->machine->ops->wait(e->machine, &back);
    *event = back.event;
    return r;
}

static int step_once(struct engine *e, struct thread *t,
                     struct vcpu_event *event)
{
    struct debug_state *debug = &t->vcpu->debug;
    const struct debug_state wanted = *debug;
    int r;

    host_prepare_step(e, t);
    debug->step = true;
    debug->step_calls = false;
    debug->step_irq |= t->wish.kind == RESUME_CONTINUE;
    r = over_enter(e, t, event);
    *debug = wanted;
    return r;
}

/* A repeated instruction that was kicked half-way has done what it no longer
 * plans to do: from the low end, or with DF set from the high one. */
static void note_part(struct engine *e, struct thread *t,
                      const struct watch_accesses *planned)
{
    struct watch_accesses left = {.n = 0};

    left.n = arch_accesses(t->vcpu, left.access);
    for (unsigned i = 0; i < planned->n && i < left.n; i++) {
        struct arch_access done = planned->access[i];

        if (left.access[i].size >= done.size)
            continue;
        done.size -= left.access[i].size;
        if (left.access[i].gva == done.gva)
            done.gva += left.access[i].size;
        watch_note_access(e, t, &done);
    }
}

/* An instruction that came to an event's handler has not done its accesses, or
 * has none but the frame. */
static void note_step(struct engine *e, struct thread *t,
                      const struct watch_accesses *planned)
{
    struct arch_access frame;

    if (arch_event_frame(t->vcpu, &frame))
        watch_note_access(e, t, &frame);
    else
        watch_note_all(e, t, planned);
}

/* One instruction with the guards down, and what was watched of it. */
static int step_lowered(struct engine *e, struct thread *t,
                        struct vcpu_event *event)
{
    uint64_t pc = arch_pc(t->vcpu);
    struct watch_accesses planned;
    uint8_t *before;
    int r = guards_down(e);

    if (r < 0)
        return r;
    planned.n = arch_accesses(t->vcpu, planned.access);
    before = watch_copy(e);
    r = step_once(e, t, event);
    if (event->stepped)
        note_step(e, t, &planned);
    else if (event->kind == VCPU_EVENT_KICK && arch_pc(t->vcpu) == pc)
        note_part(e, t, &planned);
    watch_note_changed(e, t, before);
    free(before);
    bp_replant(&e->points);
    if (!r && t->hits.n && (event->stepped || event->kind == VCPU_EVENT_KICK))
        *event = (struct vcpu_event){.kind = VCPU_EVENT_GUARD,
                                     .hit = event->hit,
                                     .stepped = event->stepped};
    return r;
}

/* With the guards as they should be. */
static int step_guarded(struct engine *e, struct thread *t,
                        struct vcpu_event *event)
{
    int r = guards_up(e);

    if (!r)
        r = over_enter(e, t, event);
    over_come_back(e, t);
    return r;
}

static int step_lifted(struct engine *e, struct thread *t,
                       struct vcpu_event *event)
{
    const struct breakpoint *bp = trap_below(e, t);
    int r;

    if (bp)
        bp_lift(&e->points, bp->gpa);
    r = is_stepped(e, t) ? step_lowered(e, t, event) : step_once(e, t, event);
    bp_replant(&e->points);
    return r;
}

int over_alone(struct engine *e, struct thread *t, enum over how,
               struct vcpu_event *event)
{
    t->pops.n = 0;
    t->entered_at = arch_progress(t->vcpu);
    switch (how) {
    case OVER_TRAP:
        return step_lifted(e, t, event);
    case OVER_GUARDS:
        return step_lowered(e, t, event);
    case OVER_ENTRY:
    case OVER_STEP:
    case OVER_FREE:
        break;
    }
    return step_guarded(e, t, event);
}

/* --- what the host cannot do on guarded memory --- */

/*
 * An access that KVM cannot emulate and an instruction fetch from a guarded
 * page are emulation failures; an exception whose frame would go onto one is
 * a delivery that KVM gives up or, where KVM delivers it itself (kvm_pvm), a
 * triple fault with the registers still at the instruction.
 */
static bool could_be_guards(const struct engine *e, struct thread *t,
                            const struct vcpu_event *event)
{
    if (!guards_in_force(e))
        return false;
    return event->kind == VCPU_EVENT_EMULATION ||
           event->kind == VCPU_EVENT_STALL ||
           event->kind == VCPU_EVENT_DELIVERY ||
           event->kind == VCPU_EVENT_UNKNOWN ||
           (event->kind == VCPU_EVENT_SHUTDOWN && !arch_is_reset(t->vcpu));
}

/*
 * What the CPU reads by itself, descriptors above all, KVM's emulator reads in
 * a way that cannot leave the guest: where that is guarded it begins the
 * instruction anew, for ever (x86.c, emulator_read_std()). So who is kicked in
 * a step (stub/engine/stall.h makes one), or done with it, where it was
 * entered, may need help; a guest that waits there for somebody does not notice
 * it.
 */
static bool is_stuck(struct engine *e, struct thread *t,
                     const struct vcpu_event *event)
{
    t->was_stuck = guards_in_force(e) && !event->hit.hw &&
                   (event->stepped ||
                    (event->kind == VCPU_EVENT_KICK && t->vcpu->debug.step)) &&
                   arch_progress(t->vcpu) == t->entered_at;
    return t->was_stuck;
}

bool over_needs_rescue(struct engine *e, struct thread *t,
                       const struct vcpu_event *event)
{
    return (is_stuck(e, t, event) || could_be_guards(e, t, event)) &&
           !hit_trap(e, t, event) &&
           !(event->kind == VCPU_EVENT_SHUTDOWN && catch_shutdown(e, t));
}

void over_rescue(struct engine *e, struct thread *t, struct vcpu_event *event)
{
    if (guards_down_for_one(e) == 0)
        (void)step_lowered(e, t, event);
}
