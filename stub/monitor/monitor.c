/* SPDX-License-Identifier: MIT */
/* The generic `monitor` commands, and how a line finds its command. */
#include "stub/monitor/monitor.h"

#include <stdio.h>
#include <string.h>

#include "stub/engine/host.h"
#include "stub/front/gdb.h"
#include "stub/monitor/command.h"
#include "stub/points/table.h"

static void monitor_help(struct debugger *d, const char *args,
                         struct text *text);

/* An address that a breakpoint may also mean, but so far does not. */
static bool is_idle(const struct bp_table *table, const struct breakpoint *bp)
{
    if (!bp->twin || bp->planted || bp->in_register || bp->in_pages)
        return false;
    for (size_t i = 0; i < table->n_last; i++) {
        const struct breakpoint *wish = &table->last[i];

        if (!wish->twin && wish->kind == bp->kind &&
            wish->gva == bp_twin_gva(bp->gva))
            return wish->planted || wish->in_pages;
    }
    return false;
}

static void show_breakpoint(const struct bp_table *table,
                            const struct breakpoint *bp, struct text *text)
{
    static const char *const kinds[] = {
        [BP_CATCH] = "catch",     [BP_SOFT] = "software",
        [BP_HARD] = "hardware",   [BP_WRITE] = "write",
        [BP_READ] = "read",       [BP_ACCESS] = "access",
        [BP_WRITTEN] = "written",
    };
    char service[64];

    bp_service(table, bp, service, sizeof service);
    say(text, "0x%-16llx %-8s %s", (unsigned long long)bp->gva, kinds[bp->kind],
        service);
    if (bp->twin)
        say(text, " (0x%llx means it, too)",
            (unsigned long long)bp_twin_gva(bp->gva));
    say(text, "\n");
}

static void show_breakpoints(struct debugger *d, const char *args,
                             struct text *text)
{
    (void)args;
    say(text, d->engine.points.n_last
                  ? "when the guest last ran with breakpoints:\n"
                  : "the guest has run without breakpoints\n");
    if (arch_guest_has_points(engine_current(&d->engine)->vcpu))
        say(text, "the guest has breakpoints of its own in debug registers; "
                  "they do not work as long as any of these is in one\n");
    for (size_t i = 0; i < d->engine.points.n_last; i++)
        if (!is_idle(&d->engine.points, &d->engine.points.last[i]))
            show_breakpoint(&d->engine.points, &d->engine.points.last[i], text);
}

static void show_host(struct debugger *d, const char *args, struct text *text)
{
    struct machine *machine = d->engine.machine;
    const struct vm_caps *caps = machine->ops->caps(machine);
    const struct bp_host *host = &d->engine.points.host;

    (void)args;
    host_learn(&d->engine);
    say(text, "software breakpoints: %s\n",
        host->trap->size ? host->trap->name : "debug registers");
    say(text, "short watchpoints: %s\n",
        host->watch_registers ? "debug registers" : "pages");
    say(text, "registers without an ioctl: %s\n",
        caps->sync_regs ? "yes" : "no");
    say(text, "interrupts kept out of steps: %s\n",
        caps->block_irq ? "yes" : "no");
}

static void show_where(struct debugger *d, const char *args, struct text *text)
{
    struct engine *e = &d->engine;
    char where[64];

    (void)args;
    for (unsigned i = 0; i < e->n_threads; i++) {
        arch_where(e->thread[i].vcpu, where, sizeof where);
        say(text, "vCPU %u at %s\n", i, where);
    }
    if (e->ended)
        say(text, "the guest has ended with status %d\n", e->status);
}

/* Shows a setting of n values, or changes it. */
static unsigned monitor_choose(unsigned setting, const char *const *values,
                               unsigned n, const char *args, struct text *text)
{
    for (unsigned i = 0; *args && i < n; i++)
        if (!strcmp(args, values[i]))
            return i;
    if (!*args)
        say(text, "%s\n", values[setting]);
    else
        say(text, "'%s' is neither %s%s%s nor %s\n", args,
            n > 2 ? values[0] : "", n > 2 ? ", " : "", values[n - 2],
            values[n - 1]);
    return setting;
}

static void monitor_set(bool *setting, const char *const values[2],
                        const char *args, struct text *text)
{
    *setting = monitor_choose(*setting, values, 2, args, text);
}

static void set_step_irq(struct debugger *d, const char *args,
                         struct text *text)
{
    static const char *const values[] = {"off", "on"};

    monitor_set(&d->engine.step_irq, values, args, text);
}

static void set_guest_traps(struct debugger *d, const char *args,
                            struct text *text)
{
    static const char *const values[] = {"reflect", "stop"};

    monitor_set(&d->engine.stop_at_guest_traps, values, args, text);
}

static void set_follow_mode(struct debugger *d, const char *args,
                            struct text *text)
{
    static const char *const values[] = {
        [FOLLOW_AUTO] = "auto", [FOLLOW_ON] = "on", [FOLLOW_OFF] = "off"};

    d->follow_mode =
        (enum follow_mode)monitor_choose(d->follow_mode, values, 3, args, text);
}

