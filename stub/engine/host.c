/* SPDX-License-Identifier: MIT */
#include "stub/engine/host.h"

#include <string.h>

#include "stub/log.h"

/* Said once. Breakpoints then use only what every host has. */
static void tell_unmeasured(struct engine *e, int err)
{
    if (!e->unmeasured_told)
        log_user("cannot try out how this host's KVM traps, for want of a "
                 "second VM: %s; breakpoints and watchpoints may be missed",
                 strerror(-err));
    e->unmeasured_told = true;
}

void host_learn(struct engine *e)
{
    int r;

    if (e->host_known)
        return;
    r = e->machine->ops->host->measure(e->machine, &e->points.host);
    e->host_known = r == 0;
    if (r < 0)
        tell_unmeasured(e, r);
}

bool host_steps_user(struct engine *e)
{
    return e->machine->ops->host->steps_user(e->machine);
}

void host_prepare_step(struct engine *e, struct thread *t)
{
    struct debug_state *debug = &t->vcpu->debug;

    debug->no_user_step = !host_steps_user(e);
    if (arch_step_needs_trap(t->vcpu))
        host_learn(e);
    debug->trap = e->points.host.trap;
}
