/* SPDX-License-Identifier: MIT */
#ifndef KVM_ARCH_PROBE_H
#define KVM_ARCH_PROBE_H

/* What an architecture provides to the probe: its contexts, its experiments,
 * and what it knows of the host's CPU. */

#include "kvm/probe/types.h"

/* NULL after the last. */
const struct probe_name *probe_context_name(unsigned context);
const struct probe_name *probe_feature_name(unsigned feature);
/* Is there such a thing in that context at all? Else its answer is no, and
 * means nothing. */
bool probe_applies(enum probe_feature feature, unsigned context);
/* The context that comes closest to what the vCPU executes now. */
unsigned probe_context_of(struct vcpu *vcpu);

/* For kvm/probe/probe.c: lays out the memory of a new scratch VM ... */
int arch_probe_prepare(struct vm *scratch);
/* ... and runs one experiment in it. */
void arch_probe_try(struct vm *scratch, enum probe_feature feature,
                    unsigned context, struct probe_answer *ret);

/* is_virtual, hypervisor, cpu_module. */
void arch_host_read(struct host *ret);

#endif
