/* SPDX-License-Identifier: MIT */
#include "stub/engine/stall.h"

#include <time.h>

#include "stub/engine/guards.h"

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
static bool has_stepped(struct engine *e, struct thread *t,
                        const struct vcpu_event *event)
{
    bool steps = t->stall.steps;

    t->stall.steps = event->stepped && e->guards.down;
    return steps;
}

static bool is_suspect(struct engine *e, struct thread *t,
                       const struct vcpu_event *event)
{
    return !has_stepped(e, t, event) && event->kind == VCPU_EVENT_KICK &&
           !t->vcpu->halted && arch_progress(t->vcpu) == t->entered_at &&
           (guards_in_force(e) || !arch_may_stay(t->vcpu));
}

static bool is_in_vain(struct stall *stall)
{
    int64_t now = cpu_time();

    if (!stall->kicks++)
        stall->since = now;
    return stall->kicks >= VAIN_KICKS && now - stall->since >= VAIN_NS;
}

void stall_judge(struct engine *e, struct thread *t, struct vcpu_event *event)
{
    struct stall *stall = &t->stall;

    if (!is_suspect(e, t, event)) {
        if (event->kind == VCPU_EVENT_KICK && stall->hot)
            stall->hot--;
        stall->trial = false;
        stall->kicks = 0;
        return;
    }
    /* In a loop of few instructions to be found at the same one twice is mostly
     * chance. */
    if (t->vcpu->debug.step || arch_may_stall(t->vcpu))
        stall->hot = STALL_HOT;
    if (!t->vcpu->debug.step)
        stall->trial = true;
    else if (is_in_vain(stall))
        *event = (struct vcpu_event){.kind = VCPU_EVENT_STALL};
}
