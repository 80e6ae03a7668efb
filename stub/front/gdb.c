/* SPDX-License-Identifier: MIT */
/* The engine's listener: stops become stop replies. */
#include "stub/front/gdb.h"

#include <stdio.h>

#include "rsp/session.h"
#include "stub/arch.h"
#include "stub/engine/engine.h"
#include "stub/log.h"
#include "stub/points/table.h"

/* --- the end --- */

void debugger_finish(struct debugger *d, enum ending_kind kind, int value,
                     const char *reason)
{
    ending_set(&d->ending, kind, value, "%s", reason);
    d->engine.running = false;
}

bool debugger_finished(const struct debugger *d)
{
    return d->ending.kind != ENDING_NONE;
}

void debugger_end_in_trouble(struct debugger *d)
{
    if (!d->engine.attended && d->in_trouble && d->on_stop == STOPPED_EXIT)
        debugger_finish(d, ENDING_STOPPED, 0, d->trouble);
}

void debugger_end_with_guest(struct debugger *d)
{
    char reason[64];

    (void)snprintf(reason, sizeof reason, "the guest exited with status %d",
                   d->engine.status);
    debugger_finish(d, ENDING_EXITED, d->engine.status, reason);
}

/* --- stops --- */

/* What a process would get for the same mistake. */
static const uint8_t fault_signals[] = {
    [FAULT_UNKNOWN] = RSP_SIGSEGV, [FAULT_MEMORY] = RSP_SIGSEGV,
    [FAULT_ILLEGAL] = RSP_SIGILL,  [FAULT_ARITHMETIC] = RSP_SIGFPE,
    [FAULT_CALL] = RSP_SIGSYS,     [FAULT_INPUT] = RSP_SIGTTIN,
};

/* In GDB's words. Of RSP_STOP_SIGNAL signal 0 is that of the fault; the others
 * have one of their own. */
/* clang-format off */
static const struct {
    enum rsp_stop_kind kind;
    uint8_t signal;
    bool is_dead; /* the guest cannot go on, or is not to by itself */
} stop_words[] = {
    [STOP_INTERRUPTED]    = {RSP_STOP_SIGNAL,  RSP_SIGINT,  false},
    [STOP_STEPPED]        = {.kind = RSP_STOP_STEP},
    [STOP_SOFT]           = {.kind = RSP_STOP_SWBREAK},
    [STOP_HARD]           = {.kind = RSP_STOP_HWBREAK},
    [STOP_WRITE]          = {.kind = RSP_STOP_WATCH},
    [STOP_READ]           = {.kind = RSP_STOP_RWATCH},
    [STOP_ACCESS]         = {.kind = RSP_STOP_AWATCH},
    [STOP_WRITTEN]        = {.kind = RSP_STOP_SWBREAK},
    [STOP_TRAP]           = {RSP_STOP_SIGNAL,  RSP_SIGTRAP, false},
    [STOP_FAULT]          = {RSP_STOP_SIGNAL,  0,           false},
    [STOP_HALTED]         = {RSP_STOP_SIGNAL,  RSP_SIGSTOP, false},
    [STOP_ENDED]          = {.kind = RSP_STOP_EXITED},
    [STOP_ASKED]          = {RSP_STOP_SIGNAL,  RSP_SIGTRAP, true},
    [STOP_RESET]          = {RSP_STOP_SIGNAL,  RSP_SIGPWR,  true},
    [STOP_DEAD_FAULT]     = {RSP_STOP_SIGNAL,  0,           true},
    [STOP_DEAD_HALT]      = {RSP_STOP_SIGNAL,  RSP_SIGSTOP, true},
    [STOP_DEAD_EMULATION] = {RSP_STOP_SIGNAL,  RSP_SIGILL,  true},
    [STOP_DEAD_STALL]     = {RSP_STOP_SIGNAL,  RSP_SIGBUS,  true},
    [STOP_DEAD_HOST]      = {RSP_STOP_SIGNAL,  RSP_SIGABRT, true},
};
/* clang-format on */

static struct rsp_stop gdb_translate(const struct stop *why)
{
    enum rsp_stop_kind kind = stop_words[why->kind].kind;
    uint8_t signal = stop_words[why->kind].signal;

