/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_FAULT_EXPLAIN_H
#define KVM_X86_64_FAULT_EXPLAIN_H

/*
 * Why an instruction faults: worked out from the registers, the instruction
 * and the guest's tables, since KVM shows nobody an exception, and after a
 * triple fault the guest has none either. Reads only; for the vCPU's owner.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kvm/arch.h"
#include "kvm/vm/vcpu.h"

enum {
    X86_NO_VECTOR = -1,
    X86_SOME_VECTOR = -2,
    X86_FAULT_TEXT = 400,
};

/* Said of what is not the guest's mistake. */
#define X86_NOT_THE_GUEST                                                      \
    "a limit of this host's KVM, not a mistake of the guest (see kvmgdbstub "  \
    "--doctor)"

struct x86_fault {
    int vector; /* or X86_NO_VECTOR */
    bool has_code;
    bool is_software;          /* it is what the instruction is for: INT n */
    uint32_t code;             /* the error code */
    char text[X86_FAULT_TEXT]; /* a sentence without a full stop: "vector 14,
                                  page fault (#PF): write to 0x1000: ..." */
};

/*
 * The exception that the instruction at pc raises as things are. Some causes
 * cannot be seen from outside, so raised says what is known: X86_NO_VECTOR,
 * nothing; X86_SOME_VECTOR, that it has raised one; or which. Returns its
 * vector or X86_NO_VECTOR; the text then says what can be said.
 */
int x86_explain_fault(struct vcpu *vcpu, int raised, struct x86_fault *ret);

/* The same for one that is reported behind its instruction: pc is there. */
void x86_explain_trap(struct vcpu *vcpu, unsigned vector,
                      struct x86_fault *ret);

/* Why a vector cannot be delivered, or "" when it seems that it can. */
void x86_explain_delivery(struct vcpu *vcpu, int vector, char *text,
                          size_t cap);

/* --- words --- */

enum fault_class x86_fault_class(int vector);

/* "vector 14, page fault (#PF)"; never NULL, and for every number. */
const char *x86_vector_name(int vector);

/* What a selector names: "selector 0x48 (GDT entry 9): the GDT ends at 0x27".
 */
void x86_describe_selector(struct vcpu *vcpu, uint16_t selector, char *text,
                           size_t cap);

/* What the vector's error code says (Intel SDM 3A 6.13, 4.7), "" if nothing. */
void x86_describe_code(struct vcpu *vcpu, unsigned vector, uint64_t code,
                       char *text, size_t cap);

#endif
