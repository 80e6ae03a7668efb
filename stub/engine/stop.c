/* SPDX-License-Identifier: MIT */
#include "stub/engine/stop.h"

#include <stdio.h>

#include "stub/engine/place.h"
#include "stub/engine/written.h"
#include "stub/log.h"

void stop_as(struct engine *e, struct thread *t, struct stop why)
{
    why.tid = t->tid;
    e->running = false;
    e->interrupt = false;
    e->current = t->tid - 1;
    e->machine->ops->forget_kick(e->machine);
    log_trace(LOG_RUN, "run: stop kind %d of thread %u at 0x%llx",
              (int)why.kind, t->tid, (unsigned long long)arch_pc(t->vcpu));
    e->listener->stopped(e->context, &why);
}

void stop_plainly(struct engine *e, struct thread *t, enum stop_kind kind)
{
    stop_as(e, t, (struct stop){.kind = kind});
}

void stop_with_text(struct engine *e, struct thread *t, enum stop_kind kind,
                    unsigned fault)
{
    stop_as(e, t, (struct stop){.kind = kind, .fault = fault, .text = e->text});
}

/* The breakpoint's code by another name, or a place that the client's registers
 * have no room for. Were it told as a breakpoint, GDB would take it for one
 * that is gone by now, and go on. */
static void stop_at_alias(struct engine *e, struct thread *t,
                          const struct breakpoint *bp)
{
    unsigned long long pc = arch_pc(t->vcpu);

    if (bp->gva == pc)
        (void)snprintf(e->text, sizeof e->text,
                       "this is the breakpoint at 0x%llx, where your debugger "
                       "sees 32 bits of addresses (`monitor follow-mode on` "
                       "shows them whole)",
                       pc);
    else
        (void)snprintf(e->text, sizeof e->text,
                       "this is the code of the breakpoint at 0x%llx, mapped "
                       "here too",
                       (unsigned long long)bp->gva);
    stop_with_text(e, t, STOP_TRAP, FAULT_UNKNOWN);
}

void stop_at_written(struct engine *e, struct thread *t)
{
    struct stop why;

    if (!written_at(e, t, arch_pc(t->vcpu))) {
        e->points.stale = true;
        return;
    }
    written_stop(e, t, &why);
    stop_as(e, t, why);
}

void stop_at_breakpoint(struct engine *e, struct thread *t,
                        const struct breakpoint *bp)
{
    static const enum stop_kind kinds[] = {
        [BP_SOFT] = STOP_SOFT,     [BP_HARD] = STOP_HARD,
        [BP_WRITE] = STOP_WRITE,   [BP_READ] = STOP_READ,
        [BP_ACCESS] = STOP_ACCESS,
    };

    if (bp->kind == BP_WRITTEN)
        stop_at_written(e, t);
    else if (bp_is_exec(bp) && !place_is_known(e, bp, arch_pc(t->vcpu)))
        stop_at_alias(e, t, bp);
    else
        stop_as(e, t, (struct stop){.kind = kinds[bp->kind], .addr = bp->gva});
}
