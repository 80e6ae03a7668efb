/* SPDX-License-Identifier: MIT */
#ifndef STUB_ENGINE_JUDGE_H
#define STUB_ENGINE_JUDGE_H

/* What an event of a vCPU means: the guest stops for it or goes on. All vCPUs
 * are parked. */

#include "stub/engine/types.h"

/* bp is what hit_find() says of it. */
void judge_event(struct engine *e, struct thread *t,
                 const struct vcpu_event *event, const struct breakpoint *bp);
/* It is where its step was to lead to. */
bool judge_step_done(const struct thread *t);
/* The vCPU is halted: for good? */
void judge_halt(struct engine *e, struct thread *t);
/* It is at the handler of an exception that goes there after all: is that where
 * the client wants to stop? Going on from here would be past it. */
bool judge_handler(struct engine *e, struct thread *t);

#endif
