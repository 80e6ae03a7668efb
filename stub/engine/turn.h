/* SPDX-License-Identifier: MIT */
#ifndef STUB_ENGINE_TURN_H
#define STUB_ENGINE_TURN_H

/* Whose turn it is: vCPUs are let go, one comes back, and what it came to is
 * judged while all are parked. */

#include "stub/engine/types.h"

/* Is there anything to execute for it, or to judge? */
bool turn_may_go(const struct engine *e, const struct thread *t);
/* Does it take one instruction, or many? A continue is stepped past the first
 * instruction of a caught handler, while such a handler has yet to be
 * installed, and where the host may get nowhere. */
void turn_set_step(struct engine *e, struct thread *t);
/*
 * One event, of *ret. *ret_on: the guest may go on at once; else it has stopped
 * or the machine was kicked. -errno when the vCPU cannot be run at all.
 */
int turn_take(struct engine *e, struct thread **ret, bool *ret_on);

#endif
