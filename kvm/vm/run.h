/* SPDX-License-Identifier: MIT */
#ifndef KVM_VM_RUN_H
#define KVM_VM_RUN_H

/*
 * Running a vCPU; for its owner.
 *
 * When vcpu_run() returns, the vCPU's registers are whole: an access to a
 * device that KVM had begun is finished (KVM api.rst, 5 "kvm_run": operations
 * are complete only after userspace has re-entered with KVM_RUN).
 */

#include "kvm/vm/types.h"

/*
 * Runs until something happens that a debugger wants to know. Applies
 * vcpu->debug and all register writes first. With debug.step: one instruction.
 * A kick that came before the call makes it return at once. VCPU_EVENT_KICK
 * alone uses a kick up: after another event the next call returns at once. 0,
 * or -errno when KVM_RUN itself fails: the vCPU is then as it was.
 */
int vcpu_run(struct vcpu *vcpu, struct vcpu_event *ret);

#endif
