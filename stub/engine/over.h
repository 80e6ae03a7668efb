/* SPDX-License-Identifier: MIT */
#ifndef STUB_ENGINE_OVER_H
#define STUB_ENGINE_OVER_H

/*
 * How a vCPU is let go, and the steps for which the memory of the whole machine
 * is changed: a trap taken out of the way or planted, or the guards down. Those
 * are made alone, with all other vCPUs parked; here is the one place for them.
 */

#include "stub/engine/types.h"

enum over {
    OVER_FREE,   /* as its debug state says */
    OVER_TRAP,   /* one instruction, below a trap that the client knows nothing
                    of */
    OVER_GUARDS, /* one instruction with the guards down: its stack is near */
    OVER_ENTRY,  /* one instruction, the first of a caught handler */
    OVER_STEP,   /* one instruction, which is awaited by traps in memory */
};

/* Asked once for each entry. */
enum over over_plan(struct engine *e, struct thread *t);

/* OVER_FREE: it runs. 0 or -errno. */
int over_let_go(struct engine *e, struct thread *t);
/* It has come back after over_let_go(). */
void over_come_back(struct engine *e, struct thread *t);

/* The others: all but t are parked, and it is when this returns. */
int over_alone(struct engine *e, struct thread *t, enum over how,
               struct vcpu_event *event);

/*
 * An instruction that the host cannot carry out on guarded memory, and says so
 * or tries for ever. Then it is to be executed with the guards down, alone:
 * event is replaced by what comes of that.
 */
bool over_needs_rescue(struct engine *e, struct thread *t,
                       const struct vcpu_event *event);
void over_rescue(struct engine *e, struct thread *t, struct vcpu_event *event);

#endif
