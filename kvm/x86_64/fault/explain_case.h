/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_FAULT_EXPLAIN_CASE_H
#define KVM_X86_64_FAULT_EXPLAIN_CASE_H

/*
 * Inside the explanations: one instruction that may fault, and the kinds of
 * fault that are looked for, a file each, in the order in which a CPU would
 * come to them (Intel SDM 3A table 6-2). Each returns whether it has found one,
 * by explain_raise().
 */

#include <stdbool.h>
#include <stdint.h>

#include <linux/kvm.h>

#include "kvm/x86_64/fault/explain.h"
#include "kvm/x86_64/insn/decoder.h"
#include "kvm/x86_64/insn/operand.h"

struct explain {
    struct vcpu *vcpu;
    const struct kvm_regs *gp;
    const struct kvm_sregs *sys;
    int raised; /* what is known: as of x86_explain_fault() */
    enum insn_mode mode;
    unsigned cpl;
    bool is_real; /* or virtual-8086: segments without descriptors */
    uint8_t bytes[VCPU_INSN_MAX];
    size_t n_bytes; /* that could be read */
    ZyanStatus status;
    ZydisDecodedInstruction insn; /* if status is a success */
    ZydisDecodedOperand op[ZYDIS_MAX_OPERAND_COUNT];
    struct operand access[ARCH_ACCESSES];
    unsigned n_accesses;
    struct x86_fault *fault; /* the answer */
};

/* The instruction at pc; fault is the answer, of which nothing is known yet. */
void explain_open(struct vcpu *vcpu, int raised, struct x86_fault *fault,
                  struct explain *ret);

/* Notes the exception; the words come behind its name. Always true. */
__attribute__((format(printf, 4, 5))) bool explain_raise(
    struct explain *e, int vector, uint32_t code, const char *format, ...);
/* The same without an error code: the instruction, and why. */
bool explain_refuse(struct explain *e, int vector, const char *why);
/* Is it known that this vector, or that some vector was raised? So a cause that
 * cannot be seen may be given if there is no other. */
bool explain_may(const struct explain *e, int vector);

/* "mov %eax, %ds" */
void explain_name(const struct explain *e, char *text, size_t cap);

/* The value of a register, of an operand (by Zydis' count), which fails where
 * its memory cannot be read, and of a number of the given bits with its sign.
 */
uint64_t explain_register(const struct explain *e, ZydisRegister reg);
bool explain_operand(const struct explain *e, unsigned index, uint64_t *ret);
int64_t explain_signed(uint64_t value, unsigned bits);

/* A linear address by which 64-bit code may be executed or data accessed. */
bool explain_canonical(const struct explain *e, uint64_t gva);
/* The access of a table or operand by the CPU, at a linear address: #PF. */
struct page_access;
bool explain_page(struct explain *e, uint64_t gva,
                  const struct page_access *access, const char *what);
/* All of an access that may lie in two pages. */
bool explain_pages(struct explain *e, uint64_t gva, uint64_t size,
                   const struct page_access *access, const char *what);
const struct kvm_segment *explain_segment(const struct explain *e,
                                          enum x86_segment segment);
const char *explain_segment_name(enum x86_segment segment);

/* A far jump, call or return. */
bool explain_is_far(const struct explain *e);

/* --- kinds of fault --- */

bool explain_fetch(struct explain *e);     /* the instruction itself: memory */
bool explain_opcode(struct explain *e);    /* what is no instruction */
bool explain_feature(struct explain *e);   /* the CPU's state forbids it */
bool explain_privilege(struct explain *e); /* CPL, IOPL */
bool explain_memory(struct explain *e);    /* its operands */
bool explain_control(struct explain *e); /* control registers, debug registers,
                                            XCR0, descriptor tables */
bool explain_msr(struct explain *e);     /* MSRs, and what they rule */
bool explain_load(struct explain *e);    /* segment registers */
bool explain_far(struct explain *e);     /* far jumps, calls and returns */
bool explain_value(struct explain *e);   /* divisions, bounds, int n */
bool explain_unit(struct explain *e);    /* x87, SSE: #MF, #XM; #AC */
bool explain_debug(struct explain *e);   /* #DB, by DR6 */

#endif
