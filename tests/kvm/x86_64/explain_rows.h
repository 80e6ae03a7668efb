/* SPDX-License-Identifier: MIT */
#ifndef TESTS_KVM_X86_64_EXPLAIN_ROWS_H
#define TESTS_KVM_X86_64_EXPLAIN_ROWS_H

/*
 * Instructions that fault, the table of explain_rows.S. C and assembler share
 * this file: the numbers are those of enum context in step_guest.h, and of the
 * vectors.
 */

#ifdef __ASSEMBLER__
#define NUMBER(name, value) .set name, value;
#else
#define NUMBER(name, value) name = (value),
enum explain_number {
#endif

/* A valid instruction that some hosts lack. */
NUMBER(ROW_NO_FAULT, 255)

/* Descriptors of the rows' own, behind those of step_guest.h: data that is not
 * present, of 16 bytes, read-only; code that cannot be read, and that is not
 * present; data above 0xfff, of the user, of the user and 16 bytes; the first
 * beyond the GDT. */
NUMBER(ABSENT, 0x60)
NUMBER(SHORT, 0x68)
NUMBER(READ_ONLY, 0x70)
NUMBER(EXECUTE, 0x78)
NUMBER(NO_CODE, 0x80)
NUMBER(DOWN, 0x88)
NUMBER(USER_DATA, 0x9b)
NUMBER(USER_SHORT, 0xa3)
NUMBER(OUTSIDE, 0xa8)

/* Vectors whose gates do not let INT n pass: a DPL of 0, not present, no gate;
 * or whose handler is in code that is not present, in data, nowhere, beyond the
 * GDT, in 32-bit code. */
NUMBER(INT_KERNEL, 0xa1)
NUMBER(INT_ABSENT, 0xa2)
NUMBER(INT_TYPE, 0xa3)
NUMBER(INT_NO_CODE, 0xa4)
NUMBER(INT_DATA, 0xa5)
NUMBER(INT_NULL, 0xa6)
NUMBER(INT_OUTSIDE, 0xa7)
NUMBER(INT_NARROW, 0xa8)

/* Pages of the rows' own in long mode. */
NUMBER(PAGE_SUPERVISOR, 0x200000)
NUMBER(PAGE_READ_ONLY, 0x201000)
NUMBER(PAGE_ABSENT, 0x202000)
NUMBER(PAGE_RESERVED, 0x203000)

#ifndef __ASSEMBLER__
/* clang-format off */
};
/* clang-format on */

#include <stdint.h>

#include "tests/kvm/x86_64/step_guest.h"

struct explain_row {
    uint8_t context; /* enum context */
    uint8_t vector;  /* or ROW_NO_FAULT */
    uint16_t size;   /* of code */
    uint16_t at;     /* where in it the instruction is that faults */
    uint16_t end;    /* behind that instruction */
    uint32_t code;   /* the error code, if the vector has one */
    uint32_t unused;
    uint64_t cr0_set, cr0_clear, cr4_set, cr4_clear, efer_set, efer_clear;
    const char *insn;  /* as it is written */
    const char *words; /* of the explanation, with '|' between */
    const uint8_t *bytes;
};

extern const struct explain_row explain_rows[];
extern const struct explain_row explain_rows_end[];

#endif
#endif
