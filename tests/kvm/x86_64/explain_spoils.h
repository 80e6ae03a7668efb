/* SPDX-License-Identifier: MIT */
#ifndef TESTS_KVM_X86_64_EXPLAIN_SPOILS_H
#define TESTS_KVM_X86_64_EXPLAIN_SPOILS_H

/* Ways to have no handler for an exception, and what is to be said of each. */

#include <stddef.h>

#include "tests/kvm/x86_64/step_guest.h"

struct explain_spoil {
    enum context context;
    unsigned with;
    void (*spoil)(struct vm *vm);
    const char *words; /* of the explanation */
};

extern const struct explain_spoil explain_spoils[];
extern const size_t n_explain_spoils;

#endif
