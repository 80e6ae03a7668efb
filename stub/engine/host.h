/* SPDX-License-Identifier: MIT */
#ifndef STUB_ENGINE_HOST_H
#define STUB_ENGINE_HOST_H

/* What this host can do, asked of the machine when it is needed. */

#include "stub/engine/types.h"

/* How it traps, into the table. */
void host_learn(struct engine *e);
/* Does it step unprivileged code? */
bool host_steps_user(struct engine *e);
/* Before a step: what it does not step, and how it traps. */
void host_prepare_step(struct engine *e, struct thread *t);

#endif
