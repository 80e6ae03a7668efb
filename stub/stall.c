/* SPDX-License-Identifier: MIT */
#include "stub/stall.h"

#include <time.h>

#include "kvm/arch.h"
#include "stub/debugger.h"

enum {
    HOT_TICKS = 64,
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

static bool is_suspect(struct debugger *d, struct vcpu *vcpu,
                       const struct vcpu_event *event)
{
    return event->kind == VCPU_EVENT_KICK && !vcpu->halted &&
           arch_progress(vcpu) == d->entered_at && !arch_may_stay(vcpu);
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
    stall->hot = HOT_TICKS;
    if (!vcpu->debug.step)
        stall->trial = true;
    else if (is_in_vain(stall))
        *event = (struct vcpu_event){.kind = VCPU_EVENT_STALL};
}
