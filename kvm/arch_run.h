/* SPDX-License-Identifier: MIT */
#ifndef KVM_ARCH_RUN_H
#define KVM_ARCH_RUN_H

/* What a CPU architecture provides around KVM_RUN: debug state, steps, traps.
 * As kvm/arch_cpu.h has it. */

#include "kvm/arch_cpu.h"
#include "kvm/core/debug.h"

/* How many debug registers there are for execution and for data; where both are
 * the same ones, shared is how many there are at all. */
struct arch_points {
    unsigned exec, data, shared;
};

struct arch_points arch_hw_points(void);

/* Hands changed registers and then vcpu->debug to KVM, in the order in which
 * neither destroys the other. */
int arch_before_run(struct vcpu *vcpu);
/* KVM_RUN has returned: cached registers are those of the run page. */
void arch_after_run(struct vcpu *vcpu);
/* KVM_EXIT_DEBUG: what trapped. */
void arch_debug_hit(struct vcpu *vcpu, struct debug_hit *ret);

/*
 * KVM has stopped in the midst of an instruction that reads from a device: its
 * emulator will store what was read, and no debug register sees that. Which of
 * debug.hw the instruction touches: bit i for the one at i.
 */
unsigned arch_unseen_hits(struct vcpu *vcpu);

/* An exit that not all architectures have: true when it is done with, false
 * when nobody here knows it. */
bool arch_exit(struct vcpu *vcpu);
/* KVM_EXIT_SHUTDOWN: true when it is what KVM made of a step of ours that is
 * over, so the guest goes on. */
bool arch_shutdown_is_void(struct vcpu *vcpu);

/*
 * KVM cannot emulate the instruction at pc. It is executed by us, if we can,
 * and if no memory that it accesses leaves the guest: then registers and memory
 * are those behind it; or KVM is given the exception that it raises, and
 * registers are as before. Changed registers are not handed over yet.
 */
enum arch_completion {
    ARCH_COMPLETE_NOT, /* nothing was changed */
    ARCH_COMPLETE_DONE,
    ARCH_COMPLETE_RAISED,
};
enum arch_completion arch_complete(struct vcpu *vcpu);
/* Before the first guest runs; again is fine. Nothing can be set up for it once
 * the process may make no memory executable. */
void arch_complete_init(void);

/* After VCPU_EVENT_SHUTDOWN: KVM has thrown the registers away. */
bool arch_is_reset(struct vcpu *vcpu);
/*
 * Around each KVM_RUN of vcpu_run(); without debug.step they do nothing. The
 * first decides how the instruction at pc is stepped, so that the guest sees
 * nothing of it; true when no KVM_RUN is needed, it is done. The second
 * corrects what the guest would see, and the event: an instruction that
 * entered an exception handler, or another kernel entry, is done there. True
 * when the instruction is not done and nothing happened that anybody should
 * know: then again.
 */
bool arch_step_begin(struct vcpu *vcpu, struct vcpu_event *event);
bool arch_step_end(struct vcpu *vcpu, struct vcpu_event *event);
/*
 * Before the step that debug asks for, of a parked vCPU, in two questions. May
 * it be made with traps in memory, because the CPU has no other way? Then
 * debug.trap should be known. And with debug.trap as it is now: may it plant
 * some? Every vCPU would run into these, so the others are to be parked.
 */
bool arch_step_needs_trap(struct vcpu *vcpu);
bool arch_step_plants(struct vcpu *vcpu);
/* The step under way is one of many instructions: an exit among them is not
 * its end. */
bool arch_step_runs(struct vcpu *vcpu);
/*
 * Is the event a debug exception of the guest's own making? Then it will be
 * delivered before the next instruction, as if no debugger were there. For
 * events that are nobody else's.
 */
bool arch_reflect(struct vcpu *vcpu, const struct vcpu_event *event);
/* It still has to be: pc is not what is executed next. */
bool arch_has_reflected(struct vcpu *vcpu);
/* The guest has set breakpoints in its debug registers, which do not work
 * while the debugger uses them. */
bool arch_guest_has_points(struct vcpu *vcpu);

/* The instruction at pc may be there again when it is done: a jump to itself,
 * a repeated one. Of others KVM may make nothing, and begin them anew. */
bool arch_may_stay(struct vcpu *vcpu);
/* It reads more than its operands, and KVM may get nowhere with it again and
 * again. */
