/* SPDX-License-Identifier: MIT */
#ifndef KVM_CORE_DEBUG_H
#define KVM_CORE_DEBUG_H

/*
 * What should trap, and what did: the wish that the debugger hands down and
 * the answer that comes back, without a word about any one CPU's registers.
 */

#include <stdbool.h>
#include <stdint.h>

enum { HW_POINTS_MAX = 16 };

enum hw_kind { HW_EXEC, HW_WRITE, HW_ACCESS };

/* One debug register, breakpoint or watchpoint. */
struct hw_point {
    enum hw_kind kind;
    uint64_t gva;  /* linear, aligned to size */
    unsigned size; /* bytes: 1 for HW_EXEC, else 1, 2, 4 or 8 */
};

struct trap;

struct debug_state {
    bool step;               /* stop after one instruction */
    bool step_calls;         /* a call of the firmware is one instruction */
    bool step_irq;           /* interrupts may come in meanwhile */
    bool no_user_step;       /* this host does not step unprivileged code */
    bool traps;              /* trap instructions are planted */
    const struct trap *trap; /* which one; NULL: unknown */
    unsigned n_hw;
    struct hw_point hw[HW_POINTS_MAX];
};

/* What a debug exit reported. More than one can be true at once. */
struct debug_hit {
    bool step;    /* the instruction that was asked for is done */
    bool trap;    /* a trap instruction at pc, ours or the guest's */
    unsigned hw;  /* bit i: debug_state.hw[i] matched */
    bool foreign; /* a debug exception that we did not ask for */
};

#endif
