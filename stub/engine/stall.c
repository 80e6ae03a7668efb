/* SPDX-License-Identifier: MIT */
#include "stub/engine/stall.h"

#include <time.h>

#include "kvm/arch.h"
#include "stub/engine/engine.h"

enum {
    VAIN_KICKS = 3,
    VAIN_NS = 200 * 1000 * 1000, /* no instruction takes that long */
    NS_PER_SECOND = 1000 * 1000 * 1000,
};

/* Of this thread: what others compute, and waiting, do not count. */
static int64_t cpu_time(void)
{
    struct timespec now = {.tv_sec = 0};

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * NS_PER_SECOND + now.tv_nsec;
}

/* Beside guarded pages the guest is stepped (stub/engine/guarded.c): a kick
 * then finds it where it was entered, for a step, and the last one has shown
 * that it moves.
 */
static bool has_stepped(struct debugger *d, const struct vcpu_event *event)
{
    bool steps = d->stall.steps;

    if (event->kind == VCPU_EVENT_KICK)
        d->stall.steps = false;
    else
        d->stall.steps = event->stepped && d->guards_down;
    return steps;
}

static bool is_suspect(struct debugger *d, struct vcpu *vcpu,
                       const struct vcpu_event *event)
{
    return !has_stepped(d, event) && event->kind == VCPU_EVENT_KICK &&
           !vcpu->halted && arch_progress(vcpu) == d->entered_at &&
           (d->vm->guards.n_guarded || !arch_may_stay(vcpu));
}

static bool is_in_vain(struct stall *stall)
{
    int64_t now = cpu_time();

    if (!stall->kicks++)
        stall->since = now;
    return stall->kicks >= VAIN_KICKS && now - stall->since >= VAIN_NS;
}

void stall_judge(struct debugger *d, struct vcpu *vcpu,
                 struct vcpu_event *event)
{
    struct stall *stall = &d->stall;

    if (!is_suspect(d, vcpu, event)) {
        if (event->kind == VCPU_EVENT_KICK && stall->hot)
            stall->hot--;
        stall->trial = false;
        stall->kicks = 0;
        return;
    }
    /* In a loop of few instructions it is chance, mostly. */
    if (vcpu->debug.step || arch_may_stall(vcpu))
        stall->hot = STALL_HOT;
    if (!vcpu->debug.step)
        stall->trial = true;
    else if (is_in_vain(stall))
        *event = (struct vcpu_event){.kind = VCPU_EVENT_STALL};
}
