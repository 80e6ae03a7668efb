/* SPDX-License-Identifier: MIT */
#ifndef STUB_LAUNCH_H
#define STUB_LAUNCH_H

/*
 * --gdb: the program becomes two. The parent turns into the debugger and so
 * keeps the terminal; the child is the stub and goes on.
 */

#include <stdbool.h>

#include "kvm/diag.h"

struct launch {
    int ready; /* the child's end: tells the parent where it listens */
};

/*
 * Returns 0 in the child. In the parent it returns only on failure (-errno),
 * or with the child's exit status (positive) when the child failed first.
 */
int launch_debugger(struct launch *launch, const char *program,
                    const char *guest, bool has_symbols, struct diag *diag);

/* In the child: it listens at what GDB calls target. */
void launch_ready(struct launch *launch, const char *target);

#endif
