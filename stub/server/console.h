/* SPDX-License-Identifier: MIT */
#ifndef STUB_SERVER_CONSOLE_H
#define STUB_SERVER_CONSOLE_H

/*
 * Where the guest's text goes. A terminal that is held (Ctrl-S) or a pipe that
 * nobody reads holds the guest up, as a slow wire would, but never the
 * debugger or a signal: when one of those waits, the text is given up. Where it
 * cannot be written at all (a full disk, a pipe whose reader is gone) the guest
 * goes on without, and that is said once.
 */

#include <stdbool.h>
#include <stddef.h>

struct console {
    int fd;   /* the text's; borrowed */
    int loop; /* readable when the loop has something to do; -1: no loop yet */
    bool failed;  /* and that was said; until text is written again */
    bool is_line; /* whose other end may be gone, or not there yet (fd -1): then
                     the text goes nowhere */
};

/* For struct console_sink; context is a struct console. */
void console_put(void *context, const char *text, size_t n);

#endif
