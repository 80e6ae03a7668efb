/* SPDX-License-Identifier: MIT */
#ifndef STUB_ENGINE_STOP_H
#define STUB_ENGINE_STOP_H

/*
 * The guest stops, for a reason, and its client is told; or that is the end.
 * For the loop's thread.
 */

#include "stub/engine/engine.h"

void stop_as(struct debugger *d, struct rsp_stop why);
void stop_with_signal(struct debugger *d, uint8_t signal);
/* bp is in the table, and the vCPU at its address or behind the access. */
void stop_at_breakpoint(struct debugger *d, const struct breakpoint *bp);
/* The vCPU is at a breakpoint that the client wrote. If that is gone, what is
 * there now is still to be executed. */
void stop_at_written(struct debugger *d);
/* The guest cannot go on, because of d->stop_text, which is said on the console
 * and to the client. */
void stop_in_trouble(struct debugger *d, uint8_t signal);

/* The guest cannot go on, as stop_text says. */
void note_trouble(struct debugger *d);
/* Whoever is in trouble with nobody to look at it ends, if that is wished. */
void end_in_trouble(struct debugger *d);
/* With the guest's own status. */
void end_with_guest(struct debugger *d);

#endif
