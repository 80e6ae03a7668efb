/* SPDX-License-Identifier: MIT */
#include "stub/engine/turn.h"

#include "stub/arch.h"
#include "stub/engine/catch.h"
#include "stub/engine/hit.h"
#include "stub/engine/host.h"
#include "stub/engine/insert.h"
#include "stub/engine/judge.h"
#include "stub/engine/over.h"
#include "stub/engine/stall.h"
#include "stub/engine/stop.h"
#include "stub/engine/written.h"
#include "stub/log.h"
#include "stub/points/table.h"

bool turn_may_go(const struct engine *e, const struct thread *t)
{
    return t->wish.kind != RESUME_HOLD &&
           (t->state == THREAD_STOP_PENDING || !t->vcpu->halted ||
            e->machine->ops->can_wake(e->machine, t->tid - 1));
}

/* A trial is to show what the instruction at pc comes to. In virtual time an
 * interrupt that is due there comes nowhere else, or the run is another one;
 * and none follows it as long as the guest gets nowhere. */
static bool is_undisturbed_trial(const struct engine *e, const struct thread *t)
{
    return t->stall.trial && !e->machine->ops->clock(e->machine).is_virtual;
}

/* A continue that is carried out in steps takes interrupts as it would without,
 * but for steps that are to do what is at pc and nothing else. */
static bool takes_interrupts(const struct engine *e, const struct thread *t)
{
    return e->step_irq ||
           (t->wish.kind == RESUME_CONTINUE && !t->passing &&
            !is_undisturbed_trial(e, t) && !arch_has_reflected(t->vcpu));
}

void turn_set_step(struct engine *e, struct thread *t)
{
    struct debug_state *debug = &t->vcpu->debug;

    debug->step = t->wish.kind != RESUME_CONTINUE || t->passing ||
                  catch_wants_step(e) || t->stall.trial ||
                  arch_has_reflected(t->vcpu) || insert_awaits_wide(e, t);
    debug->step_calls = t->wish.kind != RESUME_CONTINUE;
    debug->step_irq = takes_interrupts(e, t);
    if (debug->step)
        host_prepare_step(e, t);
}

/* --- parking --- */

static bool is_exec_register(const struct engine *e,
                             const struct vcpu_event *event)
{
    return event->hit.hw &&
           bp_is_exec(bp_of_register(&e->points,
                                     (unsigned)__builtin_ctz(event->hit.hw)));
}

/*
 * It came to something while another one has stopped the guest. That is told
 * later, if the client still wants to know by then. Watchpoints wait in
 * t->hits, and a step that is done by the way is of no interest any more.
 */
static void set_aside(struct engine *e, struct thread *t,
                      const struct vcpu_event *event)
{
    hit_note_registers(e, t, event);
    t->pending_is_ours =
        is_exec_register(e, event) || hit_trap(e, t, event) != NULL;
    if (event->kind == VCPU_EVENT_KICK || event->kind == VCPU_EVENT_GUARD)
        return;
    if (event->kind == VCPU_EVENT_DEBUG && !t->pending_is_ours &&
        (event->stepped || event->hit.hw))
        return;
    t->pending = *event;
    t->state = THREAD_STOP_PENDING;
}

static void come_back(struct engine *e, struct thread *t,
                      const struct vcpu_event *event)
{
    t->state = THREAD_PARKED;
    t->fresh &= event->kind == VCPU_EVENT_KICK;
    over_come_back(e, t);
}

static void park_others(struct engine *e, const struct thread *but)
{
    for (unsigned i = 0; i < e->n_threads; i++) {
        struct thread *t = &e->thread[i];
        struct vcpu_event event;

        if (t == but || t->state != THREAD_RUNNING)
            continue;
        if (e->machine->ops->park(e->machine, i, &event) < 0)
            event = (struct vcpu_event){.kind = VCPU_EVENT_KICK};
        come_back(e, t, &event);
        set_aside(e, t, &event);
    }
}

/* --- going --- */

/* How many instructions in a row one may execute alone while others wait. */
enum { ALONE_MAX = 64 };

static struct thread *in_turn(struct engine *e, unsigned i)
{
    return &e->thread[(e->first + i) % e->n_threads];
}

static bool is_to_go(const struct engine *e, const struct thread *t)
{
    return t->state == THREAD_PARKED && turn_may_go(e, t);
}

static bool others_wait(const struct engine *e, const struct thread *but)
{
    for (unsigned i = 0; i < e->n_threads; i++)
        if (&e->thread[i] != but && is_to_go(e, &e->thread[i]))
            return true;
    return false;
}

/* Who must go on alone is to leave room for the others after a while, and stays
 * parked for this turn. NULL: nobody. */
static struct thread *find_patient(struct engine *e)
{
    struct thread *t = engine_thread(e, e->alone);

    return t && e->alone_steps >= ALONE_MAX && others_wait(e, t) ? t : NULL;
}

/* The first that has to go on alone, and how; NULL: they go together. */
static struct thread *find_alone(struct engine *e, const struct thread *patient,
                                 enum over *ret)
{
    for (unsigned i = 0; i < e->n_threads; i++) {
        struct thread *t = in_turn(e, i);

        if (!is_to_go(e, t) || t == patient)
            continue;
        *ret = over_plan(e, t);
        if (*ret != OVER_FREE)
            return t;
    }
    return NULL;
}

