/* SPDX-License-Identifier: MIT */
#ifndef TESTS_KVM_X86_64_EXPLAIN_GUEST_H
#define TESTS_KVM_X86_64_EXPLAIN_GUEST_H

/* The guest of step_guest.h with what rows of explanations need beside: their
 * descriptors, gates, pages and registers; every handler is a HLT. */

#include "tests/kvm/x86_64/explain_rows.h"

/* Runs it below a kernel of 64 bits? */
bool explain_is_long(const struct explain_row *row);
/* The vCPU at the start of the row. -ENOTSUP: this host has no such mode. */
int explain_start(struct vm *vm, const struct explain_row *row, unsigned with);

#endif
