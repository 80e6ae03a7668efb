/* SPDX-License-Identifier: MIT */
#ifndef STUB_LAUNCH_H
#define STUB_LAUNCH_H

/*
 * --gdb: the program becomes two. The parent turns into the debugger and so
 * keeps the terminal; the child is the stub and goes on.
 */

#include <stdbool.h>
#include <stddef.h>

#include "kvm/core/diag.h"
#include "stub/server/address.h"

/*
 * A debugger that has lost its guest starts the file as a process of the host
 * when it is told to run, with the user's rights. So gdb gets a target that can
 * run the guest again, and is not to take the host for one when that is gone;
 * lldb gets a platform that is not the host, nor connected to anything.
 */
#define LAUNCH_GDB_CONNECT       "target extended-remote "
#define LAUNCH_GDB_NO_HOST       "set auto-connect-native-target off"
#define LAUNCH_LLDB_CONNECT      "gdb-remote "
#define LAUNCH_LLDB_CONNECT_UNIX "process connect unix-connect://"
#define LAUNCH_LLDB_NO_HOST      "platform select remote-linux"

enum { LAUNCH_LINE = 1024 };

struct launch {
    int ready;    /* the child's end: tells the parent where it listens */
    int debugger; /* the child's: readable when the debugger has ended; -1 */
};

/*
 * Returns 0 in the child. In the parent it returns only on failure (-errno),
 * or with the child's exit status (positive) when the child failed first.
 */
int launch_debugger(struct launch *launch, const char *program,
                    const char *guest, bool has_symbols, struct diag *diag);

/* The line to paste into a shell that starts gdb in the same way. guest: a file
 * with symbols, or NULL. */
void launch_line(char *text, size_t cap, const struct address *address,
                 const char *guest);

/* In the child: it listens there. */
void launch_ready(struct launch *launch, const struct address *address);

#endif
