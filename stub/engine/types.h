/* SPDX-License-Identifier: MIT */
#ifndef STUB_ENGINE_TYPES_H
#define STUB_ENGINE_TYPES_H

/*
 * The engine: what is stopped and what runs, why it stopped, and where it is
 * wanted to stop. It knows no protocol (it tells a listener) and no KVM (it
 * asks a machine). Types alone.
 *
 * Everything here belongs to one thread, that of the loop.
 */

#include <stdbool.h>
#include <stdint.h>

#include "kvm/arch_fault.h"
#include "kvm/arch_run.h"
#include "kvm/image/image.h"
#include "kvm/vm/types.h"
#include "stub/engine/hits.h"
#include "stub/engine/stop_types.h"
#include "stub/machine.h"
#include "stub/points/types.h"

struct stub_regs;

/* --- what the client wants of a vCPU --- */

enum resume_kind {
    RESUME_HOLD,       /* it stays parked */
    RESUME_CONTINUE,   /* it runs */
    RESUME_STEP,       /* one instruction */
    RESUME_STEP_RANGE, /* instructions while pc is in [lo, hi), at least one */
};

struct resume_wish {
    enum resume_kind kind;
    uint64_t lo, hi; /* RESUME_STEP_RANGE */
};

/* --- one vCPU --- */

/* A guest that the host gets nowhere with: stub/engine/stall.h. */
enum { STALL_HOT = 64 };

struct stall {
    bool trial;     /* the next entry is a single step, to see whether the
                       guest gets anywhere */
    bool steps;     /* it is stepped anyway, beside guarded pages, and has
                       made a step since the last kick */
    unsigned kicks; /* in a row that found a step where it had begun */
    int64_t since;  /* ns of the thread's CPU time at the first of them */
    unsigned hot;   /* ticks that may find the same soon again: STALL_HOT if
                       this one has */
};

/* Where its exceptions are handled: stub/engine/catch.h. */
#define CATCH_MISSING UINT64_MAX

struct thread_catch {
    bool awaited[ARCH_VECTORS]; /* this exception is awaited at its handler; */
    uint64_t handler[ARCH_VECTORS]; /* where that is, gva; CATCH_MISSING: the
                                       guest has not set one up yet */
    /* On some hosts a trap instruction in user code does not leave the guest,
     * but raises an exception, of which we learn at its handler: */
    bool via_handler;         /* it is so with the traps that we plant, */
    unsigned trap_vector;     /* the exception's vector, */
    bool trap_is_end;         /* without a handler the vCPU is reset; */
    bool written_via_handler; /* and so with those that the client writes */
};

enum thread_state {
    THREAD_PARKED,
    THREAD_RUNNING,
    THREAD_STOP_PENDING, /* parked, with an event that is still to be judged */
};

/* All that is a fact of one vCPU. */
struct thread {
    struct vcpu *vcpu;
    unsigned tid; /* from 1 */
    enum thread_state state;
    struct vcpu_event pending; /* with THREAD_STOP_PENDING: that event, */
    bool pending_is_ours;      /* and a breakpoint of ours made it */
    struct resume_wish wish;
    uint64_t resumed_at; /* pc */
    bool fresh;          /* it has executed nothing since it was resumed */
    uint64_t entered_at; /* arch_progress() when it was last entered */
    bool was_stuck;      /* the last kick found it where it was entered */
    bool halt_told;      /* the user knows that nothing will wake it */
    unsigned wide_steps; /* left, until a guest on its way to wider addresses
                            is let run */
    struct thread_catch catch;
    struct stall stall;
    struct hits hits;      /* watchpoints hit and not yet told */
    struct arch_pops pops; /* under way, with the guards lowered for it */
    uint64_t written_pc;   /* at a breakpoint that the client wrote, if told */
    bool written_passed;   /* it was resumed there, and goes on behind it */
    bool taken_back;       /* it was put back to the instruction whose exception
                              was caught; that is still to be delivered */
    bool passing;          /* it must get past a handler's first instruction */
};

/* --- exceptions that stop the guest: stub/engine/catch.h --- */

