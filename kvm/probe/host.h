/* SPDX-License-Identifier: MIT */
#ifndef KVM_PROBE_HOST_H
#define KVM_PROBE_HOST_H

/*
 * What this machine says of itself and its KVM, for a person who wants to know
 * why something does not work. What KVM really does is kvm/probe/probe.h's
 * matter. Needs no /dev/kvm; everything is best effort, empty when not known.
 */

#include "kvm/probe/types.h"

void host_read(struct host *ret);

/* Capabilities that matter to a debugger. */
struct host_cap {
    const char *name; /* without KVM_CAP_ */
    unsigned long number;
    bool is_mask; /* its value is a set of bits */
    const char *use;
};

/* NULL after the last. */
const struct host_cap *host_cap_at(unsigned i);
/* KVM's answers, to file descriptors of /dev/kvm or a VM: 0 says absent. */
int host_cap_value(int fd, const struct host_cap *cap);
int host_api_version(int fd);

#endif
