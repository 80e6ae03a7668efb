/* SPDX-License-Identifier: MIT */
#include "stub/engine/catch.h"

#include "stub/engine/place.h"
#include "stub/engine/written.h"
#include "stub/points/table.h"

static bool any_exec(const struct bp_table *table)
{
    for (size_t i = 0; i < table->n; i++)
        if (bp_is_exec(&table->bp[i]))
            return true;
    return false;
}

/* Do traps in user code end up in the guest's kernel? Asked only when there
 * are breakpoints and privileges. */
static bool needs_handler(struct engine *e, struct thread *t)
{
    const struct trap *trap = e->points.host.trap;

    if (!trap->size || !arch_may_run_user(t->vcpu) || !any_exec(&e->points))
        return false;
    if (e->catch.user_traps == USER_TRAPS_UNKNOWN)
        e->catch.user_traps =
            e->machine->ops->host->traps_user(e->machine, trap)
                ? USER_TRAPS_EXIT
                : USER_TRAPS_HANDLED;
    return e->catch.user_traps == USER_TRAPS_HANDLED;
}

/* Without a client no exception stops the guest. */
static bool catch_wants(const struct engine *e, unsigned vector)
{
    return e->attended && e->catch.wanted[vector];
}

static uint64_t handler_of(struct thread *t, unsigned vector)
{
    uint64_t gva;

    return arch_handler(t->vcpu, vector, &gva) < 0 ? CATCH_MISSING : gva;
}

/* What traps in user code raise: an exception without a handler becomes another
 * one. */
static unsigned trap_vector_of(struct engine *e, struct thread *t)
{
    unsigned vector = e->points.host.trap->user_vector;
    unsigned other = arch_double_fault();

    return handler_of(t, vector) == CATCH_MISSING &&
                   handler_of(t, other) != CATCH_MISSING
               ? other
               : vector;
}

/* Does what the client wrote in user code come this way? */
static bool is_for_written(const struct engine *e, const struct thread *t,
                           unsigned vector)
{
    const struct trap *insn = e->points.written;

    return t->catch.written_via_handler &&
           (vector == insn->user_vector || vector == insn->refused_vector);
}

/* Which exceptions do traps in user code raise, ours and those that the client
 * wrote? */
static void look_at_traps(struct engine *e, struct thread *t)
{
    struct thread_catch *catch = &t->catch;

    catch->via_handler = needs_handler(e, t);
    catch->trap_vector =
        catch->via_handler ? trap_vector_of(e, t) : ARCH_VECTORS;
    catch->trap_is_end = catch->via_handler &&
                         e->points.host.trap->user_is_end &&
                         handler_of(t, catch->trap_vector) == CATCH_MISSING;
    catch->written_via_handler = written_needs_handler(e, t);
}

static bool catch_is_awaited(const struct engine *e, const struct thread *t,
                             unsigned vector)
{
    return catch_wants(e, vector) || vector == t->catch.trap_vector ||
           is_for_written(e, t, vector);
}

/* One that passes a handler's first instruction does so alone
 * (stub/engine/over.h). */
static bool is_anybody_passing(const struct engine *e)
{
    for (unsigned i = 0; i < e->n_threads; i++)
        if (e->thread[i].passing)
            return true;
    return false;
}

static bool arm_thread(struct engine *e, struct thread *t)
{
    struct thread_catch *catch = &t->catch;
    bool missing = false;

    look_at_traps(e, t);
    for (unsigned vector = 0; vector < ARCH_VECTORS; vector++) {
        catch->awaited[vector] = catch_is_awaited(e, t, vector);
        if (!catch->awaited[vector])
            continue;
        catch->handler[vector] = handler_of(t, vector);
        if (catch->handler[vector] == CATCH_MISSING)
            missing = true;
        else if (!is_anybody_passing(e))
            (void)bp_insert(&e->points, BP_CATCH, catch->handler[vector],
                            vector);
    }
    return missing;
}

bool catch_arm(struct engine *e)
{
    bool missing = false;

    bp_remove_kind(&e->points, BP_CATCH);
    for (unsigned i = 0; i < e->n_threads; i++)
        missing |= arm_thread(e, &e->thread[i]);
    return missing;
}

bool catch_wants_step(const struct engine *e)
{
    return e->catch.unsettled_left ||
           (e->points_pending && e->catch.steps_left);
}

void catch_stepped(struct engine *e)
{
    struct catch *catch = &e->catch;

    if (catch->unsettled_left)
        catch->unsettled_left--;
    if (catch->steps_left)
        catch->steps_left--;
}

bool catch_wants_ticks(const struct engine *e)
{
    for (unsigned i = 0; i < e->n_threads; i++)
        for (unsigned vector = 0; vector < ARCH_VECTORS; vector++)
            if (e->thread[i].catch.awaited[vector])
                return true;
    return false;
}