    if (kind == RSP_STOP_SIGNAL && !signal)
        signal = fault_signals[why->fault];
    return (struct rsp_stop){.kind = kind,
                             .tid = why->tid,
                             .signal = signal,
                             .exit_code = (uint8_t)why->status,
                             .addr = why->addr,
                             .text = why->text};
}

static void note_trouble(struct debugger *d, const char *text)
{
    (void)snprintf(d->trouble, sizeof d->trouble, "%s", text);
    d->in_trouble = true;
}

/* The guest cannot go on: says so on the console, too. */
static void tell_trouble(struct debugger *d, const char *text)
{
    bool wait = !d->engine.attended && d->on_stop == STOPPED_WAIT;

    log_user("%s%s", text, wait ? "; waiting for a debugger" : "");
    note_trouble(d, text);
}

/* A client in extended mode, which may want to run it again. */
static bool client_stays(const struct debugger *d)
{
    return d->connected && rsp_extended(&d->session);
}

static void on_stopped(void *context, const struct stop *why)
{
    struct debugger *d = context;

    if (stop_words[why->kind].is_dead)
        tell_trouble(d, why->text);
    d->last = gdb_translate(why);
    rsp_stopped(&d->session, &d->last);
    d->last.text = NULL; /* said once */
    if (stop_words[why->kind].is_dead)
        debugger_end_in_trouble(d);
    if (why->kind == STOP_ENDED && !client_stays(d))
        debugger_end_with_guest(d);
}

static void on_told(void *context, const char *text)
{
    struct debugger *d = context;
    char line[ENGINE_TEXT + 1];
    int n = snprintf(line, sizeof line, "%s\n", text);

    log_user("%s", text);
    (void)rsp_console(&d->session, line, (size_t)n);
}

static void on_halted(void *context, const char *text)
{
    struct debugger *d = context;

    on_told(context, text);
    note_trouble(d, text);
    debugger_end_in_trouble(d);
}

static bool on_widened(void *context, unsigned tid)
{
    struct debugger *d = context;

    return rsp_follow(&d->session, tid);
}

/* --- what the client sees --- */

static unsigned address_bits(void *context)
{
    struct debugger *d = context;

    return stub_address_bits(rsp_description(&d->session));
}

static bool knows_registers(void *context)
{
    struct debugger *d = context;

    return rsp_described(&d->session);
}

static bool gdb_follows(void *context)
{
    struct debugger *d = context;

    return d->follow_mode != FOLLOW_OFF;
}

static bool finds_at_pc(void *context)
{
    struct debugger *d = context;

    return rsp_takes_swbreak(&d->session);
}

const struct engine_listener gdb_listener = {
    .stopped = on_stopped,
    .halted = on_halted,
    .told = on_told,
    .widened = on_widened,
    .address_bits = address_bits,
    .knows_registers = knows_registers,
    .follows = gdb_follows,
    .finds_at_pc = finds_at_pc,
};

void debugger_start(struct debugger *d)
{
    engine_continue(&d->engine);
    d->in_trouble = false;
}

/* --- from the beginning --- */

void debugger_forget_run(struct debugger *d)
{
    d->in_trouble = false;
    d->bulk_end = BP_NO_PLACE;
    d->last = (struct rsp_stop){
        .kind = RSP_STOP_SIGNAL, .tid = 1, .signal = RSP_SIGTRAP};
}

/* A vCPU learns which registers it has when it is described. */
static void describe_all(struct debugger *d)
{
    struct engine *e = &d->engine;

    for (unsigned i = 0; i < e->n_threads; i++)
        (void)stub_describe(e->thread[i].vcpu, e->image.mode,
                            &d->session.client);
}

int debugger_restart(struct debugger *d, struct diag *diag)
{
    int r = engine_restart(&d->engine, diag);

    if (r < 0)
        return r;
    debugger_forget_run(d);
    rsp_restarted(&d->session);
    describe_all(d);
    return 0;
}

void debugger_reboot(struct debugger *d)
{
    struct resume_wish wish[ENGINE_CPUS] = {{.kind = RESUME_HOLD}};

    if (!d->engine.reboots || engine_reboot(&d->engine, wish) < 0)
        return;
    debugger_forget_run(d);
    describe_all(d);
    engine_rebooted(&d->engine, wish);
}
