/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_STEP_STALL_H
#define KVM_X86_64_STEP_STALL_H

/*
 * Instructions without end. What an instruction reads or writes by the way (a
 * descriptor, a vector) KVM's emulator can have from RAM only; elsewhere it
 * does nothing and begins anew, for ever (x86.c, kvm_read_guest_virt_helper(),
 * x86_emulate_instruction()). A step of such an instruction ends where it
 * began. For the vCPU's owner.
 */

#include <stdbool.h>

#include "kvm/vm/types.h"

/* After a step: is it where it was, has nothing changed, and could that not be
 * what the instruction does? */
bool x86_is_stalled(struct vcpu *vcpu);

#endif
