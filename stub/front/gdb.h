/* SPDX-License-Identifier: MIT */
#ifndef STUB_FRONT_GDB_H
#define STUB_FRONT_GDB_H

/* How the engine's listener reaches the session, and the end of it all. */

#include "stub/front/types.h"

/* For engine_init(); context is the debugger. */
extern const struct engine_listener gdb_listener;

/* Lets the guest execute without a client. */
void debugger_start(struct debugger *d);

/* The program shall end; as ending_set(). */
void debugger_finish(struct debugger *d, enum ending_kind kind, int value,
                     const char *reason);
bool debugger_finished(const struct debugger *d);

/* Whoever is in trouble with nobody to look at it ends, if that is wished. */
void debugger_end_in_trouble(struct debugger *d);
/* With the guest's own status. */
void debugger_end_with_guest(struct debugger *d);

/* The guest is where it begins, and nothing has been told of it. */
void debugger_forget_run(struct debugger *d);
/* Back to its first instruction, stopped. -errno with a sentence; the guest is
 * then where it was. */
int debugger_restart(struct debugger *d, struct diag *diag);
/* A guest that has reset the machine, and is to reboot then, does; others go on
 * as they are. Its client notices nothing but where it is. While nobody kicks
 * the machine. */
void debugger_reboot(struct debugger *d);

#endif
