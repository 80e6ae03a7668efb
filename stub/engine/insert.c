/* SPDX-License-Identifier: MIT */
#include "stub/engine/insert.h"

#include "kvm/arch_run.h"
#include "stub/arch.h"
#include "stub/engine/catch.h"
#include "stub/engine/host.h"
#include "stub/engine/written.h"
#include "stub/log.h"
#include "stub/points/assign.h"
#include "stub/points/filter.h"

/* --- the guest's memory, as the table asks for it --- */

static int page_tables(void *context, void (*visit)(void *, uint64_t gpa),
                       void *visit_context)
{
    const struct thread *t = context;

    return arch_page_tables(t->vcpu, visit, visit_context);
}

static bool is_for_user(void *context, uint64_t gva)
{
    const struct thread *t = context;

    return arch_is_user_page(t->vcpu, gva);
}

static struct bp_space space_of(struct thread *t)
{
    return (struct bp_space){
        .gva = arch_space(t->vcpu),
        .page_tables = page_tables,
        .bars_traps = t->catch.trap_is_end ? is_for_user : NULL,
        .context = t,
        .wide = arch_is_wide(t->vcpu),
    };
}

/* --- before --- */

/* Said once. */
static void tell_barred(struct engine *e, const struct breakpoint *bp)
{
    if (e->barred_told || !bp)
        return;
    e->barred_told = true;
    log_user("the breakpoint at 0x%llx, in user code, waits until the guest "
             "has a handler for #%s, which this host's traps raise there: "
             "without one they would be a triple fault; hardware breakpoints "
             "are not concerned",
             (unsigned long long)bp->gva,
             arch_vector_name(e->points.host.trap->user_vector));
}

static void arm_table(struct engine *e)
{
    struct thread *t = engine_current(e);
    struct bp_space space;
    bool missing;

    if (e->points.n || e->catch.n)
        host_learn(e);
    written_arm(e, t);
    missing = catch_arm(e);
    space = space_of(t);
    e->points_pending = bp_arm(&e->points, &space) || missing;
    tell_barred(e, bp_barred(&e->points, &space));
    /* Where the machine cannot tell, the next tick notices. */
    e->machine->ops->tell_widening(e->machine,
                                   e->points.awaits_wide || e->tells_wide);
}

/* Does every vCPU that goes on make a step and no more? */
static bool all_step(const struct engine *e)
{
    for (unsigned i = 0; i < e->n_threads; i++)
        if (e->thread[i].wish.kind == RESUME_CONTINUE)
            return false;
    return true;
}

/* Memory slots are cut for guards, be these in force or down for now. */
static bool has_guards(const struct engine *e)
{
    return e->guards.n || e->guards.down;
}

/* A step off a breakpoint comes between two continues that need the same
 * guards: to leave them in force meanwhile does no harm. */
static bool guards_may_stay(const struct engine *e)
{
    return all_step(e) && e->points.n_guards == 0;
}

static int set_guards(struct engine *e)
{
    int r;

    if (guards_may_stay(e) || (e->points.n_guards == 0 && !has_guards(e)))
        return 0;
    r = e->machine->ops->guard(e->machine, e->points.guard, e->points.n_guards);
    if (!r)
        e->guards.n = e->points.n_guards;
    e->guards.down = false;
    return r;
}

/* A continue looks at memory anew for these, and removes guards that a step has
 * left. */
static bool has_work(const struct engine *e)
{
    return e->points.n || e->catch.n || has_guards(e);
}

int insert_points(struct engine *e)
{
    int r = 0;

    if (e->points.stale || (e->rearm && has_work(e))) {
        arm_table(e);
        r = set_guards(e);
    }
    e->rearm = false;
    return r;
}

/* Said once: the guest's own breakpoints are silent while ours are loaded. */
static void tell_shadow(struct engine *e, struct thread *t)
{
    if (e->shadow_told || !t->vcpu->debug.n_hw ||
        t->wish.kind != RESUME_CONTINUE || !arch_guest_has_points(t->vcpu))
        return;
    e->shadow_told = true;
    log_user("the guest uses debug registers itself; its breakpoints in them "
             "do not work as long as the debugger's need registers");
}

void insert_registers(struct engine *e, struct thread *t)
{
    bp_wanted(&e->points, &t->vcpu->debug);
    t->vcpu->debug.trap = e->points.host.trap;
    tell_shadow(e, t);
}

/* --- after --- */

void insert_look(struct engine *e, struct thread *t)
{
    const struct bp_space space = space_of(t);

    e->points.stale |= bp_filter_broken(&e->points) || catch_moved(e, t) ||
                       (e->points.awaits_wide && arch_is_wide(t->vcpu)) ||
                       ((e->points_pending || e->points.lacks_traps) &&
                        bp_appeared(&e->points, &space));
}

/* --- wider addresses --- */

bool insert_awaits_wide(struct engine *e, struct thread *t)
{
    bool widens =
        (e->points.awaits_wide || e->tells_wide) && arch_is_widening(t->vcpu);
    bool arrives = e->tells_wide && arch_is_wide(t->vcpu) &&
                   stub_code_mode(t->vcpu) != CPU_MODE_LONG;

    return (widens || arrives) && t->wide_steps && t->wide_steps--;
}

static bool any_watched(const struct bp_table *table)
{
    for (size_t i = 0; i < table->n; i++)
        if (!bp_is_exec(&table->bp[i]))
            return true;
    return false;
}

bool insert_tells_wide(const struct engine *e)
{
    return !all_step(e) && e->attended && e->listener->follows(e->context) &&
           e->listener->address_bits(e->context) < 64 &&
           (e->points.n_twins || any_watched(&e->points));
}
