/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_STEP_STEP_H
#define KVM_X86_64_STEP_STEP_H

/*
 * One step, and no trace of it.
 *
 * KVM steps with RFLAGS.TF, which the guest can see: pushf and syscall store
 * it, and each interrupt frame does. The CPU also clears it when it enters a
 * handler, so that the step would end after the handler's IRET. So the
 * instruction is decoded beforehand, and a breakpoint awaits it wherever it
 * may land: the handlers of the exceptions that it can raise, the target of a
 * system call, what follows a repeated string instruction. These landings use
 * debug registers that nothing else needs, in the KVM_SET_GUEST_DEBUG that a
 * step takes anyway; what must not be missed falls back on a planted trap.
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
 *  - an instruction that faults or calls a handler has landed in it.
 */

#include <stdbool.h>
#include <stdint.h>

#include <linux/kvm.h>

#include "kvm/core/debug.h"
#include "kvm/x86_64/insn/insn.h"
#include "kvm/x86_64/state/frame.h"

enum { X86_REGISTERS = 4, X86_LANDINGS = 16 };

enum landing_kind {
    LANDING_GATE,  /* an interrupt frame is on the stack */
    LANDING_TASK,  /* of a task gate: nothing is */
    LANDING_ENTRY, /* of syscall or sysenter */
    LANDING_NEXT,  /* behind the instruction */
};

struct landing {
    enum landing_kind kind;
    uint64_t gva;
    uint8_t vector; /* of a gate */
    struct x86_frame_form frame;
    bool must;       /* else it only may be reached */
    bool user;       /* in user code that this host neither steps nor traps */
    bool by_failure; /* of a gate, because another one cannot be used */
    bool in_register;
    uint8_t *trap;   /* where one is planted, or NULL */
    uint8_t beneath; /* the byte that was there */
};

struct x86_step {
    bool active;     /* begun and not ended */
    bool trap_flag;  /* TF is to be used */
    bool traps;      /* there are planted traps */
    bool debug_bank; /* the guest's debug registers are known */
    bool call;       /* of the firmware, down to its return */
    bool delivery;   /* an exception is delivered before any instruction */
    bool tf;         /* the guest's own flag before */
    bool next_tf[2]; /* and after, if one instruction completes, or two */
    bool user;       /* kvm/x86_64/step/user.h: these were before */
    uint64_t dr6, cr2;
    uint64_t beneath_gva; /* ... and where the frame of a #DB would go */
    unsigned n_beneath;
    uint8_t beneath[48];
    uint64_t pc; /* linear */
    uint64_t rip, rsp, rflags;
    struct kvm_segment cs, ss, tr;
    uint64_t frame;      /* of the event that it came to, linear, */
    uint64_t frame_size; /* or 0 */
    unsigned n_insns;    /* two behind a load of SS */
    struct insn insn[2];
    unsigned n_landings;
    struct landing landing[X86_LANDINGS];
};

/* What the debug registers hold, and whose wish each is. */
struct x86_points {
    unsigned n;
    struct hw_point point[X86_REGISTERS];
    int wish[X86_REGISTERS]; /* index in debug_state.hw; -1: a landing */
};

struct vcpu;

/* How instructions are decoded now. */
enum insn_mode x86_code_mode(struct vcpu *vcpu);

/* Looks at the instruction at pc and fills the step in; true when it could be
 * done without KVM, at once. */
bool x86_step_plan(struct vcpu *vcpu);

/* Of all instructions that the step takes: enum insn_trait. */
static inline unsigned x86_step_traits(const struct x86_step *step)
{
    return step->insn[0].traits |
           (step->n_insns > 1 ? step->insn[1].traits : 0);
}

/* Fills in where the decoded instruction may land. */
void x86_add_landings(struct vcpu *vcpu);

/* The guest has set TF, which KVM hides in the general registers as long as it
 * steps: shows it there, and to the next run. */
void x86_show_tf(struct vcpu *vcpu);

/* Chooses who gets the debug registers for the next run: without a step all
 * wishes; in a step watchpoints first, then landings. Execute breakpoints need
 * none, a step ends at the next instruction. */
void x86_choose_points(struct vcpu *vcpu);

#endif
