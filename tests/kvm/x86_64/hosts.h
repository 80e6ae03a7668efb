/* SPDX-License-Identifier: MIT */
#ifndef TESTS_KVM_X86_64_HOSTS_H
#define TESTS_KVM_X86_64_HOSTS_H

/*
 * What hosts were seen to do. A kernel that does otherwise is news, and the
 * row is to be changed after a look at why.
 */

#include "kvm/probe/types.h"

struct known_host {
    const char *module;
    const char *hypervisor;            /* it runs in; NULL: any, "": none */
    const char *works[PROBE_FEATURES]; /* y, n, or - for what does not
                                           apply: real, prot, long, user */
};

/* NULL for a host that nobody has written down. */
const struct known_host *known_host(const struct host *host);

#endif
