/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_OPERAND_H
#define KVM_X86_64_OPERAND_H

/*
 * Which memory an instruction is about to access: its operands, the hidden
 * ones of the stack and of strings included, by Zydis. Not the frame of an
 * exception that it may raise, nor the tables that the CPU reads for it, nor
 * vectors gathered from many places.
 */

#include <linux/kvm.h>

#include "kvm/arch.h"
#include "kvm/x86_64/insn.h"

/* The instruction is the first of n bytes; a repeated one accesses all of its
 * elements. Returns how many accesses are in ret. */
unsigned operand_accesses(enum insn_mode mode, const uint8_t *bytes, size_t n,
                          const struct kvm_regs *gp,
                          const struct kvm_sregs *sys,
                          struct arch_access ret[ARCH_ACCESSES]);

#endif
