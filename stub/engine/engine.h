/* SPDX-License-Identifier: MIT */
#ifndef STUB_ENGINE_ENGINE_H
#define STUB_ENGINE_ENGINE_H

/*
 * The debugger: one VM, the breakpoints in it, and the session of the client
 * that looks at it. It turns the client's wishes into debug state and vCPU
 * events into stops.
 *
 * Everything here belongs to the loop's thread. That thread also runs the
 * VM's one vCPU (stub/server/sentry.h tells how it is called away from it), so
 * between two debugger_run() the vCPU is parked and its registers are at hand.
 */

#include <stdbool.h>
#include <stdint.h>

#include "kvm/arch.h"
#include "kvm/image/image.h"
#include "kvm/probe/types.h"
#include "kvm/vm/types.h"
#include "rsp/state.h"
#include "stub/engine/catch.h"
#include "stub/engine/ending.h"
#include "stub/engine/hits.h"
#include "stub/engine/policy.h"
#include "stub/engine/stall.h"
#include "stub/points/types.h"
#include "stub/sandbox/broker.h"

/* How to make a machine from the image as it is now, in place of the one that
 * there was, which is gone then. On failure it is as it was. */
struct machine_maker {
    int (*restart)(void *context, struct vm **ret_vm, struct image *ret_image,
                   struct diag *diag);
    void *context;
};

enum { DEBUGGER_TEXT = 720 };

struct debugger {
    struct vm *vm;
    struct image image;
    enum follow_mode follow_mode;
    enum when_gone on_detach, on_disconnect;
    enum when_killed on_kill;
    enum when_stopped on_stop;
    struct machine_maker machine;
    struct broker *broker; /* opens files for `monitor` commands */

    struct rsp_session session;
    struct bp_table bps;
    struct catch catch;
    bool bps_pending;      /* a breakpoint waits for memory to appear */
    struct probe probe;    /* what this host can do */
    bool traps_known;      /* it has been asked what traps */
    uint64_t written_pc;   /* at a breakpoint that the client wrote, if told */
    bool written_passed;   /* it goes on behind it */
    uint64_t bulk_end;     /* of the client's last write, if it was large */
    struct hits hits;      /* watchpoints hit and not yet told */
    struct arch_pops pops; /* under way, with the guards lowered for it */
    bool guards_down;      /* the table's guards are not in force for now, */
    unsigned steps_away;   /* and the stack has been elsewhere for so long */
    bool tells_wide;       /* the client must learn of 64-bit code at once */
    unsigned wide_steps;   /* left, until a guest on its way to wider addresses
                              is let run */
    uint64_t entered_at;   /* arch_progress() when the vCPU was last entered */
    bool was_stuck;        /* it has not come any further */
    struct stall stall;
    bool halt_told;           /* that nothing will wake the guest */
    bool connected;           /* a client is there, */
    bool attached;            /* and it has the guest */
    bool running;             /* the guest should execute */
    struct rsp_action action; /* how */
    uint64_t resumed_at;      /* pc */
    bool fresh;               /* and nothing has happened since */
    bool rearm;               /* breakpoints are to be looked at anew */
    bool interrupt;           /* the client wants it stopped */
    bool step_irq;            /* interrupts may come in during a step */
    bool stop_at_guest_traps; /* at the guest's own int3 and #DB, too */
    bool shadow_told;         /* that debug registers have two users */
    bool barred_told;         /* that traps in user code need a handler */
    bool unmeasured_told;     /* that the host could not be tried out */

    struct {
        struct stub_regs *regs;
        bool taken_back, passing; /* of catch */
    } saved;                      /* between reg_begin() and reg_end() */

    struct rsp_stop last; /* why it is stopped now */
    char stop_text[DEBUGGER_TEXT];
    char error[DEBUGGER_TEXT]; /* the last failure, for the client */

    bool in_trouble; /* the guest cannot go on from here: */
    char trouble[DEBUGGER_TEXT];
    bool ended; /* it has ended itself, with status */
    int status;
    struct ending ending; /* of the program, if it is not NONE */
};

/* d is zeroed, vm is borrowed, and image is what it was booted from. */
void debugger_init(struct debugger *d, struct vm *vm,
                   const struct image *image);
void debugger_done(struct debugger *d);

/* Lets the guest execute without a client. */
void debugger_start(struct debugger *d);

/* The guest has something to execute now. */
bool debugger_runnable(const struct debugger *d);
/* A breakpoint waits for memory that the guest has yet to map, or one must be
 * looked after: kick the vCPU and prepare anew every few milliseconds. */
