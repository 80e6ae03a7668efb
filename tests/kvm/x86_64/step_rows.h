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
    LAST = -1,       /* after a path: to the HLT, by any way */
    MAYBE = 0x10000, /* or'ed to an end: a load of SS, with which hardware
                        takes the next instruction */
};

struct step_row {
    const char *name;
    enum context context;
    bool joins;          /* runs at any address and to its last byte, the HLT */
    const uint8_t *code; /* ends in HLT, or in a handler that does */
    size_t size;
    int path[PATH_MAX_STEPS]; /* where the steps end, counted from the code;
                                 negative: at what RAX holds; 0 ends it */
};

enum { STEP_ROWS_MAX = 256 };

extern const struct step_row step_rows[];
extern const size_t n_step_rows;

#endif
