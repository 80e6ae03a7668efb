/* SPDX-License-Identifier: MIT */
#ifndef STUB_ENGINE_WRITTEN_H
#define STUB_ENGINE_WRITTEN_H

/*
 * Breakpoints that the client wrote into memory itself (stub/points/written.c):
 * between the table, the vCPU and run control.
 */

#include "stub/engine/types.h"

/* Before bp_arm(): what the instruction does by itself where the guest is. */
void written_arm(struct engine *e, struct thread *t);
/* Is it met at the guest's own handler, in user code? */
bool written_needs_handler(struct engine *e, struct thread *t);

/* The one at gva, or NULL. */
struct breakpoint *written_at(struct engine *e, struct thread *t, uint64_t gva);
/* Is the event the exit of one? The vCPU is then at it. */
const struct breakpoint *written_hit(struct engine *e, struct thread *t,
                                     const struct vcpu_event *event);
/* The vCPU is at one that is hit, if it is still there. */
void written_stop(struct engine *e, struct thread *t, struct stop *ret);

/* At a resume. The client goes on from one that it was told of, which it has
 * let stand: that was all that the instruction does. True: the vCPU is behind
 * it now. */
bool written_pass(struct engine *e, struct thread *t);

#endif
