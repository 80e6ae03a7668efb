/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_INSN_INSN_H
#define KVM_X86_64_INSN_INSN_H

/*
 * What a debugger has to know of one instruction before it steps over it: how
 * long it is, which exceptions it may raise, and whether it shows or loads the
 * trap flag. Zydis decodes; nothing here touches a vCPU.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kvm/x86_64/insn/mode.h"
#include "kvm/x86_64/insn/vector.h"

enum { X86_INT_SIZE = 2, X86_INT_OPCODE = 0xcd }; /* INT n */

enum insn_trait {
    INSN_PUSHF = 1u << 0,    /* stores RFLAGS on the stack */
    INSN_POPF = 1u << 1,     /* loads RFLAGS from the stack */
    INSN_IRET = 1u << 2,     /* loads RFLAGS from an interrupt frame */
    INSN_SYSCALL = 1u << 3,  /* stores RFLAGS in R11 */
    INSN_SYSRET = 1u << 4,   /* loads RFLAGS from R11 */
    INSN_SYSENTER = 1u << 5, /* enters the kernel, RFLAGS go nowhere */
    INSN_INT = 1u << 6,      /* delivers vector */
    INSN_HLT = 1u << 7,
    INSN_REPEAT = 1u << 8,  /* a string instruction with a REP prefix */
    INSN_SHADOW = 1u << 9,  /* loads SS: no trap before the next one's end */
    INSN_MOV_DR = 1u << 10, /* may write debug registers */
    INSN_NATIVE = 1u << 11, /* an emulating host hands it to the CPU */
    INSN_ICEBP = 1u << 12,
    INSN_SYSEXIT = 1u << 13,
    INSN_FAR = 1u << 14,   /* a far jump or call */
    INSN_STACK = 1u << 15, /* pushes or pops more than once */
    INSN_POP = 1u << 16,   /* pop of SS */
    INSN_LSS = 1u << 17,
    INSN_POPA = 1u << 18,
    INSN_RET_FAR = 1u << 19,
    INSN_BRANCH = 1u << 20,     /* near: to anywhere, itself included */
    INSN_TABLES = 1u << 21,     /* reads descriptors */
    INSN_FAR_MEMORY = 1u << 22, /* an INSN_FAR whose target is in memory */
};

struct insn {
    uint8_t size;      /* bytes; 0: cannot be read or decoded */
    uint8_t operand;   /* operand size in bytes */
    uint8_t vector;    /* of INSN_INT */
    uint16_t selector; /* of INSN_FAR, unless they are in memory */
    uint32_t offset;
    unsigned traits; /* enum insn_trait */
    uint32_t raises; /* X86_VECTOR()s that it may */
};

/* Decodes the first of n bytes. What is no instruction raises #UD, what is cut
 * short raises #PF: the rest of it is on a page that could not be read. */
struct insn insn_decode(enum insn_mode mode, const uint8_t *bytes, size_t n);

#endif
