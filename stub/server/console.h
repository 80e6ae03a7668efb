/* SPDX-License-Identifier: MIT */
#ifndef STUB_SERVER_CONSOLE_H
#define STUB_SERVER_CONSOLE_H

/*
 * Where the guest's text goes. A terminal that is held (Ctrl-S) or a pipe that
 * nobody reads holds the guest up, as a slow wire would, but never a step, the
 * debugger or a signal: when one of those waits, the text does, and is written
 * when there is room. Of that there are CONSOLE_LATE bytes at most; what is
 * beyond is lost. Where the text cannot be written at all (a full disk, a pipe
 * whose reader is gone) the guest goes on without. Each loss is said once.
 *
 * The loop's thread.
 */

#include <stdbool.h>
#include <stddef.h>

#include "stub/server/loop.h"

enum { CONSOLE_LATE = 1 << 20 };

struct console {
    int fd;            /* the text's; borrowed */
    struct loop *loop; /* when it has something to do that waits; NULL: none */
    bool is_step;      /* the guest makes a step, which nothing holds up */
    bool is_line; /* whose other end may be gone, or not there yet (fd -1): then
                     the text goes nowhere */
    bool failed;  /* and that was said; until text is written again */
    char *late;   /* CONSOLE_LATE bytes, once some are needed; */
    size_t n_late;           /* so many of them wait, */
    bool awaits_room;        /* and the loop has the next for that */
    struct loop_source room; /* with a descriptor of its own, fd's twin */
};

/* For struct console_sink; context is a struct console. */
void console_put(void *context, const char *text, size_t n);
/* What waits is for nobody; before fd changes or the loop goes. */
void console_forget(struct console *console);
/* The same, when what there is room for was written. */
void console_end(struct console *console);

#endif
