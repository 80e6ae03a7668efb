/* SPDX-License-Identifier: MIT */
/*
 * The guest from the beginning: a new machine, so that nothing of the old one
 * is left, in place of the old one. Breakpoints and settings stay.
 */
#include "rsp/session.h"
#include "stub/arch.h"
#include "stub/engine/engine.h"
#include "stub/log.h"
#include "stub/points/table.h"

void debugger_forget_run(struct debugger *d)
{
    d->running = d->interrupt = false;
    d->ended = d->in_trouble = false;
    hits_forget(&d->hits);
    d->guards_down = false;
    d->written_pc = d->bulk_end = BP_NO_PLACE;
    d->written_passed = false;
    d->catch.taken_back = d->catch.passing = false;
    d->catch.steps_left = CATCH_STEPS;
    d->last = (struct rsp_stop){
        .kind = RSP_STOP_SIGNAL, .tid = 1, .signal = RSP_SIGTRAP};
}

static void enter_machine(struct debugger *d, struct vm *vm)
{
    d->vm = vm;
    bp_remove_kind(&d->bps, BP_WRITTEN);
    d->bps.mem = &vm->mem;
    vm->guard_owner = (struct guard_owner){guarded_access, d};
    /* A vCPU learns which registers it has when it is described. */
    (void)stub_describe(debugger_vcpu(d, 1), d->image.mode, &d->session.client);
}

int debugger_restart(struct debugger *d, struct diag *diag)
{
    struct vm *vm;
    int r;

    bp_pull_all(&d->bps); /* before the memory goes in which they are */
    r = d->machine.restart(d->machine.context, &vm, &d->image, diag);
    log_trace(LOG_RUN, "run: restarted: %d", r);
    if (r < 0)
        return r;
    debugger_forget_run(d);
    rsp_restarted(&d->session);
    enter_machine(d, vm);
    return 0;
}
