/* SPDX-License-Identifier: MIT */
#ifndef STUB_ENGINE_INSERT_H
#define STUB_ENGINE_INSERT_H

/* Breakpoints go into the guest before it runs: what serves each, and the debug
 * registers, guards and traps that this takes. All vCPUs are parked. */

#include "stub/engine/types.h"

/* If something has changed. -errno when the host refuses the guards. */
int insert_points(struct engine *e);
/* The debug state of one vCPU, by what the table says. */
void insert_registers(struct engine *e, struct thread *t);
/* After it has run: if a wish that waited can be served, the table is stale. */
void insert_look(struct engine *e, struct thread *t);

/* At a resume: must the client learn of 64-bit code before it is told of a stop
 * in it? Its watchpoints do not outlive the news. */
bool insert_tells_wide(const struct engine *e);
/* The guest is on its way to wider addresses, where a breakpoint waits or of
 * which the client must learn: it must be stepped. */
bool insert_awaits_wide(struct engine *e, struct thread *t);

#endif
