/* SPDX-License-Identifier: MIT */
#ifndef KVM_VM_INTERRUPT_H
#define KVM_VM_INTERRUPT_H

/*
 * Interrupts on their way from the board to a vCPU, and time
 * that passes while it is in the guest or halted. For the exit loop, but for
 * the last two.
 */

#include "kvm/vm/types.h"

/* Before a vCPU runs. */
void interrupt_connect(struct vm *vm);

/* A step that may take interrupts, and there is one: the step is its delivery.
 */
void interrupt_begin_step(struct vcpu *vcpu);
/* Before each entry into the guest: what is due happens, an interrupt goes in
 * if there is one and the CPU takes it, and the next deadline will call the
 * vCPU back. 0 or -errno. */
int interrupt_before_entry(struct vcpu *vcpu);
/* In virtual time, when it was called back from the guest: one that waits
 * without a halt gets time. True the first time. */
bool interrupt_push(struct vcpu *vcpu);
/* Then, each time: the CPU's priority is what it has written to the board. */
void interrupt_enter(struct vcpu *vcpu);
/* Before the vCPU is parked: an interrupt that it has not taken is the board's
 * again. */
void interrupt_park(struct vcpu *vcpu);
/* It is halted. Returns when an interrupt wakes it (true) or when it is kicked;
 * or at once, if none can. */
bool interrupt_wait(struct vcpu *vcpu);

/* The vCPU is halted: there is, or there will be, an interrupt that wakes it.
 * For its owner. */
bool interrupt_can_wake(struct vcpu *vcpu);

#endif
