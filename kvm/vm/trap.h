/* SPDX-License-Identifier: MIT */
#ifndef KVM_VM_TRAP_H
#define KVM_VM_TRAP_H

/* Is an event the exit of a trap? For the vCPU's owner. */

#include "kvm/core/trap.h"

/*
 * The instruction that debuggers write into memory themselves, as a CPU's maker
 * meant it: int3 on x86. It traps as the CPU's manual says, which leaves the
 * guest on some hosts and in some CPU modes only.
 */
const struct trap *trap_written(void);
/* A trap of the architecture's that is this instruction. */
bool trap_is_written(const struct trap *trap);
/* Is this event its exit? The vCPU is then at it. */
bool trap_written_exit(struct vcpu *vcpu, const struct vcpu_event *event);

#endif
