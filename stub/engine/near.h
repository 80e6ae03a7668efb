/* SPDX-License-Identifier: MIT */
#ifndef STUB_ENGINE_NEAR_H
#define STUB_ENGINE_NEAR_H

/* Is a stack near guarded pages? */

#include "stub/engine/types.h"

bool near_stack(struct engine *e, struct thread *t);
/* Can the host step the vCPU's code? Where it cannot, the guest's own code has
 * single accesses. */
bool near_can_step(struct engine *e, struct thread *t);

#endif