bool arch_may_stall(struct vcpu *vcpu);
struct trap;
/* The trap instructions that are worth a try, in order of preference (the first
 * is what debuggers write themselves); NULL after the last. */
const struct trap *arch_trap(unsigned i);

/* --- optional: interrupts from devices --- */

/* What KVM was given: a set. */
enum { ARCH_INTERRUPT = 1 << 0, ARCH_NMI = 1 << 1 };

struct arch_interrupt_ops {
    /* KVM takes one now, and the CPU will before the next instruction. */
    bool (*is_ready)(struct vcpu *vcpu);
    bool (*is_ready_for_nmi)(struct vcpu *vcpu);
    /* vcpu_run() goes on until it is, and no further: enter() returns then. */
    void (*await)(struct vcpu *vcpu, bool on);
    /* When is_ready(): this one. */
    int (*inject)(struct vcpu *vcpu, uint8_t vector);
    /* Any time; KVM knows when the CPU takes it. */
    int (*inject_nmi)(struct vcpu *vcpu);
    /* After an exit: what the CPU has not taken yet, for good reasons, and now
     * will not. */
    unsigned (*take_back)(struct vcpu *vcpu);
    /* When it is ready, before arch_step_begin(): the next step is the way to
     * this one's handler, unless nobody can wait there; then it is taken back
     * like any other. */
    void (*plan_step)(struct vcpu *vcpu, uint8_t vector);
    void (*plan_nmi_step)(struct vcpu *vcpu);
    /* Before each entry: board_cr8(). */
    void (*set_cr8)(struct vcpu *vcpu, uint8_t cr8);
};

/* NULL: there are none. */
extern const struct arch_interrupt_ops *const arch_interrupt;

/* --- optional: wider addresses --- */

/* A CPU that begins with addresses of 32 bits, and may come to 64. */
struct arch_width_ops {
    /* They have 64 now. */
    bool (*is_wide)(struct vcpu *vcpu);
    /* They have 32, and the guest has taken the first step to more. */
    bool (*is_widening)(struct vcpu *vcpu);
    /* Whether that step ends vcpu_run() as a kick would. -errno: this KVM
     * cannot tell. */
    int (*tell)(struct vm *vm, bool on);
};

/* NULL: addresses are always as wide as they can be. */
extern const struct arch_width_ops *const arch_width;

static inline bool arch_is_wide(struct vcpu *vcpu)
{
    return !arch_width || arch_width->is_wide(vcpu);
}

static inline bool arch_is_widening(struct vcpu *vcpu)
{
    return arch_width && arch_width->is_widening(vcpu);
}

/* --- optional: an emulator that loses accesses --- */

/* A store that KVM's emulator has lost. */
struct arch_store {
    uint64_t gva;
    uint64_t value; /* its lowest size bytes */
    unsigned size;
};

enum { ARCH_STORES = 8 };

/* An instruction that pops several values has left the guest for one. */
struct arch_pops {
    uint64_t at; /* the stack pointer then, linear */
    unsigned width, n;
};

/*
 * Some instructions push or pop several values at once. KVM's emulator can do
 * that only in memory that does not leave the guest: elsewhere all stores but
 * the last are lost, and the stack pointer counts values twice (x86.c,
 * emulator_read_write(), and em_pusha() and em_popa() of emulate.c).
 */
struct arch_emulator_ops {
    /* Is the instruction at pc such a one? */
    bool (*stacks_now)(struct vcpu *vcpu);
    /* An instruction that is done has stored n bytes of data at gpa, in memory
     * that leaves the guest: what it stored there before that, if it was one of
     * the above. Returns how many stores are in ret. */
    unsigned (*lost_stores)(struct vcpu *vcpu, uint64_t gpa, const void *data,
                            size_t n, struct arch_store ret[ARCH_STORES]);
    /* While one that pops is under way, and when it is done with the rest of
     * its values in memory that does not leave the guest. True when some were
     * taken from the wrong place, which is put right; ret is what it has read
     * then. */
    void (*pops_begin)(struct vcpu *vcpu, struct arch_pops *ret);
    bool (*pops_end)(struct vcpu *vcpu, const struct arch_pops *pops,
                     struct arch_access *ret);
};

/* NULL: every access is carried out. */
extern const struct arch_emulator_ops *const arch_emulator;

#endif
