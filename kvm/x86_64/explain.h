/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_EXPLAIN_H
#define KVM_X86_64_EXPLAIN_H

/*
 * Why an instruction faults: worked out from the registers, the instruction
 * and the page tables, since after a triple fault nobody says so any more.
 * Pure reading; for the vCPU's owner.
 */

#include <stddef.h>
#include <stdint.h>

#include "kvm/arch.h"
#include "kvm/vcpu.h"

enum { X86_NO_VECTOR = -1 };

/*
 * The exception that the instruction at pc raises as things are, as a sentence
 * without a full stop ("page fault (#PF): write to 0x1000, not mapped (no
 * entry in the page directory)"). Returns its vector or X86_NO_VECTOR.
 */
int x86_explain_fault(struct vcpu *vcpu, char *text, size_t cap);

/* Why a vector cannot be delivered, or "" when it seems that it can. */
void x86_explain_delivery(struct vcpu *vcpu, int vector, char *text,
                          size_t cap);

enum fault_class x86_fault_class(int vector);

/* "page fault (#PF)"; never NULL. */
const char *x86_vector_name(int vector);

#endif
