/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_INSN_VECTOR_H
#define KVM_X86_64_INSN_VECTOR_H

/*
 * The exceptions: the one place for their numbers, names, and for which of them
 * push an error code. Intel SDM 3A table 6-1, AMD APM 2 table 8-1.
 */

#include <stdbool.h>
#include <stdint.h>

#include "kvm/arch_fault.h"

enum x86_vector {
    X86_DE = 0,
    X86_DB = 1,
    X86_NMI = 2,
    X86_BP = 3,
    X86_OF = 4,
    X86_BR = 5,
    X86_UD = 6,
    X86_NM = 7,
    X86_DF = 8,
    X86_TS = 10,
    X86_NP = 11,
    X86_SS = 12,
    X86_GP = 13,
    X86_PF = 14,
    X86_MF = 16,
    X86_AC = 17,
    X86_MC = 18,
    X86_XM = 19,
    X86_VE = 20,
    X86_CP = 21,
    X86_HV = 28,
    X86_VC = 29,
    X86_SX = 30,
};

/* For sets of them. */
#define X86_VECTOR(v) (UINT32_C(1) << (v))

/* "vector 14, page fault (#PF)"; never NULL, and for every number. -1: it is
 * not known which. The short names are arch_vector_name()'s. */
const char *x86_vector_name(int vector);

/* In protected mode the CPU pushes an error code (real mode has none). */
bool x86_vector_has_code(int vector);

/* What kind of mistake it tells of; FAULT_UNKNOWN of -1. */
enum fault_class x86_fault_class(int vector);

#endif
