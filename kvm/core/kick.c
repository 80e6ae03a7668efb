/* SPDX-License-Identifier: MIT */
#include "kvm/core/kick.h"

#include <errno.h>
#include <stdatomic.h>

#include <linux/kvm.h>

#include "kvm/core/link.h"
#include "kvm/vm/types.h"

static void set_immediate_exit(struct vcpu *vcpu, bool on)
{
    __atomic_store_n(&vcpu->run->immediate_exit, on, __ATOMIC_SEQ_CST);
}

static void on_kick_signal(int signal)
{
    (void)signal; /* its arrival is all that matters */
}

int vcpu_kick_setup(void)
{
    struct sigaction action = {.sa_handler = on_kick_signal};

    (void)sigemptyset(&action.sa_mask);
    return sigaction(VCPU_KICK_SIGNAL, &action, NULL) < 0 ? -errno : 0;
}

void vcpu_kick(struct vcpu *vcpu)
{
    atomic_store(&vcpu->kick_wanted, true);
    set_immediate_exit(vcpu, true);
    if (atomic_load(&vcpu->inside))
        vcpu->link->kick(vcpu);
}

/* First the flag, then the wish: a kick in between is seen by one of them. */
bool vcpu_kick_take(struct vcpu *vcpu)
{
    set_immediate_exit(vcpu, false);
    return atomic_exchange(&vcpu->kick_wanted, false);
}

void vcpu_kick_forget(struct vcpu *vcpu)
{
    (void)vcpu_kick_take(vcpu);
}

void vcpu_stay_out(struct vcpu *vcpu, bool on)
{
    set_immediate_exit(vcpu, on);
    if (!on && atomic_load(&vcpu->kick_wanted))
        set_immediate_exit(vcpu, true);
}
