/* SPDX-License-Identifier: MIT */
#include "stub/engine/written.h"

#include "kvm/arch.h"
#include "kvm/core/trap.h"
#include "kvm/probe/probe.h"
#include "kvm/probe/trap.h"
#include "kvm/vm/trap.h"
#include "rsp/session.h"
#include "stub/points/written.h"

void written_arm(struct debugger *d, struct vcpu *vcpu)
{
    struct bp_table *table = &d->bps;

    if (!table->n_written)
        return;
    table->written_exits = trap_written_exits(&d->probe, vcpu);
    table->registers_suffice =
        table->host.user_registers || !arch_may_run_user(vcpu);
    probe_rest(&d->probe);
}

bool written_needs_door(struct debugger *d)
{
    bool needs = d->bps.n_written && d->bps.written_exits &&
                 arch_may_run_user(debugger_vcpu(d, 1)) &&
                 !trap_written_exits_user(&d->probe);

    probe_rest(&d->probe);
    return needs;
}

struct breakpoint *written_at(struct debugger *d, struct vcpu *vcpu,
                              uint64_t gva)
{
    uint64_t gpa;
    uint64_t run;

    if (!d->bps.n_written || arch_translate(vcpu, gva, &gpa, &run) < 0)
        return NULL;
    return bp_written_at(&d->bps, gpa);
}

const struct breakpoint *written_hit(struct debugger *d, struct vcpu *vcpu,
                                     const struct vcpu_event *event)
{
    if (!d->bps.n_written || !trap_written_exit(vcpu, event))
        return NULL;
    return written_at(d, vcpu, arch_pc(vcpu));
}

/*
 * GDB that takes swbreak, and LLDB, look for a breakpoint of theirs at pc. A
 * GDB that does not take it looks before pc, where the CPU leaves it (gdbarch's
 * decr_pc_after_break).
 */
void written_stop(struct debugger *d, struct vcpu *vcpu, struct rsp_stop *ret)
{
    struct breakpoint *bp = written_at(d, vcpu, arch_pc(vcpu));

    *ret = (struct rsp_stop){.kind = RSP_STOP_SWBREAK};
    if (rsp_takes_swbreak(&d->session)) {
        d->written_pc = arch_pc(vcpu);
        if (bp)
            bp->told = true;
        return;
    }
    *ret = (struct rsp_stop){.kind = RSP_STOP_SIGNAL, .signal = RSP_SIGTRAP};
    (void)arch_set_pc(vcpu, arch_pc(vcpu) + d->bps.written->user_after);
}

/* A client that has taken its breakpoint away to step off it, and written it
 * again, has another one. */
bool written_pass(struct debugger *d, struct vcpu *vcpu)
{
    uint64_t pc = arch_pc(vcpu);
    const struct breakpoint *bp = written_at(d, vcpu, pc);
    bool passes = bp && bp->told && pc == d->written_pc;

    d->written_pc = BP_NO_PLACE;
    if (passes)
        (void)arch_set_pc(vcpu, pc + d->bps.written->user_after);
    return passes;
}
