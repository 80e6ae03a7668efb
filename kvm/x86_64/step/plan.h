/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_STEP_PLAN_H
#define KVM_X86_64_STEP_PLAN_H

/*
 * One step, and no trace of it.
 *
 * KVM steps with RFLAGS.TF, which the guest can see: pushf and syscall store
 * it, and each interrupt frame does. The CPU also clears it when it enters a
 * handler, so that the step would end after the handler's IRET. So the
 * instruction is decoded beforehand, and a breakpoint awaits it wherever it
 * may land: the handlers of the exceptions that it can raise, the target of a
 * system call, what follows a repeated string instruction. These step targets
 * use debug registers that nothing else needs, in the KVM_SET_GUEST_DEBUG that
 * a step takes anyway; what must not be missed falls back on a planted trap.
 * Afterwards the flag is cleared where it was stored.
 *
 * TF itself is virtual: while KVM steps it hides the guest's own TF and loses
 * it, so x86_gp(vcpu)->rflags is given the guest's after each step, and a
 * guest that traps its own instructions gets its #DB by reflection.
 *
 * A step is what an instruction does, with these conventions:
 *  - a repeated string instruction is done as a whole, and so is an INT that
 *    calls the machine's firmware;
 *  - an instruction that loads SS takes the next one with it on hardware
 *    (Intel SDM 3A 6.8.3), as it does for any debugger;
 *  - an instruction that faults or calls a handler has come to it.
 */

#include <stdbool.h>

struct vcpu;

/* Looks at the instruction at pc and fills the step in; true when it could be
 * done without KVM, at once. */
bool x86_step_plan(struct vcpu *vcpu);

/* Chooses who gets the debug registers for the next run: without a step all
 * wishes; in a step watchpoints first, then step targets. Execute breakpoints
 * need none, a step ends at the next instruction. */
void x86_choose_points(struct vcpu *vcpu);

#endif
