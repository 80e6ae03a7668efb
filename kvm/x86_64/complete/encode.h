/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_COMPLETE_ENCODE_H
#define KVM_X86_64_COMPLETE_ENCODE_H

/*
 * Which instructions of the guest may be executed by this process, and how they
 * look then. Pure.
 *
 * A guest chooses these bytes, so what is not in the list is not executed: only
 * what computes, in registers and in one operand in memory. Nothing that
 * branches, that looks at the process or its segments, or that has an address
 * that is not an operand (maskmovq, gathers).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kvm/x86_64/insn/decoder.h"

enum { ENCODE_MAX = 16 };

struct encoded {
    uint8_t code[ENCODE_MAX]; /* for 64-bit mode */
    uint8_t size;
    bool is_general; /* of the general registers and flags alone */
    bool has_memory;
    uint8_t memory;  /* which operand that is, */
    uint8_t pointer; /* and the general register, as the CPU numbers them, that
                        holds its address, whatever held it before */
};

/* False: it may not, or cannot be. op: all that the decoder found. */
bool x86_encode_native(const ZydisDecodedInstruction *insn,
                       const ZydisDecodedOperand *op, struct encoded *ret);

#endif
