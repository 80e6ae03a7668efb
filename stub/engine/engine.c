/* SPDX-License-Identifier: MIT */
#include "stub/engine/engine.h"

#include <stdio.h>
#include <string.h>

#include "kvm/arch_run.h"
#include "kvm/vm/trap.h"
#include "stub/arch.h"
#include "stub/engine/catch.h"
#include "stub/engine/guards.h"
#include "stub/engine/host.h"
#include "stub/engine/insert.h"
#include "stub/engine/judge.h"
#include "stub/engine/restart.h"
#include "stub/engine/stop.h"
#include "stub/engine/turn.h"
#include "stub/engine/written.h"
#include "stub/log.h"
#include "stub/points/filter.h"
#include "stub/points/table.h"
#include "stub/points/written.h"

/* How many instructions are stepped while a guest switches to 64-bit addresses:
 * enough for boot code to build its page tables. */
enum { WIDE_STEPS = 20000 };

void engine_init(struct engine *e, struct machine *machine,
                 const struct image *image,
                 const struct engine_listener *listener, void *context)
{
    static const struct trap not_known_yet = {.name = "unknown", .size = 0};
    const struct arch_points points = arch_hw_points();
    const struct bp_host host = {
        .trap = &not_known_yet,
        .registers = points.shared ? points.shared : points.exec + points.data,
        .exec_registers = points.shared ? 0 : points.exec,
        .data_registers = points.shared ? 0 : points.data,
    };

    e->machine = machine;
    e->image = *image;
    e->listener = listener;
    e->context = context;
    bp_init(&e->points, &host, machine_memory(machine));
    e->points.written = trap_written();
    restart_enter(e);
    restart_forget(e);
}

void engine_done(struct engine *e)
{
    bp_done(&e->points);
    e->machine->ops->own(e->machine, NULL);
}

/* --- asked by the loop --- */

bool engine_runnable(const struct engine *e)
{
    for (unsigned i = 0; e->running && !e->reboots && i < e->n_threads; i++)
        if (turn_may_go(e, &e->thread[i]))
            return true;
    return false;
}

static bool any_is_hot(const struct engine *e)
{
    for (unsigned i = 0; i < e->n_threads; i++)
        if (e->thread[i].stall.hot)
            return true;
    return false;
}

bool engine_wants_ticks(struct engine *e)
{
    return engine_runnable(e) &&
           (e->points_pending || e->points.lacks_traps ||
            bp_filter_spares_any(&e->points) || catch_wants_ticks(e) ||
            guards_in_force(e) || any_is_hot(e) || e->n_threads > 1);
}

bool engine_was_stuck(const struct engine *e)
{
    for (unsigned i = 0; i < e->n_threads; i++)
        if (e->thread[i].was_stuck || e->thread[i].stall.hot == STALL_HOT)
            return true;
    return false;
}

/* --- before it runs --- */

/* A caught exception is delivered now. Where the client steps, that was the
 * step. */
static bool stop_on_release(struct engine *e, struct thread *t)
{
    if (!catch_release(e, t))
        return false;
    if (judge_handler(e, t))
        return true;
    if (t->wish.kind == RESUME_CONTINUE)
        return false;
    stop_plainly(e, t, STOP_STEPPED);
    return true;
}

/* Further watchpoints that the last instruction hit are told before the next
 * one executes. */
static bool stop_at_hit(struct engine *e, struct thread *t)
{
    bool is_step = t->wish.kind != RESUME_CONTINUE;
    const struct breakpoint *bp = hits_take(&t->hits, &e->points, is_step);

    if (bp)
        stop_at_breakpoint(e, t, bp);
    return bp != NULL;
}

/* Where the client steps off a breakpoint instruction that it wrote, passing
 * that is the step. */
static bool stop_behind_written(struct engine *e, struct thread *t)
{
    bool passed = t->written_passed;

    t->written_passed = false;
    if (!passed || t->wish.kind == RESUME_CONTINUE || !judge_step_done(t))
        return false;
    stop_plainly(e, t, STOP_STEPPED);
    return true;
}

static bool stop_before(struct engine *e)
{
    for (unsigned i = 0; i < e->n_threads; i++) {
        struct thread *t = &e->thread[(e->current + i) % e->n_threads];

        if (t->wish.kind != RESUME_HOLD &&
            (stop_at_hit(e, t) || stop_on_release(e, t) ||
             stop_behind_written(e, t)))
            return true;
    }
    return false;
}

static void stop_broken(struct engine *e, struct thread *t, const char *what,
                        const char *why)
{
    (void)snprintf(e->text, sizeof e->text, "%s: %s", what, why);
    stop_with_text(e, t, STOP_DEAD_HOST, FAULT_UNKNOWN);
}

