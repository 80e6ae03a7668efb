/* SPDX-License-Identifier: MIT */
#include "stub/engine/stop.h"

#include <stdio.h>

#include "kvm/arch.h"
#include "kvm/core/kick.h"
#include "rsp/session.h"
#include "stub/engine/written.h"
#include "stub/log.h"

static struct vcpu *the_vcpu(struct debugger *d)
{
    return debugger_vcpu(d, 1);
}

void debugger_finish(struct debugger *d, enum ending_kind kind, int value,
                     const char *reason)
{
    ending_set(&d->ending, kind, value, "%s", reason);
    d->running = false;
}

bool debugger_finished(const struct debugger *d)
{
    return d->ending.kind != ENDING_NONE;
}

void stop_as(struct debugger *d, struct rsp_stop why)
{
    why.tid = 1;
    d->running = false;
    d->interrupt = false;
    vcpu_kick_forget(the_vcpu(d));
    d->last = why;
    log_trace(LOG_RUN, "run: stop kind %d signal %d at 0x%llx", (int)why.kind,
              why.signal, (unsigned long long)arch_pc(the_vcpu(d)));
    rsp_stopped(&d->session, &why);
    d->last.text = NULL; /* said once */
}

void stop_with_signal(struct debugger *d, uint8_t signal)
{
    stop_as(d, (struct rsp_stop){.kind = RSP_STOP_SIGNAL, .signal = signal});
}

/* Nobody looks at it: is that the end? */
void end_in_trouble(struct debugger *d)
{
    if (!d->attached && d->in_trouble && d->on_stop == STOPPED_EXIT)
        debugger_finish(d, ENDING_STOPPED, 0, d->trouble);
}

void note_trouble(struct debugger *d)
{
    (void)snprintf(d->trouble, sizeof d->trouble, "%s", d->stop_text);
    d->in_trouble = true;
}

/* The guest cannot go on: says so on the console and to the client. */
void stop_in_trouble(struct debugger *d, uint8_t signal)
{
    bool wait = !d->attached && d->on_stop == STOPPED_WAIT;

    log_user("%s%s", d->stop_text, wait ? "; waiting for a debugger" : "");
    note_trouble(d);
    stop_as(d, (struct rsp_stop){.kind = RSP_STOP_SIGNAL,
                                 .signal = signal,
                                 .text = d->stop_text});
    end_in_trouble(d);
}

/* The breakpoint's code by another name, or a place that the client's registers
 * have no room for. Were it told as a breakpoint, GDB would take it for one
 * that is gone by now, and go on. */
static void stop_at_alias(struct debugger *d, const struct breakpoint *bp)
{
    unsigned long long pc = arch_pc(the_vcpu(d));

    if (bp->gva == pc)
        (void)snprintf(d->stop_text, sizeof d->stop_text,
                       "this is the breakpoint at 0x%llx, where your debugger "
                       "sees 32 bits of addresses (`monitor follow-mode on` "
                       "shows them whole)",
                       pc);
    else
        (void)snprintf(d->stop_text, sizeof d->stop_text,
                       "this is the code of the breakpoint at 0x%llx, mapped "
                       "here too",
                       (unsigned long long)bp->gva);
    stop_as(d, (struct rsp_stop){.kind = RSP_STOP_SIGNAL,
                                 .signal = RSP_SIGTRAP,
                                 .text = d->stop_text});
}

void stop_at_written(struct debugger *d)
{
    struct vcpu *vcpu = the_vcpu(d);
    struct rsp_stop why;

    if (!written_at(d, vcpu, arch_pc(vcpu))) {
        d->bps.stale = true;
        return;
    }
    written_stop(d, vcpu, &why);
    stop_as(d, why);
}

void stop_at_breakpoint(struct debugger *d, const struct breakpoint *bp)
{
    static const enum rsp_stop_kind kinds[] = {
        [BP_SOFT] = RSP_STOP_SWBREAK,  [BP_HARD] = RSP_STOP_HWBREAK,
        [BP_WRITE] = RSP_STOP_WATCH,   [BP_READ] = RSP_STOP_RWATCH,
        [BP_ACCESS] = RSP_STOP_AWATCH,
    };

    if (bp->kind == BP_WRITTEN)
        stop_at_written(d);
    else if (bp_is_exec(bp) && !serve_is_known(d, bp, arch_pc(the_vcpu(d))))
        stop_at_alias(d, bp);
    else
        stop_as(d, (struct rsp_stop){.kind = kinds[bp->kind], .addr = bp->gva});
}

/* --- the end --- */

void end_with_guest(struct debugger *d)
{
    char reason[64];

    (void)snprintf(reason, sizeof reason, "the guest exited with status %d",
                   d->status);
    debugger_finish(d, ENDING_EXITED, d->status, reason);
}
