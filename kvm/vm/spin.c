/* SPDX-License-Identifier: MIT */
#include "kvm/vm/spin.h"

#include <time.h>

static uint64_t spin_cpu_time(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * CLOCK_NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

static const struct machine_clock *clock_of(const struct vcpu *vcpu)
{
    return &vcpu->vm->board.clock;
}

static uint64_t patience(const struct vcpu *vcpu)
{
    return clock_of(vcpu)->pushes ? SPIN_IMPATIENCE_NS : SPIN_PATIENCE_NS;
}

void spin_enter(struct vcpu *vcpu)
{
    if (clock_of(vcpu)->is_virtual)
        vcpu->spin.mark = spin_cpu_time();
}

/* What the thread does outside does not count. */
void spin_leave(struct vcpu *vcpu)
{
    if (clock_of(vcpu)->is_virtual)
        vcpu->spin.ns += spin_cpu_time() - vcpu->spin.mark;
}

/* Several times in that time: what the guest has done meanwhile is only seen
 * then. */
uint64_t spin_when(const struct vcpu *vcpu)
{
    return machine_clock_host() + patience(vcpu) / 4;
}

bool spin_look(struct vcpu *vcpu)
{
    struct machine_clock_state clock =
        machine_clock_state(&vcpu->vm->board.clock);
    struct vcpu_spin *spin = &vcpu->spin;
    uint64_t cpu = spin_cpu_time();

    if (spin->seen != clock.now) {
        *spin = (struct vcpu_spin){.seen = clock.now, .mark = cpu};
        return false;
    }
    spin->ns += cpu - spin->mark;
    spin->mark = cpu;
    if (spin->ns < patience(vcpu))
        return false;
    spin->ns = 0;
    return true;
}