bool debugger_wants_ticks(struct debugger *d);
/* The last kick was the help that the guest needed: the next one soon. */
bool debugger_was_stuck(const struct debugger *d);
/* Before debugger_run(): breakpoints. False when that ended in a stop. */
bool debugger_prepare(struct debugger *d);
/* Executes until the guest stops or its vCPU is kicked. */
void debugger_run(struct debugger *d);
/* Reports a stop that the client asked for; call after each rsp_feed(). */
void debugger_settle(struct debugger *d);

/* stub/engine/client.c */
void debugger_connect(struct debugger *d); /* a client is there */
void debugger_lost(struct debugger *d);    /* and is gone */

/* stub/front/target.c: how the session reaches the debugger. */
extern const struct rsp_target_ops debugger_target_ops;

/* stub/monitor/monitor.c: the same for `monitor` commands. */
extern const struct rsp_monitor_ops debugger_monitor_ops;

/* stub/engine/serve.c: breakpoints and the vCPU. */

/* Before the guest runs: what serves each breakpoint, into vcpu->debug and
 * guards. -errno when KVM refuses the guards. */
int serve_arm(struct debugger *d, struct vcpu *vcpu);
/* After it stopped: if a wish that waited can be served, the table is stale. */
void serve_pending(struct debugger *d, struct vcpu *vcpu);
/* The breakpoint behind an event, or NULL. The vCPU is left at its address. */
const struct breakpoint *serve_hit(struct debugger *d, struct vcpu *vcpu,
                                   const struct vcpu_event *event);
/* Does the client, with the registers that it sees, take pc for the place of
 * this breakpoint? */
bool serve_is_known(struct debugger *d, const struct breakpoint *bp,
                    uint64_t pc);
/* At a resume: must the client learn of 64-bit code before it is told of a stop
 * in it? Its watchpoints do not outlive the news. */
bool serve_tells_wide(const struct debugger *d);
/* The guest is on its way to wider addresses, where a breakpoint waits or of
 * which the client must learn: it must be stepped. */
bool serve_awaits_wide(struct debugger *d, struct vcpu *vcpu);
/* The client's own breakpoint at the very address of pc, or NULL. */
const struct breakpoint *serve_client_break(struct debugger *d,
                                            struct vcpu *vcpu);
/* The breakpoint whose trap is planted where pc leads to, or NULL. */
const struct breakpoint *serve_planted(struct debugger *d, struct vcpu *vcpu,
                                       uint64_t pc);
/* The breakpoint whose trap the event is, or NULL. The vCPU is left at it. */
const struct breakpoint *serve_trap_hit(struct debugger *d, struct vcpu *vcpu,
                                        const struct vcpu_event *event);
/* Does this host step unprivileged code? Measured when first asked. */
bool serve_steps_user(struct debugger *d);
/* Before a step: what this host does not step, and how it traps. */
void serve_prepare_step(struct debugger *d, struct vcpu *vcpu);
/* vcpu_run(), with the trap out of the way of an instruction that the client
 * knows no breakpoint at. */
int serve_run(struct debugger *d, struct vcpu *vcpu, struct vcpu_event *event);

/* stub/engine/guarded.c: a vCPU beside guarded pages. */

/* vcpu_run(), but one instruction with the guards down while the stack is near
 * guarded pages. */
int guarded_run(struct debugger *d, struct vcpu *vcpu,
                struct vcpu_event *event);
/* One instruction, in the same way. */
int guarded_step(struct debugger *d, struct vcpu *vcpu,
                 struct vcpu_event *event);
/*
 * An instruction that KVM cannot carry out on guarded memory, and says so or
 * tries for ever: executes it with the guards down. True when event was
 * replaced by what came of that.
 */
bool guarded_rescue(struct debugger *d, struct vcpu *vcpu,
                    struct vcpu_event *event);
/* The guards' owner; context is the debugger. */
bool guarded_access(void *context, uint64_t gpa, void *data, size_t n,
                    bool is_write);

/* For target.c and monitor.c. */
void debugger_attach(struct debugger *d); /* the client takes hold of it */
void debugger_resume(struct debugger *d, const struct rsp_action *action);
void debugger_detach(struct debugger *d, bool stay_stopped);
int debugger_kill(struct debugger *d, struct diag *diag);
/* The program shall end; as ending_set(). */
void debugger_finish(struct debugger *d, enum ending_kind kind, int value,
                     const char *reason);
bool debugger_finished(const struct debugger *d);

/* stub/engine/restart.c: back to the guest's first instruction, stopped. -errno
 * with a sentence; the guest is then where it was. */
int debugger_restart(struct debugger *d, struct diag *diag);
/* As before the guest's first instruction. */
void debugger_forget_run(struct debugger *d);
struct vcpu *debugger_vcpu(struct debugger *d, unsigned tid);

#endif
