/* SPDX-License-Identifier: MIT */
#ifndef KVM_VM_VCPU_H
#define KVM_VM_VCPU_H

/*
 * One virtual CPU.
 *
 * Ownership: a vCPU has one owner at a time, the thread that runs it or the
 * thread that inspects it while it is parked (kvm/vm/runner.h hands it over).
 * Only vcpu_kick() may be called by others.
 *
 * When vcpu_run() returns, the vCPU's registers are whole: an access to a
 * device that KVM had begun is finished (KVM api.rst, 5 "kvm_run": operations
 * are complete only after userspace has re-entered with KVM_RUN).
 */

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kvm/core/debug.h"
#include "kvm/core/diag.h"

struct kvm_run;
struct vcpu_arch;
struct vm;

enum { VCPU_INSN_MAX = 15 };

enum vcpu_event_kind {
    VCPU_EVENT_KICK,      /* stopped because vcpu_kick() asked */
    VCPU_EVENT_DEBUG,     /* hit says what trapped */
    VCPU_EVENT_GUARD,     /* accessed guarded memory; it is done */
    VCPU_EVENT_HALT,      /* executed a halt instruction; pc is past it */
    VCPU_EVENT_END,       /* the guest ended itself with code */
    VCPU_EVENT_SHUTDOWN,  /* triple fault */
    VCPU_EVENT_ENTRY,     /* the CPU refused the guest's state: code */
    VCPU_EVENT_EMULATION, /* KVM cannot emulate insn[] at pc */
    VCPU_EVENT_STALL,     /* KVM begins the one at pc anew, without end */
    VCPU_EVENT_UNKNOWN,   /* an exit that nobody handles: code */
};

struct vcpu_event {
    enum vcpu_event_kind kind;
    struct debug_hit hit; /* DEBUG */
    bool stepped;         /* a step was asked for and this completed it */
    uint64_t code;
    uint8_t insn[VCPU_INSN_MAX];
    uint8_t insn_size; /* 0: KVM does not say */
};

struct vcpu {
    struct vm *vm;
    unsigned index; /* from 0 */
    int fd;
    struct kvm_run *run;
    struct vcpu_arch *arch; /* owned by the architecture's code */
    struct debug_state debug;
    bool guard_hit;            /* the guards' owner wants a stop */
    unsigned unseen_hits;      /* debug.hw[] that KVM's emulator touched */
    bool halted;               /* executed HLT and nothing has woken it */
    atomic_bool kick_wanted;   /* set by vcpu_kick(), cleared by vcpu_run() */
    _Atomic(pthread_t) runner; /* the thread inside vcpu_run() */
    atomic_bool inside;        /* runner is valid */
};

int vcpu_create(struct vcpu *vcpu, struct vm *vm, unsigned index,
                struct diag *diag);
void vcpu_destroy(struct vcpu *vcpu);

/*
 * Runs until something happens that a debugger wants to know. Applies
 * vcpu->debug and all register writes first. With debug.step: one instruction.
 * A kick that came before the call makes it return at once. VCPU_EVENT_KICK
 * alone uses a kick up: after another event the next call returns at once. 0,
 * or -errno when KVM_RUN itself fails: the vCPU is then as it was.
 */
int vcpu_run(struct vcpu *vcpu, struct vcpu_event *ret);

/* Makes a vcpu_run() under way, or else the next one, return soon. Any
 * thread, any time; several kicks may become one. */
void vcpu_kick(struct vcpu *vcpu);

/* Drops a kick that has not been used up; the owner calls it. */
void vcpu_kick_forget(struct vcpu *vcpu);

/* Once for each process, before any vcpu_run(): the kick's signal, which a
 * thread that runs a vCPU must not block. */
enum { VCPU_KICK_SIGNAL = SIGUSR1 };
int vcpu_kick_setup(void);

/* A sentence in plain English, at most cap bytes with its NUL. */
void vcpu_event_describe(struct vcpu *vcpu, const struct vcpu_event *event,
                         char *text, size_t cap);

#endif