enum user_traps {
    USER_TRAPS_UNKNOWN,
    USER_TRAPS_EXIT,    /* they leave the guest */
    USER_TRAPS_HANDLED, /* its kernel gets an exception instead */
};

struct catch
{
    bool wanted[ARCH_VECTORS];
    bool has_code[ARCH_VECTORS]; /* only with this error code */
    uint64_t code[ARCH_VECTORS];
    unsigned n;
    unsigned steps_left;        /* steps, while a handler is missing: it may
                                   come with any instruction, */
    unsigned unsettled_left;    /* and after one has changed */
    enum user_traps user_traps; /* what the host's trap does in user code */
};

/* --- who is told --- */

struct engine;

/* All of them are called on the loop's thread, while all vCPUs are parked. */
struct engine_listener {
    /* Nothing runs any more. The text of why is borrowed. */
    void (*stopped)(void *context, const struct stop *why);
    /* A vCPU waits for what may never come, and the guest is not stopped. */
    void (*halted)(void *context, const char *text);
    /* Something that the user should know, and no more. */
    void (*told)(void *context, const char *text);
    /* A vCPU has come to 64-bit code, of which the client must learn before it
     * is told of anything there. True: it was told, and the guest is stopped.
     */
    bool (*widened)(void *context, unsigned tid);
    /* How wide the client believes addresses to be now: bits. And does it know
     * that from us? */
    unsigned (*address_bits)(void *context);
    bool (*knows_registers)(void *context);
    /* Must it be told of 64-bit code at once? */
    bool (*follows)(void *context);
    /* It finds a breakpoint of its own at pc, not behind it. */
    bool (*finds_at_pc)(void *context);
};

enum { ENGINE_TEXT = 720, ENGINE_CPUS = VM_MAX_VCPUS };

struct engine {
    struct machine *machine;
    const struct engine_listener *listener;
    void *context; /* of the listener */
    struct image image;

    struct bp_table points;
    struct catch catch;
    bool points_pending; /* a breakpoint waits for memory to appear */
    bool host_known;     /* what traps has been measured */

    struct {
        size_t n;            /* in force, or down for now */
        bool down;           /* the table's guards are not in force for now, */
        unsigned steps_away; /* and the stack has been elsewhere for so long */
    } guards;

    enum when_reset on_reset; /* what the user wants then */
    bool attended;            /* a client looks at the guest */
    bool running;             /* the guest should execute */
    bool rearm;               /* someone continues: whether each breakpoint can
                                 be served is looked at anew */
    bool interrupt;           /* the client wants it stopped */
    bool tells_wide;          /* the client must learn of 64-bit code at once */
    bool step_irq;            /* interrupts may come in during a step */
    bool stop_at_guest_traps; /* at the guest's own int3 and #DB, too */
    /* What the user was told once: */
    bool shadow_told;     /* the guest uses debug registers, and so do we */
    bool barred_told;     /* traps in user code need a handler of the guest's */
    bool unmeasured_told; /* what traps on this host could not be tried out */

    bool reboots; /* the guest is to begin anew: engine_reboot() */
    bool ended;   /* the guest has ended itself, with status */
    int status;
    char text[ENGINE_TEXT]; /* of the last stop */

    unsigned first;       /* whose turn it is, by index */
    unsigned alone;       /* who went on alone last, by number; 0: nobody */
    unsigned alone_steps; /* and how often in a row */
    unsigned n_threads;
    unsigned current; /* the index of the one that stopped last: by its page
                         tables breakpoints find their memory */
    struct thread thread[ENGINE_CPUS];
};

static inline struct thread *engine_current(struct engine *e)
{
    return &e->thread[e->current];
}

/* Else those that go on make steps, and come back by themselves. */
static inline bool engine_any_continues(const struct engine *e)
{
    for (unsigned i = 0; i < e->n_threads; i++)
        if (e->thread[i].wish.kind == RESUME_CONTINUE)
            return true;
    return false;
}

/* NULL: there is none of that number. */
static inline struct thread *engine_thread(struct engine *e, unsigned tid)
{
    return tid >= 1 && tid <= e->n_threads ? &e->thread[tid - 1] : NULL;
}

#endif
