/* SPDX-License-Identifier: MIT */
#ifndef STUB_SANDBOX_SANDBOX_H
#define STUB_SANDBOX_SANDBOX_H

/*
 * What the program may ask of the kernel once it serves a guest and a client,
 * neither of which is to be trusted: system calls are filtered (seccomp(2)).
 * It may use what it has open, ask KVM for anything, and get memory that is
 * not executable. It may open no file (stub/sandbox/broker.h does), start no
 * program, and reach nobody but those who come to it.
 *
 * A call that is refused fails with ENOSYS, and a line on standard error names
 * it: it should never be made, so it is either a mistake of ours, or somebody
 * has got into the program.
 */

#include <stdbool.h>

#include "kvm/core/diag.h"

/* Not in builds with a sanitizer: its run-time opens files and starts threads
 * as it likes. */
bool sandbox_is_there(void);

/* For good: no new privileges for this process and what it starts. */
void sandbox_drop_privileges(void);

/* For all threads, and for good. -errno with a sentence. */
int sandbox_enter(struct diag *diag);
/* The same for the process that has VNC clients: with what its library asks for
 * beyond that, and no KVM. */
int sandbox_enter_vnc(struct diag *diag);

#endif