static void show_clock(struct debugger *d, const char *args, struct text *text)
{
    struct machine *machine = d->engine.machine;
    const struct machine_clock_state clock = machine->ops->clock(machine);

    (void)args;
    say(text, "%llu ns of %s time have passed for the guest\n",
        (unsigned long long)clock.now, clock.is_virtual ? "virtual" : "real");
    if (!clock.is_virtual)
        return;
    say(text, "it has accessed devices %llu times\n",
        (unsigned long long)clock.accesses);
    if (clock.pushes)
        say(text,
            "it waited without that %llu times: this run is not equal to "
            "others\n",
            (unsigned long long)clock.pushes);
}

/* In OpenOCD's words, which IDEs know: Eclipse says "reset run", then "halt".
 * It halts in any case: GDB takes the guest for stopped. */
static bool is_kind_of_reset(const char *args)
{
    static const char *const kinds[] = {"", "halt", "init", "run"};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(args, kinds[i]) == 0)
            return true;
    return false;
}

static void monitor_reset(struct debugger *d, const char *args,
                          struct text *text)
{
    struct diag diag;

    if (!is_kind_of_reset(args))
        say(text, "'%s' is not halt: a reset guest waits for a resume\n", args);
    else if (debugger_restart(d, &diag) < 0)
        say(text, "%s\n", diag.text);
    else
        say(text, "the guest is at its first instruction; gdb sees its "
                  "registers after `maintenance flush register-cache`\n");
}

/* What is stopped can be asked to stop: IDEs do. */
static void monitor_halt(struct debugger *d, const char *args,
                         struct text *text)
{
    (void)args;
    show_where(d, "", text);
}

static void monitor_leave(struct debugger *d, const char *args,
                          struct text *text)
{
    (void)args;
    say(text, "kvmgdbstub ends\n");
    debugger_finish(d, ENDING_QUIT, 0, "`monitor exit`");
}

static const struct monitor_command commands[] = {
    {"help", NULL, "this list", monitor_help},
    {"breakpoints", NULL, "what served each when the guest last ran",
     show_breakpoints},
    {"catch", "[pf|gp:CODE|all|none]...", "stop at these exceptions",
     monitor_catch},
    {"clock", NULL, "the time that has passed for the guest", show_clock},
    {"exit", NULL, "end the guest and kvmgdbstub", monitor_leave},
    {"follow-mode", "[on|off|auto]",
     "whether gdb is told of a change of CPU mode", set_follow_mode},
    {"halt", NULL, "nothing: the guest is stopped", monitor_halt},
    {"host", NULL, "how this host's KVM serves a debugger", show_host},
    {"info", "mem", "what is mapped, and for whom", monitor_info},
    {"memsave", "ADDR SIZE FILE", "memory into a file below --files DIR",
     monitor_memsave},
    {"pmemsave", "ADDR SIZE FILE", "the same, from a physical address",
     monitor_pmemsave},
    {"quit", NULL, "the same as exit", monitor_leave},
    {"reset", "[halt]", "start the guest from the beginning; it waits",
     monitor_reset},
    {"guest-traps", "[reflect|stop]",
     "what the guest's own int3 and #DB do: go to its handler, or stop too",
     set_guest_traps},
    {"type", "TEXT", "keys for the guest's keyboard; \\r is Enter",
     monitor_type},
    {"key", "NAME[-NAME...]", "keys held together: ret, f1, ctrl-alt-delete",
     monitor_key},
    {"serial", "TEXT", "text for the guest's serial port; \\r is Enter",
     monitor_serial},
    {"screen", NULL, "the text on the guest's screen", monitor_screen},
    {"screenshot", "FILE.png", "a picture of it, below --files DIR",
     monitor_screenshot},
    {"step-irq", "[on|off]", "whether interrupts may come in during a step",
     set_step_irq},
    {"where", NULL, "the vCPUs' places, in their own terms", show_where},
    {0},
};

static const struct monitor_command *const tables[] = {
    commands,
    stub_monitor_commands,
};

enum { N_TABLES = sizeof tables / sizeof tables[0] };

static void monitor_help(struct debugger *d, const char *args,
                         struct text *text)
{
    (void)d;
    (void)args;
    for (size_t i = 0; i < N_TABLES; i++) {
        for (const struct monitor_command *c = tables[i]; c->name; c++) {
            char usage[64];

            (void)snprintf(usage, sizeof usage, "%s %s", c->name,
                           c->arguments ? c->arguments : "");
            say(text, "%-20s %s\n", usage, c->help);
        }
    }
}

static const struct monitor_command *monitor_find(const char *name, size_t n)
{
    for (size_t i = 0; i < N_TABLES; i++)
        for (const struct monitor_command *c = tables[i]; c->name; c++)
            if (is_word(c->name, name, n))
                return c;
    return NULL;
}

static ssize_t monitor_run(void *target, const char *line, char *out,
                           size_t cap)
{
    struct text text = {out, cap, 0};
    const struct monitor_command *command;
    const char *args;
    size_t n;

    line += strspn(line, " ");
    n = strcspn(line, " ");
    args = line + n + strspn(line + n, " ");
    command = monitor_find(line, n);
    if (!command)
        say(&text, "unknown command '%.*s'; monitor help lists them\n", (int)n,
            line);
    else if (*args && !command->arguments)
        say(&text, "%s takes no arguments\n", command->name);
    else
        command->run(target, args, &text);
    return (ssize_t)text.n;
}

const struct rsp_monitor_ops monitor_ops = {monitor_run};
