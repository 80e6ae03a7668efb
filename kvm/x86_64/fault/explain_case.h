/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_FAULT_EXPLAIN_CASE_H
#define KVM_X86_64_FAULT_EXPLAIN_CASE_H

/*
 * Inside the explanations: one instruction that may fault, and what the kinds
 * of fault (explain_kinds.h) share.
 */

#include <stdbool.h>
#include <stdint.h>

#include <linux/kvm.h>

#include "kvm/vm/types.h"
#include "kvm/x86_64/fault/types.h"
#include "kvm/x86_64/insn/decoded.h"

struct explain {
    struct vcpu *vcpu;
    const struct kvm_regs *gp;
    const struct kvm_sregs *sys;
    int raised;  /* what is known: as of x86_explain_fault() */
    bool silent; /* no words are wanted */
    unsigned cpl;
    bool is_real; /* or virtual-8086: segments without descriptors */
    const struct decoded *at; /* the instruction; borrowed */
    struct x86_fault *fault;  /* the answer */
};

/* The instruction at pc; fault is the answer, of which nothing is known yet. */
void explain_open(struct vcpu *vcpu, int raised, const struct decoded *at,
                  struct x86_fault *fault, struct explain *ret);

/* Notes the exception; the words come behind its name. Always true. */
__attribute__((format(printf, 4, 5))) bool explain_raise(
    struct explain *e, int vector, uint32_t code, const char *format, ...);
/* The same without an error code: the instruction, and why. */
bool explain_refuse(struct explain *e, int vector, const char *why);
/* Is it known that this vector, or that some vector was raised? So a cause that
 * cannot be seen may be given if there is no other. */
bool explain_may(const struct explain *e, int vector);

/* "mov %eax, %ds"; nothing, where no words are wanted. */
void explain_name(const struct explain *e, char *text, size_t cap);

/* The value of a register, of an operand (by Zydis' count), which fails where
 * its memory cannot be read, and of a number of the given bits with its sign.
 */
uint64_t explain_register(const struct explain *e, ZydisRegister reg);
bool explain_operand(const struct explain *e, unsigned index, uint64_t *ret);
int64_t explain_signed(uint64_t value, unsigned bits);

/* A far jump, call or return. */
bool explain_is_far(const struct explain *e);

#endif
