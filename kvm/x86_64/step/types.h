/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_STEP_TYPES_H
#define KVM_X86_64_STEP_TYPES_H

/* A step under way, and the guest's own debug exceptions, as data: part of a
 * vCPU's state. Types alone. */

#include <stdbool.h>
#include <stdint.h>

#include <linux/kvm.h>

#include "kvm/core/debug.h"
#include "kvm/x86_64/insn/insn.h"
#include "kvm/x86_64/state/frame.h"

enum { X86_REGISTERS = 4, X86_STEP_TARGETS = 16 };

enum step_target_kind {
    STEP_TARGET_GATE,  /* an interrupt frame is on the stack */
    STEP_TARGET_TASK,  /* of a task gate: nothing is */
    STEP_TARGET_ENTRY, /* of syscall or sysenter */
    STEP_TARGET_NEXT,  /* behind the instruction */
};

struct step_target {
    enum step_target_kind kind;
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
    bool interrupt;  /* or an interrupt: delivery, too */
    bool delivery;   /* an exception is delivered before any instruction */
    bool tf;         /* the guest's own flag before */
    bool next_tf[2]; /* and after, if one instruction completes, or two */
    bool keeps_dr6;  /* its BS is to be as in dr6 */
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
    unsigned n_targets;
    struct step_target target[X86_STEP_TARGETS];
};

/* Of all instructions that the step takes: enum insn_trait. */
static inline unsigned x86_step_traits(const struct x86_step *step)
{
    return step->insn[0].traits |
           (step->n_insns > 1 ? step->insn[1].traits : 0);
}

/* What the debug registers hold, and whose wish each is. */
struct x86_points {
    unsigned n;
    struct hw_point point[X86_REGISTERS];
    int wish[X86_REGISTERS]; /* index in debug_state.hw; -1: a target */
};

/* Debug status and control, Intel SDM 3B 17.2.3 and 17.2.4. */
enum {
    DR6_BN = 0xf,
    DR6_BD = 1u << 13,
    DR6_BS = 1u << 14,
    DR6_BT = 1u << 15,
    DR7_ENABLES = 0xff,
};

/* Interrupts and NMIs from the board: sets of ARCH_INTERRUPT and ARCH_NMI. */
struct x86_interrupt {
    unsigned planned; /* a step is to deliver it; KVM has not got it */
    unsigned given;   /* to KVM */
    uint8_t vector;
    /* Where the last one came in, or up to one instruction later. */
    bool came_in;
    uint16_t cs;
    uint64_t rip;
};

struct x86_pending {
    bool any;
    uint8_t vector; /* X86_DB or X86_BP */
    uint64_t dr6;   /* what #DB adds to it */
    uint64_t pc;    /* of a #BP: void if it is no longer there */
    bool given;     /* KVM has it, since the last entry */
};

#endif
