/* SPDX-License-Identifier: MIT */
#include "stub/engine/written.h"

#include "kvm/vm/trap.h"
#include "stub/points/written.h"

static bool exits_in_user_code(struct engine *e)
{
    return e->machine->ops->host->written_exits_user(e->machine);
}

void written_arm(struct engine *e, struct thread *t)
{
    struct bp_table *table = &e->points;

    if (!table->n_written)
        return;
    table->written_exits =
        e->machine->ops->host->written_exits(e->machine, t->tid - 1);
    table->registers_suffice =
        table->host.user_registers || !arch_may_run_user(t->vcpu);
}

bool written_needs_handler(struct engine *e, struct thread *t)
{
    return e->points.n_written && e->points.written_exits &&
           arch_may_run_user(t->vcpu) && !exits_in_user_code(e);
}

struct breakpoint *written_at(struct engine *e, struct thread *t, uint64_t gva)
{
    uint64_t gpa;
    uint64_t run;

    if (!e->points.n_written || arch_translate(t->vcpu, gva, &gpa, &run) < 0)
        return NULL;
    return bp_written_at(&e->points, gpa);
}

const struct breakpoint *written_hit(struct engine *e, struct thread *t,
                                     const struct vcpu_event *event)
{
    if (!e->points.n_written || !trap_written_exit(t->vcpu, event))
        return NULL;
    return written_at(e, t, arch_pc(t->vcpu));
}

/*
 * GDB that takes swbreak, and LLDB, look for a breakpoint of theirs at pc. A
 * GDB that does not take it looks before pc, where the CPU leaves it (gdbarch's
 * decr_pc_after_break).
 */
void written_stop(struct engine *e, struct thread *t, struct stop *ret)
{
    struct vcpu *vcpu = t->vcpu;
    struct breakpoint *bp = written_at(e, t, arch_pc(vcpu));

    *ret = (struct stop){.kind = STOP_WRITTEN};
    if (e->listener->finds_at_pc(e->context)) {
        t->written_pc = arch_pc(vcpu);
        if (bp)
            bp->told = true;
        return;
    }
    *ret = (struct stop){.kind = STOP_TRAP};
    (void)arch_set_pc(vcpu, arch_pc(vcpu) + e->points.written->user_after);
}

/* A client that has taken its breakpoint away to step off it, and written it
 * again, has another one. */
bool written_pass(struct engine *e, struct thread *t)
{
    uint64_t pc = arch_pc(t->vcpu);
    const struct breakpoint *bp = written_at(e, t, pc);
    bool passes = bp && bp->told && pc == t->written_pc;

    t->written_pc = BP_NO_PLACE;
    if (passes)
        (void)arch_set_pc(t->vcpu, pc + e->points.written->user_after);
    return passes;
}
