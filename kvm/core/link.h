/* SPDX-License-Identifier: MIT */
#ifndef KVM_CORE_LINK_H
#define KVM_CORE_LINK_H

/*
 * How a vCPU is reached. One of this process is reached by ioctl(2), one of
 * another process by requests to somebody who makes them there. All that is
 * asked of a vCPU, and each entry into its guest, goes through here.
 */

#include <stddef.h>

#include <linux/kvm.h>

#include "kvm/vm/types.h"

struct vcpu_link {
    /* As sys_ioctl(): a value or -errno. size: bytes at arg, which go there,
     * come back, or both. */
    int (*ioctl)(struct vcpu *vcpu, unsigned long request, void *arg,
                 size_t size);
    /* One KVM_RUN. 0 for an exit, -EINTR for a kick or a signal, or -errno. */
    int (*enter)(struct vcpu *vcpu);
    /* Makes an enter() that is under way return. Any thread. */
    void (*kick)(struct vcpu *vcpu);
};

/* The vCPU's descriptor is of this process. */
extern const struct vcpu_link vcpu_link_local;

/* For what is longer than its request says: KVM's structs with an array at
 * their end. */
static inline int vcpu_ioctl_sized(struct vcpu *vcpu, unsigned long request,
                                   void *arg, size_t size)
{
    return vcpu->link->ioctl(vcpu, request, arg, size);
}

/* arg: NULL for a request that takes none. */
static inline int vcpu_ioctl(struct vcpu *vcpu, unsigned long request,
                             void *arg)
{
    return vcpu->link->ioctl(vcpu, request, arg, arg ? _IOC_SIZE(request) : 0);
}

#endif
