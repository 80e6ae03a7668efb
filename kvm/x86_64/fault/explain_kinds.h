/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_FAULT_EXPLAIN_KINDS_H
#define KVM_X86_64_FAULT_EXPLAIN_KINDS_H

/*
 * The kinds of fault that are looked for, a file each, in the order in which a
 * CPU would come to them (Intel SDM 3A table 6-2). Each returns whether it has
 * found one, by explain_raise().
 */

#include "kvm/x86_64/fault/explain_case.h"

bool explain_fetch(struct explain *e);     /* the instruction itself: memory */
bool explain_opcode(struct explain *e);    /* what is no instruction */
bool explain_feature(struct explain *e);   /* the CPU's state forbids it */
bool explain_privilege(struct explain *e); /* CPL, IOPL */
bool explain_memory(struct explain *e);    /* its operands */
bool explain_control(struct explain *e); /* control registers, debug registers,
                                            XCR0, descriptor tables */
bool explain_msr(struct explain *e);     /* MSRs, and what they rule */
bool explain_load(struct explain *e);    /* segment registers */
bool explain_far(struct explain *e);     /* far jumps, calls and returns */
bool explain_value(struct explain *e);   /* divisions, bounds, overflow */
bool explain_interrupt(struct explain *e); /* int n: gate, handler, stack */
bool explain_unit(struct explain *e);      /* x87, SSE: #MF, #XM; #AC */
bool explain_debug(struct explain *e);     /* #DB, by DR6 */

#endif
