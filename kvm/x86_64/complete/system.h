/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_COMPLETE_SYSTEM_H
#define KVM_X86_64_COMPLETE_SYSTEM_H

/*
 * What changes the state of the CPU itself. Each executes the instruction on
 * the cached registers and marks what it changed. False: it is a form that is
 * not done here, or would fault; nothing was changed.
 */

#include <stdbool.h>

#include "kvm/x86_64/complete/types.h"

/* INT n and INTO to a handler at level 0. */
bool x86_complete_int(const struct complete *c);
bool x86_complete_into(const struct complete *c);
/* IRET to level 0 or to another, but not to another task or to virtual-8086
 * mode. */
bool x86_complete_iret(const struct complete *c);

bool x86_complete_clac(const struct complete *c);
bool x86_complete_stac(const struct complete *c);
/* XSAVE, XSAVEOPT; XSAVEC, XSAVES; XRSTOR, XRSTORS. */
bool x86_complete_xsave(const struct complete *c);
bool x86_complete_xsavec(const struct complete *c);
bool x86_complete_xrstor(const struct complete *c);
/* Is some of their area not to be had? That is a page fault. */
struct access_fault;
bool x86_xstate_faults(const struct complete *c, bool write,
                       struct access_fault *ret);
/* Has what XRSTOR is to load bits that are reserved? That is a #GP. */
bool x86_xrstor_refuses(const struct complete *c);
bool x86_complete_xgetbv(const struct complete *c);
bool x86_complete_rdtscp(const struct complete *c);

/* For those: on to the next one. Always true. */
bool x86_complete_move_on(const struct complete *c);

#endif
