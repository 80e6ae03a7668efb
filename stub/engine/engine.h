/* SPDX-License-Identifier: MIT */
#ifndef STUB_ENGINE_ENGINE_H
#define STUB_ENGINE_ENGINE_H

/*
 * Run control. The loop asks engine_runnable(), prepares, runs, and is called
 * away from that by machine_kick(); between two runs all vCPUs are parked.
 */

#include "stub/engine/types.h"

/* e is zeroed; all else is borrowed. image is what the machine was booted from.
 */
void engine_init(struct engine *e, struct machine *machine,
                 const struct image *image,
                 const struct engine_listener *listener, void *context);
void engine_done(struct engine *e);

/* Lets the guest go on: wish[i] is for the thread of number i + 1, and one of
 * them is not RESUME_HOLD. */
void engine_resume(struct engine *e, const struct resume_wish *wish);
/* All threads, until something stops them. */
void engine_continue(struct engine *e);

/* The guest has something to execute now. */
bool engine_runnable(const struct engine *e);
/* A breakpoint waits for memory that the guest has yet to map, or one must be
 * looked after: kick the machine and prepare anew every few milliseconds. */
bool engine_wants_ticks(struct engine *e);
/* The last kick found a guest that was stuck: kick again soon. */
bool engine_was_stuck(const struct engine *e);

/* Before engine_run(): breakpoints. False when that ended in a stop. */
bool engine_prepare(struct engine *e);
/* Executes until the guest stops or the machine is kicked. */
void engine_run(struct engine *e);
/* A stop that the client asked for, a guest that waits: call it whenever the
 * client has said something. */
void engine_settle(struct engine *e);
/* Stops a guest that runs, for the client. */
void engine_interrupt(struct engine *e);

/* The client is gone, and with it all that it has asked for. */
void engine_forget_client(struct engine *e);

/* Back to the guest's first instruction, stopped. -errno
 * with a sentence; the guest is then where it was. */
int engine_restart(struct engine *e, struct diag *diag);

/*
 * A guest that is to reboot (e->reboots, by e->on_reset) stands still until it
 * is made anew, outside of engine_run(), in which it may be kicked.
 * engine_reboot() does that, and says how it was let go (of ENGINE_CPUS); its
 * vCPUs are other ones then. engine_rebooted() lets it go on so from its
 * beginning, which is where a step ends. -errno: it could not be made, and is
 * stopped, of which the listener was told.
 */
int engine_reboot(struct engine *e, struct resume_wish *ret_wish);
void engine_rebooted(struct engine *e, const struct resume_wish *wish);

#endif
