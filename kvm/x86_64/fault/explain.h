/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_FAULT_EXPLAIN_H
#define KVM_X86_64_FAULT_EXPLAIN_H

/*
 * Why an instruction faults: worked out from the registers, the instruction
 * and the guest's tables, since KVM shows nobody an exception, and after a
 * triple fault the guest has none either. Reads only; for the vCPU's owner.
 */

#include "kvm/x86_64/fault/types.h"

/*
 * The exception that the instruction at pc raises as things are. Some causes
 * cannot be seen from outside, so raised says what is known: X86_NO_VECTOR,
 * nothing; X86_SOME_VECTOR, that it has raised one; or which. Returns its
 * vector or X86_NO_VECTOR; the text then says what can be said.
 */
int x86_explain_fault(struct vcpu *vcpu, int raised, struct x86_fault *ret);

/* The same of an instruction that is decoded already, of which no more is
 * known, without the text. */
struct decoded;
int x86_predict_fault(struct vcpu *vcpu, const struct decoded *at,
                      struct x86_fault *ret);

/* The same for one that is reported behind its instruction: pc is there. */
void x86_explain_trap(struct vcpu *vcpu, unsigned vector,
                      struct x86_fault *ret);

#endif
