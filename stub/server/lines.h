/* SPDX-License-Identifier: MIT */
#ifndef STUB_SERVER_LINES_H
#define STUB_SERVER_LINES_H

/* All that the guest's text goes to: the console's, and the serial ports'
 * lines. The loop's thread. */

#include <stdbool.h>

#include "stub/server/line.h"

struct lines {
    struct console *console; /* borrowed; NULL: none */
    struct line *line;       /* LINES of them, opened; borrowed; NULL: none */
};

/* As of struct line. */
struct lines_config {
    struct terminal *terminal;
    bool has_stdin;
    void (*ended)(void *context);
    void (*left)(void *context);
    void *context;
};

/* line_attach() for each of them. -errno with a sentence. */
int lines_attach(const struct lines *lines, const struct lines_config *config,
                 struct loop *loop, struct machine *machine, struct diag *diag);
/* Of sockets that are still open; nobody else knows of their files yet. */
void lines_unlink(const struct lines *lines);
/* Fine for those that were not attached. */
void lines_detach(const struct lines *lines);
/* Before the guest runs: is it for a step? Then nobody who does not read what
 * the guest writes in it holds it up. */
void lines_set_step(const struct lines *lines, bool is_step);

#endif
