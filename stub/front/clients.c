/* SPDX-License-Identifier: MIT */
#include "stub/front/clients.h"

#include "rsp/session.h"
#include "stub/engine/engine.h"
#include "stub/front/gdb.h"

void debugger_attach(struct debugger *d)
{
    engine_interrupt(&d->engine);
    d->engine.attended = true;
}

void debugger_connect(struct debugger *d)
{
    debugger_attach(d);
    d->connected = true;
    rsp_connect(&d->session, false);
}

/* What the next client is told, which has taken no step and knows none of the
 * breakpoints that this one stopped at. */
static struct rsp_stop stop_for_next(const struct debugger *d)
{
    struct rsp_stop plain = {.kind = RSP_STOP_SIGNAL,
                             .tid = 1,
                             .signal =
                                 d->engine.running ? RSP_SIGINT : RSP_SIGTRAP};
    bool lasts = d->last.kind == RSP_STOP_SIGNAL || stop_is_the_end(&d->last);

    return lasts && !d->engine.running ? d->last : plain;
}

static void clients_part(struct debugger *d)
{
    d->last = stop_for_next(d);
    engine_forget_client(&d->engine);
}

static void clients_leave(struct debugger *d, enum when_gone policy)
{
    clients_part(d);
    if (d->engine.ended)
        debugger_end_with_guest(d);
    else if (policy == GONE_EXIT)
        debugger_finish(d, ENDING_LEFT, 0, "the debugger has gone");
    else if (policy == GONE_RUN)
        debugger_start(d);
    else
        debugger_end_in_trouble(d);
}

void debugger_detach(struct debugger *d, bool stay_stopped)
{
    clients_leave(d, stay_stopped ? GONE_STOP : d->on_detach);
}

void debugger_lost(struct debugger *d)
{
    d->connected = false;
    if (debugger_finished(d))
        return;
    if (d->engine.attended)
        clients_leave(d, d->on_disconnect);
    else if (d->engine.ended)
        debugger_end_with_guest(d);
}

int debugger_kill(struct debugger *d, struct diag *diag)
{
    bool again = d->on_kill == KILLED_AUTO && rsp_extended(&d->session);
    int r = 0;

    if (d->on_kill == KILLED_DETACH) {
        clients_leave(d, d->on_detach);
        return 0;
    }
    if (d->on_kill == KILLED_RESET || again)
        r = debugger_restart(d, diag);
    else
        debugger_finish(d, ENDING_KILLED, 0, "the debugger killed the guest");
    if (!r)
        clients_part(d);
    return r;
}