bool engine_prepare(struct engine *e)
{
    int r;

    restart_look(e);
    if (stop_before(e))
        return false;
    r = insert_points(e);
    for (unsigned i = 0; i < e->n_threads; i++) {
        insert_registers(e, &e->thread[i]);
        turn_set_step(e, &e->thread[i]);
    }
    if (r < 0)
        stop_broken(e, engine_current(e),
                    "KVM refuses guards for the breakpoints", strerror(-r));
    return r == 0;
}

/* --- running --- */

void engine_run(struct engine *e)
{
    bool on = engine_runnable(e);

    while (on) {
        struct thread *t = NULL;
        int r = turn_take(e, &t, &on);

        if (r < 0)
            stop_broken(e, t, "KVM_RUN failed", strerror(-r));
        on =
            on && engine_runnable(e) && (!e->points.stale || engine_prepare(e));
    }
}

void engine_settle(struct engine *e)
{
    if (e->running && e->interrupt)
        stop_plainly(e, engine_current(e), STOP_INTERRUPTED);
    for (unsigned i = 0; e->running && i < e->n_threads; i++)
        if (e->thread[i].vcpu->halted)
            judge_halt(e, &e->thread[i]);
}

void engine_interrupt(struct engine *e)
{
    if (e->running)
        stop_plainly(e, engine_current(e), STOP_INTERRUPTED);
}

/* --- resuming --- */

static void resume_thread(struct engine *e, struct thread *t,
                          const struct resume_wish *wish)
{
    t->wish = *wish;
    t->resumed_at = arch_pc(t->vcpu);
    t->fresh = true;
    t->halt_told = false;
    t->stall = (struct stall){.trial = false};
    t->written_passed = wish->kind != RESUME_HOLD && written_pass(e, t);
    t->wide_steps = WIDE_STEPS;
}

void engine_resume(struct engine *e, const struct resume_wish *wish)
{
    e->rearm = false;
    bp_show_written(&e->points);
    for (unsigned i = 0; i < e->n_threads; i++) {
        log_trace(LOG_RUN, "run: thread %u goes on in way %d from 0x%llx",
                  i + 1, (int)wish[i].kind,
                  (unsigned long long)arch_pc(e->thread[i].vcpu));
        e->rearm |= wish[i].kind == RESUME_CONTINUE;
        resume_thread(e, &e->thread[i], &wish[i]);
    }
    e->running = true;
    e->tells_wide = insert_tells_wide(e);
}

void engine_continue(struct engine *e)
{
    struct resume_wish wish[ENGINE_CPUS];

    for (unsigned i = 0; i < e->n_threads; i++)
        wish[i] = (struct resume_wish){.kind = RESUME_CONTINUE};
    engine_resume(e, wish);
}

void engine_forget_client(struct engine *e)
{
    bp_remove_all(&e->points);
    e->points.n_last = 0;
    for (unsigned i = 0; i < e->n_threads; i++)
        hits_forget(&e->thread[i].hits);
    e->attended = false;
    e->running = false;
}

int engine_restart(struct engine *e, struct diag *diag)
{
    int r;

    bp_pull_all(&e->points); /* while there is the memory that they are in */
    r = e->machine->ops->restart(e->machine, &e->image, diag);
    log_trace(LOG_RUN, "run: restarted: %d", r);
    if (r < 0)
        return r;
    bp_remove_kind(&e->points, BP_WRITTEN);
    restart_enter(e);
    restart_forget(e);
    return 0;
}

/* --- a guest that reboots --- */

/* What a client stepped is done. */
static struct thread *find_step(struct engine *e,
                                const struct resume_wish *wish)
{
    for (unsigned i = 0; i < e->n_threads; i++)
        if (wish[i].kind == RESUME_STEP || wish[i].kind == RESUME_STEP_RANGE)
            return &e->thread[i];
    return NULL;
}

int engine_reboot(struct engine *e, struct resume_wish *ret_wish)
{
    struct diag diag = {""};
    int r;

    for (unsigned i = 0; i < e->n_threads; i++)
        ret_wish[i] = e->thread[i].wish;
    r = engine_restart(e, &diag);
    if (r < 0) {
        e->reboots = false;
        stop_broken(e, engine_current(e),
                    "the guest reset the machine, and it cannot begin anew",
                    diag.text);
    }
    return r;
}

void engine_rebooted(struct engine *e, const struct resume_wish *wish)
{
    struct thread *stepped = find_step(e, wish);

    engine_resume(e, wish);
    if (stepped)
        stop_plainly(e, stepped, STOP_STEPPED);
}
