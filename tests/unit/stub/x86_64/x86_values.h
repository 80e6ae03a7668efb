/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_STUB_X86_64_X86_VALUES_H
#define TESTS_UNIT_STUB_X86_64_X86_VALUES_H

/*
 * Values to write into x86 registers: random, and such that any CPU in real
 * mode takes them.
 */

#include <stdbool.h>
#include <stdint.h>

#include "rsp/regs.h"

/* Changes those bits of a value that may be anything; the others stay. */
void x86_randomize(const struct rsp_reg *reg, uint8_t *value);

/* Its value changes by itself, so it is never read twice. */
bool x86_moves(const struct rsp_reg *reg);

#endif
