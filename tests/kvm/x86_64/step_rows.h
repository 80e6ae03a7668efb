/* SPDX-License-Identifier: MIT */
#ifndef TESTS_KVM_X86_64_STEP_ROWS_H
#define TESTS_KVM_X86_64_STEP_ROWS_H

/* The programs that test_step.c steps through. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/kvm/x86_64/step_guest.h"

enum {
    PATH_MAX_STEPS = 12,
    LAST = -1,       /* after a path: to the HLT, by any way; behind it can be
                        where the instruction is that led to the HLT's handler */
    MAYBE = 0x10000, /* or'ed to an end: a load of SS, with which hardware
                        takes the next instruction */
};

/* In struct step_row's with. */
enum {
    ALONE = 0,
    JOINS = 1u << 16, /* runs at any address and to its last byte, the HLT */
    TWO_TRAPS = 1u << 17, /* SYSRET that loads TF traps at once (Linux,
                             arch/x86/entry/entry_64.S: "a trap from userspace
                             immediately after SYSRET"), and again behind the
                             next instruction */
};

struct step_row {
    const char *name;
    enum context context;
    unsigned with;       /* enum guest_with, JOINS */
    const uint8_t *code; /* ends in HLT, or in a handler that does */
    size_t size;
    int path[PATH_MAX_STEPS]; /* where the steps end, counted from the code;
                                 negative: at what RAX holds; 0 ends it */
};

/* Where a vector's handler is, counted from the code, as paths are. */
#define H(vector)  (GUEST_HANDLERS - GUEST_CODE + (vector)*GUEST_HANDLER_SIZE)
#define ENTRY      (GUEST_ENTRY - GUEST_CODE)
#define ROUTINE    (GUEST_ROUTINE - GUEST_CODE)
#define VIRTUAL    (GUEST_VIRTUAL - GUEST_CODE)
#define CODE(text) (const uint8_t *)(text), sizeof(text) - 1

struct step_table {
    const struct step_row *rows;
    size_t n;
};

extern const struct step_table step_rows_plain, step_rows_levels;

#endif
