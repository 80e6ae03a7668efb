/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_ARCH_NULL_CPU_H
#define TESTS_SUPPORT_ARCH_NULL_CPU_H

/*
 * An architecture of next to nothing, with which the generic code is linked: so
 * nothing there is of any one CPU. Its memory is bytes at 16-bit addresses,
 * which are seen once more at NULL_ALIAS; there are no privileges and none of
 * the optional groups.
 *
 * Its instructions, which tests/support/fake_machine.c executes. A: an address,
 * low byte first.
 */

#include <stdbool.h>
#include <stdint.h>

#include "kvm/vm/types.h"

enum {
    NULL_RAM = 0x10000,
    NULL_ALIAS = 0x100000,  /* the same memory, by another name */
    NULL_HANDLERS = 0xff00, /* of two bytes each; 0: there is none */
    NULL_REGISTERS = 2,     /* debug registers, for code or data */
};

enum null_insn {
    I_NOP = 0x00,
    I_INC = 0x01,   /* A: the byte there counts up */
    I_LOAD = 0x02,  /* A: into register a */
    I_JMP = 0x03,   /* A */
    I_STORE = 0x04, /* A: register a */
    I_SET = 0x05,   /* byte: register n */
    I_LOOP = 0x06,  /* A: register n counts down, a jump unless it is 0 */
    I_RAISE = 0x07, /* byte: an exception of this vector */
    I_BACK = 0x08,  /* from its handler, behind the instruction */
    I_TRAP = 0xcc,  /* leaves the guest */
    I_OWN = 0xcd,   /* the guest's own debug exception */
    I_HALT = 0xf4,
    I_END = 0xfe, /* byte: the guest ends with this status */
};

struct vcpu_arch {
    uint64_t pc;
    uint8_t a, n;
    uint64_t raised_at; /* the exception whose handler it is in */
    uint8_t vector;
    bool reflected; /* the guest's own exception waits to be delivered */
    bool reset;
};

/* Bytes of an instruction; 1 for what is none. */
unsigned null_insn_size(uint8_t opcode);

#endif