static bool has_moved(struct engine *e, struct thread *t)
{
    const struct thread_catch *catch = &t->catch;
    bool moved =
        catch->via_handler && trap_vector_of(e, t) != catch->trap_vector;

    for (unsigned vector = 0; vector < ARCH_VECTORS; vector++)
        moved |= catch->awaited[vector] &&
                 handler_of(t, vector) != catch->handler[vector];
    return moved;
}

bool catch_moved(struct engine *e, struct thread *t)
{
    bool moved = has_moved(e, t);

    if (moved)
        e->catch.unsettled_left = CATCH_SETTLES;
    return moved;
}

/* The planted trap that raised the exception in user code, or NULL. The vCPU
 * then stands at it. kvm_pvm reports icebp before the instruction, hardware
 * behind it. */
static const struct breakpoint *trap_in_user_code(struct engine *e,
                                                  struct thread *t)
{
    const struct trap *trap = e->points.host.trap;
    uint64_t pc = arch_pc(t->vcpu);
    const struct breakpoint *bp = place_planted(e, t, pc);

    if (bp)
        return bp;
    bp = place_planted(e, t, pc - trap->user_after);
    if (bp)
        (void)arch_set_pc(t->vcpu, pc - trap->user_after);
    return bp;
}

/* Is the vCPU where traps in user code lead to? */
static bool is_at_trap_handler(struct thread *t)
{
    return t->catch.via_handler &&
           handler_of(t, t->catch.trap_vector) == arch_pc(t->vcpu);
}

const struct breakpoint *catch_shutdown(struct engine *e, struct thread *t)
{
    if (!t->catch.via_handler || arch_is_reset(t->vcpu))
        return NULL;
    return trap_in_user_code(e, t);
}

static bool is_at_written_handler(struct engine *e, struct thread *t)
{
    for (unsigned vector = 0; vector < ARCH_VECTORS; vector++)
        if (is_for_written(e, t, vector) &&
            handler_of(t, vector) == arch_pc(t->vcpu))
            return true;
    return false;
}

static bool is_refused(const struct engine *e, const struct fault *fault)
{
    return fault->vector == e->points.written->refused_vector &&
           fault->code == e->points.written->refused_code;
}

/* What the client wrote in user code, or NULL. The vCPU then stands at it. */
static const struct breakpoint *written_in_user_code(struct engine *e,
                                                     struct thread *t,
                                                     const struct fault *fault)
{
    uint64_t pc = arch_pc(t->vcpu);
    const struct breakpoint *bp = NULL;

    if (!fault->has_code && !fault->is_explained)
        pc -= e->points.written->user_after;
    else if (!fault->has_code || !is_refused(e, fault))
        return NULL;
    bp = written_at(e, t, pc);
    if (bp)
        (void)arch_set_pc(t->vcpu, pc);
    return bp;
}

/* Other exceptions may use the same handler. */
static bool may_be_trap(const struct engine *e, const struct fault *fault)
{
    return !fault->is_explained ||
           fault->vector == e->points.host.trap->user_vector;
}

/* A step can come to a handler without an exception, and an old frame may lie
 * there; but then it is not that of the instruction stepped. */
static bool is_stale_frame(const struct thread *t, const struct fault *fault)
{
    return t->wish.kind != RESUME_CONTINUE && !fault->is_trap &&
           arch_pc(t->vcpu) != t->resumed_at;
}

static bool is_wanted(const struct engine *e, const struct fault *fault)
{
    unsigned vector = fault->vector;

    if (!catch_wants(e, vector) || fault->is_call)
        return false;
    return !e->catch.has_code[vector] ||
           (fault->has_code && fault->code == e->catch.code[vector]);
}

/* The guest goes on behind the breakpoint that stopped it. */
static enum catch_verdict catch_pass(struct engine *e, struct thread *t)
{
    t->passing = true;
    e->points.stale = true;
    return CATCH_PASS;
}

enum catch_verdict catch_hit(struct engine *e, struct thread *t,
                             unsigned vector, struct fault *ret,
                             const struct breakpoint **ret_bp)
{
    bool at_trap = is_at_trap_handler(t);
    bool at_written = is_at_written_handler(e, t);

    if (arch_undeliver(t->vcpu, vector, ret) < 0)
        return catch_pass(e, t);
    *ret_bp = at_trap && may_be_trap(e, ret) ? trap_in_user_code(e, t) : NULL;
    if (!*ret_bp && at_written)
        *ret_bp = written_in_user_code(e, t, ret);
    if (*ret_bp)
        return CATCH_TRAP;
    if (is_wanted(e, ret) && !is_stale_frame(t, ret)) {
        t->taken_back = true;
        return CATCH_STOP;
    }
    arch_redeliver(t->vcpu);
    return catch_pass(e, t);
}

void catch_changed(struct engine *e, struct thread *t)
{
    if (!t->taken_back && !t->passing)
        return;
    t->taken_back = false;
    t->passing = false;
    e->points.stale = true;
}

bool catch_release(struct engine *e, struct thread *t)
{
    if (!t->taken_back)
        return false;
    t->taken_back = false;
    t->passing = true;
    e->points.stale = true;
    arch_redeliver(t->vcpu);
    return true;
}
