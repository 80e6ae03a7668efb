/* SPDX-License-Identifier: MIT */
#ifndef STUB_ENGINE_HIT_H
#define STUB_ENGINE_HIT_H

/* What a vCPU has come to: the breakpoint behind an event. */

#include "stub/engine/types.h"

/* The breakpoint whose trap the event is, or NULL. The vCPU is left at it. */
const struct breakpoint *hit_trap(struct engine *e, struct thread *t,
                                  const struct vcpu_event *event);
/* Watchpoints in debug registers join those in pages, in t->hits. */
void hit_note_registers(struct engine *e, struct thread *t,
                        const struct vcpu_event *event);
/* The breakpoint behind an event, or NULL. The vCPU is left at its address. */
const struct breakpoint *hit_find(struct engine *e, struct thread *t,
                                  const struct vcpu_event *event);
/* The same for an event that has waited: whatever is at pc by now. */
const struct breakpoint *hit_again(struct engine *e, struct thread *t);

#endif
