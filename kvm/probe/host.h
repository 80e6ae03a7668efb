/* SPDX-License-Identifier: MIT */
#ifndef KVM_PROBE_HOST_H
#define KVM_PROBE_HOST_H

/*
 * What this machine says of itself and its KVM, for a person who wants to know
 * why something does not work. What KVM really does is kvm/probe/probe.h's
 * matter. Needs no /dev/kvm; everything is best effort, empty when not known.
 */

#include <stdbool.h>

enum { HOST_WORD = 72 };

struct host {
    char kernel[HOST_WORD];     /* uname -r */
    char machine[HOST_WORD];    /* uname -m */
    char module[HOST_WORD];     /* the loaded KVM module: "kvm_intel" */
    char nested[HOST_WORD];     /* its parameter "nested": "Y" */
    char hypervisor[HOST_WORD]; /* what this machine runs in: "KVMKVMKVM" */
    bool is_virtual;
    const char *cpu_module; /* the module for this CPU; NULL: it has, or shows,
                               no virtualization */
};

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

/* --- the architecture's part --- */

/* is_virtual, hypervisor, cpu_module. */
void arch_host_read(struct host *ret);

#endif
