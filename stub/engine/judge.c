/* SPDX-License-Identifier: MIT */
#include "stub/engine/judge.h"

#include <stdio.h>

#include "kvm/arch_boot.h"
#include "kvm/arch_fault.h"
#include "stub/engine/catch.h"
#include "stub/engine/place.h"
#include "stub/engine/stop.h"
#include "stub/log.h"

/* --- steps --- */

static bool judge_is_stepping(const struct thread *t)
{
    return t->wish.kind == RESUME_STEP || t->wish.kind == RESUME_STEP_RANGE;
}

static bool is_inside_range(const struct thread *t)
{
    uint64_t pc = arch_pc(t->vcpu);

    return t->wish.kind == RESUME_STEP_RANGE && pc >= t->wish.lo &&
           pc < t->wish.hi;
}

/* A step over a call of the firmware ends behind the call. */
static bool is_inside_call(const struct thread *t)
{
    return arch_firmware &&
           arch_firmware->is_there(t->vcpu, arch_pc(t->vcpu)) &&
           !arch_firmware->is_there(t->vcpu, t->resumed_at);
}

bool judge_step_done(const struct thread *t)
{
    return judge_is_stepping(t) && !is_inside_range(t) && !is_inside_call(t);
}

/* --- halts --- */

/* It is no stop, since kernels idle like that, but for a step, which has no
 * end. Said once, until the client lets the guest run again. */
static void tell_halt(struct engine *e, struct thread *t)
{
    if (judge_is_stepping(t)) {
        stop_with_text(e, t, STOP_HALTED, FAULT_UNKNOWN);
    } else if (!t->halt_told) {
        t->halt_told = true;
        e->listener->halted(e->context, e->text);
    }
}

static void judge_describe(struct engine *e, struct thread *t,
                           const struct vcpu_event *event,
                           enum fault_class *ret)
{
    *ret = e->machine->ops->describe(e->machine, t->tid - 1, event, e->text,
                                     sizeof e->text);
}

void judge_halt(struct engine *e, struct thread *t)
{
    static const struct vcpu_event halt = {.kind = VCPU_EVENT_HALT};
    enum fault_class class;
    struct fault fault;

    if (arch_firmware && arch_firmware->undo_call(t->vcpu, &fault)) {
        (void)snprintf(
            e->text, sizeof e->text, "%s%s", fault.text,
            fault.kind == FAULT_INPUT ? " (`monitor type TEXT` does it)" : "");
        stop_with_text(e, t, STOP_DEAD_FAULT, fault.kind);
        return;
    }
    if (e->machine->ops->can_wake(e->machine, t->tid - 1))
        return;
    judge_describe(e, t, &halt, &class);
    if (!arch_interruptible(t->vcpu))
        stop_with_text(e, t, STOP_DEAD_HALT, FAULT_UNKNOWN);
    else
        tell_halt(e, t);
}

/* --- exceptions --- */

/* False: nobody wants to see it. */
static bool judge_exception(struct engine *e, struct thread *t, unsigned vector)
{
    const struct breakpoint *bp;
    struct fault fault;
    enum catch_verdict verdict = catch_hit(e, t, vector, &fault, &bp);

    if (verdict == CATCH_PASS)
        return false;
    if (verdict == CATCH_TRAP) {
        stop_at_breakpoint(e, t, bp);
        return true;
    }
    (void)snprintf(e->text, sizeof e->text, "%s", fault.text);
    stop_with_text(e, t, STOP_FAULT, fault.kind);
    return true;
}

bool judge_handler(struct engine *e, struct thread *t)
{
    const struct breakpoint *bp = place_exec(e, arch_pc(t->vcpu), false);

    if (bp)
        stop_at_breakpoint(e, t, bp);
    return bp != NULL;
}

/* --- the end --- */

static void judge_end(struct engine *e, struct thread *t, int status)
{
    log_trace(LOG_RUN, "run: %s", e->text);
    e->ended = true;
    e->status = status;
    stop_as(e, t, (struct stop){.kind = STOP_ENDED, .status = status});
}

