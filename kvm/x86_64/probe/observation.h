/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_PROBE_OBSERVATION_H
#define KVM_X86_64_PROBE_OBSERVATION_H

#include <stddef.h>

#include "kvm/x86_64/probe/types.h"

/* Pure: does what was seen have all that is wanted? And in words. */
bool probe_observation_is(const struct probe_observation *want,
                          const struct probe_observation *saw);
void probe_observation_describe(const struct probe_observation *saw, char *text,
                                size_t cap);

#endif
