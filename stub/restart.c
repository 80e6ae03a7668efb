/* SPDX-License-Identifier: MIT */
/*
 * The guest from the beginning: a new machine, so that nothing of the old one
 * is left, in place of the old one. Breakpoints and settings stay.
 */
#include <stdlib.h>

#include "stub/arch.h"
#include "stub/debugger.h"
#include "stub/log.h"

/* Before the memory goes in which they are. */
static void leave_machine(struct debugger *d)
{
    bp_pull_all(&d->bps);
    d->running = d->interrupt = false;
    d->watch_hit = NULL;
    d->catch.taken_back = d->catch.passing = false;
    d->catch.steps_left = CATCH_STEPS;
}

static void enter_machine(struct debugger *d)
{
    d->vm->guard_owner = (struct guard_owner){serve_access, d};
    d->ended = d->guest_has_run = false;
    d->last = (struct rsp_stop){
        .kind = RSP_STOP_SIGNAL, .tid = 1, .signal = RSP_SIGTRAP};
    /* A vCPU learns which registers it has when it is described. */
    (void)stub_describe(debugger_vcpu(d, 1), d->image.mode, &d->session.client);
}

int debugger_restart(struct debugger *d, struct diag *diag)
{
    int r;

    leave_machine(d);
    r = d->machine.restart(d->machine.context, &d->image, diag);
    if (d->vm->n_vcpus == 0) {
        log_user("%s", diag->text);
        debugger_finish(d, EXIT_FAILURE);
        return r;
    }
    enter_machine(d);
    log_trace(LOG_RUN, "run: restarted: %d", r);
    return r;
}
