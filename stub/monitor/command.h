/* SPDX-License-Identifier: MIT */
#ifndef STUB_MONITOR_COMMAND_H
#define STUB_MONITOR_COMMAND_H

/*
 * `monitor` commands are rows of tables: a generic one in monitor.c and that
 * of the architecture.
 */

#include "stub/front/types.h"
#include "stub/monitor/text.h"

struct monitor_command {
    const char *name;
    const char *arguments; /* "X V", for help; NULL: it takes none */
    const char *help;
    /* args: the rest of the line, without blanks before it. */
    void (*run)(struct debugger *d, const char *args, struct text *text);
};

/* Those of other files; a NULL name ends the architecture's. */
void monitor_info(struct debugger *d, const char *args, struct text *text);
void monitor_memsave(struct debugger *d, const char *args, struct text *text);
void monitor_pmemsave(struct debugger *d, const char *args, struct text *text);
void monitor_type(struct debugger *d, const char *args, struct text *text);
void monitor_key(struct debugger *d, const char *args, struct text *text);
void monitor_serial(struct debugger *d, const char *args, struct text *text);
void monitor_screen(struct debugger *d, const char *args, struct text *text);
void monitor_screenshot(struct debugger *d, const char *args,
                        struct text *text);
/* Changes and shows the list of caught exceptions. */
void monitor_catch(struct debugger *d, const char *args, struct text *text);
extern const struct monitor_command stub_monitor_commands[];

#endif
