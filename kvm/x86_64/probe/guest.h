/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_PROBE_GUEST_H
#define KVM_X86_64_PROBE_GUEST_H

/* The scratch guest of the experiments. */

#include "kvm/x86_64/probe/types.h"

/* Puts vCPU 0 of the scratch VM at the start. 0 or -errno. */
int probe_guest_start(struct vm *vm, enum x86_context context,
                      const struct probe_start *start);
/* Runs to the first exit that is not MMIO. 0 or -errno. */
int probe_guest_run(struct vm *vm, struct probe_observation *ret);

#endif
