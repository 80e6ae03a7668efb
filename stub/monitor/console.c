/* SPDX-License-Identifier: MIT */
/* `monitor type`, `key`, `serial`, `screen`: what a person at the machine types
 * and sees. */
#include <string.h>

#include "stub/machine.h"
#include "stub/monitor/command.h"

/* One character, with what follows a backslash; returns what is behind it. */
static const char *unescape(const char *at, char *ret)
{
    static const char names[] = "rntbes\\";
    static const char values[] = "\r\n\t\b\033 \\";
    const char *name = at[0] == '\\' && at[1] ? strchr(names, at[1]) : NULL;

    *ret = name ? values[name - names] : at[0];
    return at + (name ? 2 : 1);
}

void monitor_type(struct debugger *d, const char *args, struct text *text)
{
    struct machine *machine = d->engine.machine;
    struct diag diag = {""};

    while (*args) {
        char c;
        const char *next = unescape(args, &c);

        if (machine->ops->type(machine, c, &diag) < 0) {
            say(text, "%s: '%s' is not typed\n", diag.text, args);
            return;
        }
        args = next;
    }
}

void monitor_key(struct debugger *d, const char *args, struct text *text)
{
    struct machine *machine = d->engine.machine;
    struct diag diag = {""};

    if (machine->ops->press(machine, args, &diag) < 0)
        say(text,
            "%s\n"
            "names are those of QEMU's sendkey: a, 1, ret, spc, f1, up,"
            " ctrl-alt-delete\n",
            diag.text);
}

void monitor_serial(struct debugger *d, const char *args, struct text *text)
{
    struct machine *machine = d->engine.machine;

    while (*args) {
        char c;
        const char *next = unescape(args, &c);

        if (!machine->ops->serial(machine, 0, &c, 1)) {
            say(text, "the guest has read too little of it: no room for '%s'\n",
                args);
            return;
        }
        args = next;
    }
}

void monitor_screen(struct debugger *d, const char *args, struct text *text)
{
    static struct screen_text screen;
    struct machine *machine = d->engine.machine;
    struct diag diag = {""};

    (void)args;
    if (machine->ops->screen(machine, &screen, &diag) < 0)
        say(text, "%s\n", diag.text);
    else
        say(text, "%.*s", (int)screen.used, screen.text);
}