/* To begin anew takes a new machine, and this one is in use: whoever runs it
 * does that later. */
static void judge_reset(struct engine *e, struct thread *t)
{
    switch (e->on_reset) {
    case RESET_ENDS:
        judge_end(e, t, 0);
        break;
    case RESET_REBOOTS:
        log_trace(LOG_RUN, "run: %s", e->text);
        e->reboots = true;
        break;
    case RESET_STOPS:
        stop_with_text(e, t, STOP_RESET, FAULT_UNKNOWN);
        break;
    }
}

/* --- all of it --- */

/* At a caught handler, where a step has come to, unless it was to begin here.
 * True: the step is done. */
static bool judge_catch(struct engine *e, struct thread *t,
                        const struct breakpoint *bp)
{
    bool arrived = judge_is_stepping(t) && arch_pc(t->vcpu) != t->resumed_at;

    return !judge_exception(e, t, (unsigned)bp->size) && !judge_handler(e, t) &&
           arrived;
}

/* What the guest did by itself, and no wish of the client explains. */
static void judge_rest(struct engine *e, struct thread *t,
                       const struct vcpu_event *event)
{
    enum fault_class fault;

    if (event->kind == VCPU_EVENT_KICK || event->kind == VCPU_EVENT_GUARD)
        return;
    judge_describe(e, t, event, &fault);
    switch (event->kind) {
    case VCPU_EVENT_KICK:
    case VCPU_EVENT_GUARD:
        break;
    case VCPU_EVENT_HALT:
        judge_halt(e, t);
        break;
    case VCPU_EVENT_SPINS:
        e->listener->told(e->context, e->text);
        break;
    case VCPU_EVENT_END:
        judge_end(e, t, (int)event->code);
        break;
    case VCPU_EVENT_ASKS:
        stop_with_text(e, t, STOP_ASKED, FAULT_UNKNOWN);
        break;
    case VCPU_EVENT_RESET:
        judge_reset(e, t);
        break;
    case VCPU_EVENT_DEBUG:
        stop_plainly(e, t, STOP_TRAP);
        break;
    case VCPU_EVENT_SHUTDOWN:
        stop_with_text(e, t, STOP_DEAD_FAULT, fault);
        break;
    case VCPU_EVENT_EMULATION:
        stop_with_text(e, t, STOP_DEAD_EMULATION, fault);
        break;
    case VCPU_EVENT_STALL:
        stop_with_text(e, t, STOP_DEAD_STALL, fault);
        break;
    case VCPU_EVENT_DELIVERY:
        arch_drop_undelivered(t->vcpu);
        stop_with_text(e, t, STOP_DEAD_STALL, fault);
        break;
    case VCPU_EVENT_ENTRY:
    case VCPU_EVENT_UNKNOWN:
        stop_with_text(e, t, STOP_DEAD_HOST, fault);
        break;
    }
}

static void judge_unhit(struct engine *e, struct thread *t,
                        const struct vcpu_event *event)
{
    if (event->stepped && judge_step_done(t)) {
        stop_plainly(e, t, STOP_STEPPED);
        return;
    }
    if (event->stepped && event->kind != VCPU_EVENT_HALT)
        return;
    if (!arch_reflect(t->vcpu, event))
        judge_rest(e, t, event);
    else if (e->stop_at_guest_traps && e->attended)
        stop_plainly(e, t, STOP_TRAP);
}

void judge_event(struct engine *e, struct thread *t,
                 const struct vcpu_event *event, const struct breakpoint *bp)
{
    if (!bp)
        judge_unhit(e, t, event);
    else if (bp->kind != BP_CATCH)
        stop_at_breakpoint(e, t, bp);
    else if (judge_catch(e, t, bp) && judge_step_done(t))
        stop_plainly(e, t, STOP_STEPPED);
}
