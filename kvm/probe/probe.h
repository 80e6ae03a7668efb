/* SPDX-License-Identifier: MIT */
#ifndef KVM_PROBE_PROBE_H
#define KVM_PROBE_PROBE_H

/*
 * Does feature F work in CPU context C on this host? KVM's capabilities say
 * only what is accepted, and hosts differ in what then happens, so each
 * question is answered by an experiment: a few instructions in a scratch VM,
 * run when first asked, about a millisecond, and remembered.
 *
 * Features are the same for all architectures, but for the trap instructions;
 * contexts are the architecture's own. Without KVM every answer is no.
 * For one thread; nothing here is shared between probes.
 */

#include "kvm/probe/types.h"

/* Costs nothing; a probe may be copied until it is asked. */
void probe_init(struct probe *probe);
/* Gives the scratch VM back. The answers stay, and a new question makes a new
 * VM, so call it after a round of questions. */
void probe_rest(struct probe *probe);

const struct probe_answer *probe_ask(struct probe *probe,
                                     enum probe_feature feature,
                                     unsigned context);
/* In every context where the guest's kernel runs (or its user code) and where
 * there is such a thing. */
bool probe_in_kernel(struct probe *probe, enum probe_feature feature);
bool probe_in_user(struct probe *probe, enum probe_feature feature);

#endif