static void count_alone(struct engine *e, const struct thread *t)
{
    e->alone_steps = t && e->alone == t->tid ? e->alone_steps + 1 : 0;
    e->alone = t ? t->tid : 0;
    if (t)
        e->first = t->tid % e->n_threads;
}

static int let_all_go(struct engine *e, const struct thread *patient,
                      struct thread **ret)
{
    int r = 0;

    for (unsigned i = 0; i < e->n_threads && !r; i++) {
        *ret = in_turn(e, i);
        if (is_to_go(e, *ret) && *ret != patient)
            r = over_let_go(e, *ret);
    }
    return r;
}

static int wait_for_one(struct engine *e, struct thread **ret,
                        struct vcpu_event *event)
{
    struct machine_event back;
    int r = e->machine->ops->wait(e->machine, &back);

    *ret = &e->thread[back.cpu];
    *event = back.event;
    (*ret)->state = THREAD_PARKED;
    return r;
}

/* All others are parked when this returns. */
static int turn_go(struct engine *e, struct thread **ret,
                   struct vcpu_event *event)
{
    enum over how = OVER_FREE;
    const struct thread *patient = find_patient(e);
    struct thread *alone = find_alone(e, patient, &how);
    int r;

    if (alone) {
        *ret = alone;
        park_others(e, alone);
        count_alone(e, alone);
        return over_alone(e, alone, how, event);
    }
    r = let_all_go(e, patient, ret);
    if (!r)
        r = wait_for_one(e, ret, event);
    count_alone(e, NULL);
    park_others(e, *ret);
    return r;
}

/* --- what it came to --- */

/* The client is told that there is 64-bit code before anything that happens in
 * it. */
static void tell_wide(struct engine *e, struct thread *t)
{
    if (!e->tells_wide || !e->running || e->interrupt || e->reboots ||
        stub_code_mode(t->vcpu) != CPU_MODE_LONG)
        return;
    e->tells_wide = false;
    if (!e->listener->widened(e->context, t->tid))
        return;
    log_trace(LOG_RUN, "run: 64-bit code at 0x%llx",
              (unsigned long long)arch_pc(t->vcpu));
    e->running = false;
}

static void turn_help(struct engine *e, struct thread *t,
                      struct vcpu_event *event)
{
    if (over_needs_rescue(e, t, event))
        over_rescue(e, t, event);
    stall_judge(e, t, event);
}

/* A step past a handler's first instruction is done. */
static void end_passing(struct engine *e, struct thread *t,
                        const struct vcpu_event *event)
{
    if (!t->passing || event->kind == VCPU_EVENT_KICK)
        return;
    t->passing = false;
    e->points.stale = true;
}

static void turn_judge(struct engine *e, struct thread *t,
                       const struct vcpu_event *event,
                       const struct breakpoint *bp)
{
    judge_event(e, t, event, bp);
    tell_wide(e, t);
    insert_look(e, t);
    turn_set_step(e, t);
}

static bool judge_pending(struct engine *e, struct thread *t)
{
    const struct vcpu_event event = t->pending;
    const struct breakpoint *bp =
        t->pending_is_ours ? hit_again(e, t) : hit_find(e, t, &event);

    t->state = THREAD_PARKED;
    if (bp || !t->pending_is_ours)
        turn_judge(e, t, &event, bp);
    return e->running;
}

static struct thread *find_pending(struct engine *e)
{
    for (unsigned i = 0; i < e->n_threads; i++) {
        struct thread *t = in_turn(e, i);

        if (t->state == THREAD_STOP_PENDING && turn_may_go(e, t))
            return t;
    }
    return NULL;
}

/* Who stands at a breakpoint that the client wrote has come to it. */
static struct thread *find_written(struct engine *e)
{
    for (unsigned i = 0; i < e->n_threads; i++) {
        struct thread *t = in_turn(e, i);

        if (e->points.n_written && is_to_go(e, t) &&
            !arch_has_reflected(t->vcpu) && written_at(e, t, arch_pc(t->vcpu)))
            return t;
    }
    return NULL;
}

int turn_take(struct engine *e, struct thread **ret, bool *ret_on)
{
    struct vcpu_event event;
    bool passing;
    bool kicked;
    int r;

    *ret_on = false;
    if ((*ret = find_pending(e))) {
        *ret_on = judge_pending(e, *ret);
        return 0;
    }
    if ((*ret = find_written(e))) {
        park_others(e, NULL);
        stop_at_written(e, *ret);
        return 0;
    }
    r = turn_go(e, ret, &event);
    if (r < 0)
        return r;
    kicked = event.kind == VCPU_EVENT_KICK;
    passing = (*ret)->passing;
    come_back(e, *ret, &event);
    turn_help(e, *ret, &event);
    if (passing)
        end_passing(e, *ret, &event);
    if (catch_wants_step(e))
        catch_stepped(e);
    turn_judge(e, *ret, &event, hit_find(e, *ret, &event));
    *ret_on = !kicked && event.kind != VCPU_EVENT_KICK;
    return 0;
}
