/* SPDX-License-Identifier: MIT */
#include "kvm/core/link.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>

#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "kvm/core/kick.h"
#include "kvm/core/sys.h"

static int local_ioctl(struct vcpu *vcpu, unsigned long request, void *arg,
                       size_t size)
{
    (void)size;
    return sys_ioctl(vcpu->fd, request, arg);
}

static int local_enter(struct vcpu *vcpu)
{
    return ioctl(vcpu->fd, KVM_RUN, 0) < 0 ? -errno : 0;
}

static void local_kick(struct vcpu *vcpu)
{
    (void)pthread_kill(atomic_load(&vcpu->runner), VCPU_KICK_SIGNAL);
}

const struct vcpu_link vcpu_link_local = {local_ioctl, local_enter, local_kick};
