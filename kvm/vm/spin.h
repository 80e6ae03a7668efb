/* SPDX-License-Identifier: MIT */
#ifndef KVM_VM_SPIN_H
#define KVM_VM_SPIN_H

/*
 * In virtual time: does a guest wait for an interrupt without a halt or an
 * access, for which no time passes? It does when it has spent so much of the
 * CPU's time without either, however long that took. For the thread that runs
 * the vCPU; in real time these are not called or do nothing.
 */

#include "kvm/vm/types.h"

/* How much CPU time that is at first, and once it has come to that. */
#define SPIN_PATIENCE_NS   CLOCK_NS_PER_SECOND
#define SPIN_IMPATIENCE_NS (CLOCK_NS_PER_SECOND / 1000)

/* vcpu_run() begins and ends. */
void spin_enter(struct vcpu *vcpu);
void spin_leave(struct vcpu *vcpu);
/* When to look next, in ns of CLOCK_MONOTONIC; and to look: it waits. */
uint64_t spin_when(const struct vcpu *vcpu);
bool spin_look(struct vcpu *vcpu);

#endif
