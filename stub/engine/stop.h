/* SPDX-License-Identifier: MIT */
#ifndef STUB_ENGINE_STOP_H
#define STUB_ENGINE_STOP_H

/* The guest stops, for a reason, and the listener is told. All vCPUs are
 * parked. */

#include "stub/engine/types.h"

void stop_as(struct engine *e, struct thread *t, struct stop why);
/* For a reason that has no more to it. */
void stop_plainly(struct engine *e, struct thread *t, enum stop_kind kind);
/* ... and with e->text. */
void stop_with_text(struct engine *e, struct thread *t, enum stop_kind kind,
                    unsigned fault);
/* bp is in the table, and the vCPU at its address or behind the access. */
void stop_at_breakpoint(struct engine *e, struct thread *t,
                        const struct breakpoint *bp);
/* The vCPU is at a breakpoint that the client wrote. If that is gone, what is
 * there now is still to be executed. */
void stop_at_written(struct engine *e, struct thread *t);

#endif
