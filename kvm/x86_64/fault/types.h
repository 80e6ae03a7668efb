/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_FAULT_TYPES_H
#define KVM_X86_64_FAULT_TYPES_H

/* A fault of an instruction, and why. Types alone. */

#include <stdbool.h>
#include <stdint.h>

struct vcpu;

enum {
    X86_NO_VECTOR = -1,
    X86_SOME_VECTOR = -2,
    X86_FAULT_TEXT = 400,
};

/* Said of what is not the guest's mistake. */
#define X86_NOT_THE_GUEST                                                      \
    "a limit of this host's KVM, not a mistake of the guest (see kvmgdbstub "  \
    "--doctor)"

struct x86_fault {
    int vector; /* or X86_NO_VECTOR */
    bool has_code;
    bool is_software;          /* it is what the instruction is for: INT n */
    uint32_t code;             /* the error code */
    uint64_t gva;              /* of a page fault: what CR2 gets */
    char text[X86_FAULT_TEXT]; /* a sentence without a full stop: "vector 14,
                                  page fault (#PF): write to 0x1000: ..." */
};

#endif
