/* SPDX-License-Identifier: MIT */
#ifndef STUB_MONITOR_MONITOR_H
#define STUB_MONITOR_MONITOR_H

/*
 * `monitor` commands are rows of tables: a generic one in monitor.c and that
 * of the architecture.
 */

#include <stdbool.h>
#include <stddef.h>

#include "stub/engine/engine.h"

/* Text on its way to the client; what does not fit is cut. */
struct text {
    char *at;
    size_t cap, n;
};

void say(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Are the first n characters of word the name? */
bool is_word(const char *name, const char *word, size_t n);

struct monitor_command {
    const char *name;
    const char *arguments; /* "X V", for help; NULL: it takes none */
    const char *help;
    /* args: the rest of the line, without blanks before it. */
    void (*run)(struct debugger *d, const char *args, struct text *text);
};

/* stub/monitor/memory.c: `monitor info`. */
void monitor_info(struct debugger *d, const char *args, struct text *text);
void monitor_memsave(struct debugger *d, const char *args, struct text *text);
void monitor_pmemsave(struct debugger *d, const char *args, struct text *text);

/* Those of the architecture, in its folder; a NULL name ends them. */
extern const struct monitor_command stub_monitor_commands[];

#endif
