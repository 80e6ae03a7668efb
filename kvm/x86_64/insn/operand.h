/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_INSN_OPERAND_H
#define KVM_X86_64_INSN_OPERAND_H

/*
 * Which memory an instruction is about to access: its operands, the hidden
 * ones of the stack and of strings included, by Zydis. Not the frame of an
 * exception that it may raise, nor the tables that the CPU reads for it, nor
 * vectors gathered from many places.
 */

#include <linux/kvm.h>

#include "kvm/arch_cpu.h"
#include "kvm/x86_64/insn/decoder.h"
#include "kvm/x86_64/insn/insn.h"

/* In the order in which instructions number them. */
enum x86_segment {
    X86_SEG_ES,
    X86_SEG_CS,
    X86_SEG_SS,
    X86_SEG_DS,
    X86_SEG_FS,
    X86_SEG_GS,
};

/* One access, as the CPU comes to its address. */
struct operand {
    struct arch_access access; /* all elements of a repeated one */
    enum x86_segment segment;
    uint64_t offset; /* in the segment, and */
    uint64_t gva;    /* linear: of the element that is next, */
    unsigned size;   /* which has that many bytes */
    unsigned index;  /* among the instruction's operands, as Zydis counts */
};

/* The instruction is the first of n bytes. Returns how many are in ret. */
unsigned operand_list(enum insn_mode mode, const uint8_t *bytes, size_t n,
                      const struct kvm_regs *gp, const struct kvm_sregs *sys,
                      struct operand ret[ARCH_ACCESSES]);

/* The same of one that is decoded. */
unsigned operand_list_decoded(enum insn_mode mode,
                              const ZydisDecodedInstruction *insn,
                              const ZydisDecodedOperand *op,
                              const struct kvm_regs *gp,
                              const struct kvm_sregs *sys,
                              struct operand ret[ARCH_ACCESSES]);

/* The accesses alone. The instruction is the first of n bytes; a repeated one
 * accesses all of its elements. Returns how many accesses are in ret. */
unsigned operand_accesses(enum insn_mode mode, const uint8_t *bytes, size_t n,
                          const struct kvm_regs *gp,
                          const struct kvm_sregs *sys,
                          struct arch_access ret[ARCH_ACCESSES]);

#endif
