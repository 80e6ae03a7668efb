/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_STATE_GATE_H
#define KVM_X86_64_STATE_GATE_H

/*
 * Where an exception goes: the entry of the interrupt vector table or the IDT
 * (Intel SDM 3A 6.10, 6.14.1, 20.1.4). For the vCPU's owner.
 */

#include <stdbool.h>
#include <stdint.h>

#include "kvm/vm/types.h"

/* Its selector is that of a TSS, its gva means nothing (SDM 3A table 3-2). */
enum { X86_GATE_TASK = 5 };

struct x86_gate {
    uint64_t gva;      /* of the handler's first instruction, linear */
    uint16_t selector; /* of its code segment */
    uint8_t type;      /* 14 interrupt gate, 15 trap gate, ...; 0 real mode */
    uint8_t dpl;       /* the least privileged CPL that may use it by INT n */
    uint8_t ist;       /* 64-bit: the stack that it switches to, or 0 */
};

/* Why there is no handler. */
enum x86_gate_fault {
    X86_GATE_OK,
    X86_GATE_LIMIT,  /* the table ends before it */
    X86_GATE_MEMORY, /* the entry is not mapped */
    X86_GATE_ABSENT, /* its present bit is clear */
    X86_GATE_TYPE,   /* it is no interrupt, trap or task gate */
};

enum x86_gate_fault x86_gate(struct vcpu *vcpu, unsigned vector,
                             struct x86_gate *ret);

#endif
