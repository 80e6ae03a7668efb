/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_PROBE_SIGHT_H
#define KVM_X86_64_PROBE_SIGHT_H

#include <stddef.h>

#include "kvm/x86_64/probe/types.h"

/* Pure: does what was seen have all that is wanted? And in words. */
bool probe_sight_is(const struct probe_sight *want,
                    const struct probe_sight *saw);
void probe_sight_describe(const struct probe_sight *saw, char *text,
                          size_t cap);

#endif
