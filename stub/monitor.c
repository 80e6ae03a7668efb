/* SPDX-License-Identifier: MIT */
/* `monitor` commands: a table, and one function for each. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "kvm/arch.h"
#include "stub/debugger.h"

/* Text on its way to the client; what does not fit is cut. */
struct text {
    char *at;
    size_t cap, n;
};

__attribute__((format(printf, 2, 3))) static void say(struct text *text,
                                                      const char *format, ...)
{
    size_t room = text->cap - text->n;
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(text->at + text->n, room, format, args);
    va_end(args);
    if (n > 0)
        text->n += (size_t)n < room ? (size_t)n : room - 1;
}

struct monitor_command {
    const char *name, *help;
    void (*run)(struct debugger *d, struct text *text);
};

static void help(struct debugger *d, struct text *text);

static void show_breakpoints(struct debugger *d, struct text *text)
{
    static const char *const kinds[] = {
        [BP_SOFT] = "software", [BP_HARD] = "hardware", [BP_WRITE] = "write",
        [BP_READ] = "read",     [BP_ACCESS] = "access",
    };

    if (!d->bps.n)
        say(text, "no breakpoints are inserted\n");
    for (size_t i = 0; i < d->bps.n; i++) {
        const struct breakpoint *bp = &d->bps.bp[i];

        char service[64];

        bp_service(&d->bps, bp, service, sizeof service);
        say(text, "0x%-16llx %-8s %s\n", (unsigned long long)bp->gva,
            kinds[bp->kind], service);
    }
}

static void show_host(struct debugger *d, struct text *text)
{
    const struct trap *trap = trap_of_host(&d->probe);

    say(text, "software breakpoints: %s\n",
        trap->size ? trap->name : "debug registers");
    say(text, "registers without an ioctl: %s\n",
        d->vm->caps.sync_regs ? "yes" : "no");
    say(text, "interrupts kept out of steps: %s\n",
        d->vm->caps.block_irq ? "yes" : "no");
}

static void show_where(struct debugger *d, struct text *text)
{
    char where[64];

    for (unsigned i = 0; i < d->vm->n_vcpus; i++) {
        arch_where(&d->vm->vcpu[i], where, sizeof where);
        say(text, "vCPU %u at %s\n", i, where);
    }
}

static const struct monitor_command commands[] = {
    {"help", "this list", help},
    {"breakpoints", "what is inserted, and what serves it", show_breakpoints},
    {"host", "how this host's KVM serves a debugger", show_host},
    {"where", "the vCPUs' places, in their own terms", show_where},
};

enum { N_COMMANDS = sizeof commands / sizeof commands[0] };

static void help(struct debugger *d, struct text *text)
{
    (void)d;
    for (size_t i = 0; i < N_COMMANDS; i++)
        say(text, "%-12s %s\n", commands[i].name, commands[i].help);
}

static ssize_t monitor(void *target, const char *line, char *out, size_t cap)
{
    struct text text = {out, cap, 0};

    while (*line == ' ')
        line++;
    for (size_t i = 0; i < N_COMMANDS; i++) {
        if (!strcmp(line, commands[i].name)) {
            commands[i].run(target, &text);
            return (ssize_t)text.n;
        }
    }
    say(&text, "unknown command '%s'; monitor help lists them\n", line);
    return (ssize_t)text.n;
}

const struct rsp_monitor_ops debugger_monitor_ops = {monitor};
