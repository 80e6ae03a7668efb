/* SPDX-License-Identifier: MIT */
#ifndef KVM_VM_TYPES_H
#define KVM_VM_TYPES_H

/*
 * The machine and its vCPUs, as data. Types alone: what is done with them is in
 * kvm/vm/vm.h (made and destroyed), kvm/vm/run.h (a vCPU runs) and
 * kvm/core/kick.h (and is called back).
 *
 * Ownership: a vCPU has one owner at a time, the thread that runs it or the
 * thread that inspects it while it is parked.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "kvm/board/types.h"
#include "kvm/core/debug.h"
#include "kvm/core/file.h"
#include "kvm/core/guard.h"
#include "kvm/core/mem.h"

struct kvm_run;
struct vcpu_arch;
struct vcpu_link;
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
    VCPU_EVENT_DELIVERY,  /* KVM cannot deliver an event that it raised */
    VCPU_EVENT_UNKNOWN,   /* an exit that nobody handles: code */
    VCPU_EVENT_RESET,     /* the guest reset the machine, which goes on as if
                             it had not: code is an enum guest_end */
    VCPU_EVENT_ASKS,      /* it calls the debugger; pc is behind that */
    VCPU_EVENT_SPINS,     /* in virtual time it waited for it, without a halt,
                             and has got some for the first time; it goes on */
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
    unsigned index;               /* from 0 */
    const struct vcpu_link *link; /* how it is reached */
    int fd;
    struct kvm_run *run;
    struct vcpu_arch *arch; /* owned by the architecture's code */
    struct debug_state debug;
    bool guard_hit;       /* the guards' owner wants a stop */
    unsigned unseen_hits; /* debug.hw[] that KVM's emulator touched */
    bool interrupt_taken; /* from the board, and perhaps by the CPU */
    bool has_looked;      /* in virtual time, whether the CPU takes one: */
    uint64_t looked_at;   /* when, in ns of the machine's clock */
    struct vcpu_spin {
        uint64_t seen;         /* ns of the machine's clock at the last look */
        uint64_t ns;           /* CPU time since then, */
        uint64_t mark;         /* up to this, of the thread's CPU clock */
    } spin;                    /* kvm/vm/spin.h */
    bool halted;               /* executed HLT and nothing has woken it */
    atomic_bool kick_wanted;   /* set by vcpu_kick(), cleared by vcpu_run() */
    _Atomic(pthread_t) runner; /* the thread inside vcpu_run() */
    atomic_bool inside;        /* runner is valid */
    atomic_bool asleep;        /* it waits for woken: vcpu_sleep() */
    pthread_mutex_t sleep_lock;
    pthread_cond_t woken;
    bool has_timer; /* of vcpu_poke_at() */
    timer_t timer;
    pthread_t timer_owner; /* the thread that it calls */
    uint64_t timer_at;     /* ns, CLOCK_MONOTONIC: what it was set to last */
};

enum { VM_MAX_VCPUS = BOARD_MAX_CPUS };

struct vm_config {
    uint64_t memory; /* bytes, a multiple of MEM_PAGE */
    unsigned n_vcpus;
    bool expects_keys;                 /* somebody may type at any time */
    bool virtual_clock;                /* kvm/core/clock.h; it begins at: */
    uint64_t date;                     /* s since 1970-01-01, UTC */
    struct console_sink console;       /* guest output */
    const struct console_sink *serial; /* board_init() */
    const struct file_opener
        *opener; /* of the device and disks; NULL: open(2) */
};

/* What this host's KVM can do that the rest has to know. */
struct vm_caps {
    bool sync_regs; /* KVM_CAP_SYNC_REGS: all register classes */
    bool block_irq; /* KVM_GUESTDBG_BLOCKIRQ is accepted */
    bool immediate_exit;
    size_t run_size; /* of struct kvm_run and what follows it */
    size_t xsave_size;
};

/* Who performs accesses to guarded memory; set by whoever sets guards. */
struct guard_owner {
    /* What the memory would do: fills data, or takes it; where there is no RAM
     * a device, or nobody, has done that. On the thread that runs the vCPU.
     * true: the debugger wants to stop after this instruction. */
    bool (*access)(void *context, struct vcpu *vcpu, uint64_t gpa, void *data,
                   size_t n, bool is_write);
    /* What a device has done by itself (kvm/device/dma.h), while it served an
     * access of that vCPU; RAM is as it left it. true: as above. */
    bool (*dma)(void *context, struct vcpu *vcpu, uint64_t gpa, void *data,
                size_t n, bool is_write);
    void *context;
};

struct vm {
    int kvm_fd;
    int fd;
    const struct file_opener *opener;
    struct vm_caps caps;
    struct guest_mem mem;
    struct guards guards;
    struct guard_owner guard_owner;
    struct vcpu *accessing; /* whose access a device serves */
    struct board board;
    bool tells_widening; /* struct arch_width_ops */
    unsigned n_vcpus;
    struct vcpu vcpu[VM_MAX_VCPUS];
};

#endif
