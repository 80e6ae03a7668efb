/* SPDX-License-Identifier: MIT */

#include "rsp/replies/stop_reply.h"

#include <string.h>

#include "rsp/handler.h"
#include "rsp/replies/registers.h"
#include "rsp/replies/threads.h"

/* clang-format off */
static const struct {
    const char *key;
    unsigned client; /* only sent to a client that has this, if not 0 */
    bool has_addr;
    const char *reason; /* in LLDB's words; a watchpoint's key says it */
} annotation[] = {
    [RSP_STOP_SIGNAL]  = {NULL,       0,              false, NULL},
    [RSP_STOP_STEP]    = {NULL,       0,              false, "trace"},
    [RSP_STOP_SWBREAK] = {"swbreak:", CLIENT_SWBREAK, false, "breakpoint"},
    [RSP_STOP_HWBREAK] = {"hwbreak:", CLIENT_HWBREAK, false, "breakpoint"},
    [RSP_STOP_WATCH]   = {"watch:",   0,              true,  NULL},
    [RSP_STOP_RWATCH]  = {"rwatch:",  0,              true,  NULL},
    [RSP_STOP_AWATCH]  = {"awatch:",  0,              true,  NULL},
};
/* clang-format on */

static void stop_reply_annotate(const struct rsp_session *s,
                                const struct rsp_stop *stop,
                                struct rsp_reply *r)
{
    const char *key = annotation[stop->kind].key;
    unsigned client = annotation[stop->kind].client;

    if (!key || (client && !client_has(s, client)))
        return;
    reply_text(r, key);
    if (annotation[stop->kind].has_addr)
        reply_num(r, stop->addr);
    reply_char(r, ';');
}

/* --- what LLDB gets beside (docs/lldb-gdb-remote.txt, stop replies) --- */

static void write_pcs(const struct rsp_session *s, struct rsp_reply *r)
{
    unsigned n = s->ops->threads(s->target);

    reply_text(r, "thread-pcs:");
    for (unsigned tid = 1; tid <= n; tid++) {
        uint64_t pc = 0;

        (void)s->ops->get_pc(s->target, tid, &pc);
        if (tid > 1)
            reply_char(r, ',');
        reply_num(r, pc);
    }
    reply_char(r, ';');
}

/* What QListThreadsInStopReply asks for. */
static void list_threads(const struct rsp_session *s, struct rsp_reply *r)
{
    if (!client_has(s, CLIENT_LIST_THREADS))
        return;
    reply_text(r, "threads:");
    reply_threads(s, r);
    reply_char(r, ';');
    if (!s->nonstop.on) /* the others run */
        write_pcs(s, r);
}

static void name_thread(const struct rsp_session *s, unsigned tid,
                        struct rsp_reply *r)
{
    char name[RSP_NAME_MAX];

    if (s->ops->thread_name(s->target, tid, name, sizeof name))
        return;
    reply_text(r, "hexname:");
    reply_hex(r, name, strnlen(name, sizeof name));
    reply_char(r, ';');
}

/* A signal with words is an exception; an interrupt has none. */
static void give_reason(const struct rsp_stop *stop, struct rsp_reply *r)
{
    const char *reason = annotation[stop->kind].reason;

    if (reason) {
        reply_text(r, "reason:");
        reply_text(r, reason);
        reply_char(r, ';');
    } else if (stop->text) {
        reply_text(r, "reason:exception;description:");
        reply_hex(r, stop->text, strlen(stop->text));
        reply_char(r, ';');
    }
}

static void tell_lldb(const struct rsp_session *s, const struct rsp_stop *stop,
                      struct rsp_reply *r)
{
    if (!s->client.lldb)
        return;
    name_thread(s, stop->tid, r);
    give_reason(stop, r);
}

/* --- replies --- */

static void thread_stopped(const struct rsp_session *s,
                           const struct rsp_stop *stop, struct rsp_reply *r)
{
    uint8_t signal = stop->kind == RSP_STOP_SIGNAL ? stop->signal : RSP_SIGTRAP;

    reply_char(r, 'T');
    reply_byte(r, signal);
    stop_reply_annotate(s, stop, r);
    /* Before the registers: GDB skips those of a thread not yet named. */
    reply_text(r, "thread:");
    reply_thread(s, stop->tid, r);
    reply_char(r, ';');
    list_threads(s, r);
    tell_lldb(s, stop, r);
    registers_expedite(s, stop->tid, r);
}

static void process_ended(const struct rsp_session *s, char how, uint8_t status,
                          struct rsp_reply *r)
{
    reply_char(r, how);
    reply_byte(r, status);
    if (client_has(s, CLIENT_MULTIPROCESS))
        reply_text(r, ";process:1");
}

void stop_reply(const struct rsp_session *s, const struct rsp_stop *stop,
                struct rsp_reply *r)
{
    if (stop->kind == RSP_STOP_EXITED)
        process_ended(s, 'W', stop->exit_code, r);
    else if (stop->kind == RSP_STOP_KILLED)
        process_ended(s, 'X', stop->signal, r);
    else
        thread_stopped(s, stop, r);
}
