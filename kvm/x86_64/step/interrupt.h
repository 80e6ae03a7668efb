/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_STEP_INTERRUPT_H
#define KVM_X86_64_STEP_INTERRUPT_H

/* Interrupts from the board: struct arch_interrupt_ops, and what the step asks
 * of it. For the vCPU's owner. */

#include "kvm/vm/types.h"
#include "kvm/x86_64/state/frame.h"

/* Of a step that was planned as its delivery: to KVM. 0 or -errno. */
int x86_deliver_interrupt(struct vcpu *vcpu);
/* The frame was pushed for the interrupt that came in last. */
bool x86_is_interrupt_frame(struct vcpu *vcpu, unsigned vector,
                            const struct x86_frame *frame);

/* Was the last one that came in of that vector? */
bool x86_came_in(struct vcpu *vcpu, unsigned vector);

#endif
