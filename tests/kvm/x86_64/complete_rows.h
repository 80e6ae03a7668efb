/* SPDX-License-Identifier: MIT */
#ifndef TESTS_KVM_X86_64_COMPLETE_ROWS_H
#define TESTS_KVM_X86_64_COMPLETE_ROWS_H

/*
 * Instructions that compute, the table of complete_rows.S: those that a KVM
 * which emulates the kernel's code leaves to us, and a few that it has itself.
 */

#include <stdint.h>

struct complete_row {
    uint32_t size_64;
    uint32_t size_32; /* 0: there is none */
    const char *insn; /* as it is written */
    const uint8_t *code_64, *code_32;
};

extern const struct complete_row complete_rows[];
extern const struct complete_row complete_rows_end[];

#endif
