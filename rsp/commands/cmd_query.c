/* SPDX-License-Identifier: MIT */
/*
 * Getting to know each other: qSupported and the switches Q...
 */
#include <errno.h>
#include <string.h>

#include "rsp/commands/handlers.h"
#include "rsp/handler.h"
#include "rsp/replies/follow.h"
#include "rsp/replies/report.h"

static bool query_always(const struct rsp_session *s)
{
    (void)s;
    return true;
}

static bool has_breaks(const struct rsp_session *s)
{
    return s->ops->breaks;
}

static bool takes_conditions(const struct rsp_session *s)
{
    return has_breaks(s) && s->ops->breaks->takes_conditions;
}

static bool takes_commands(const struct rsp_session *s)
{
    return has_breaks(s) && s->ops->breaks->takes_commands;
}

static bool has_nonstop(const struct rsp_session *s)
{
    return s->ops->nonstop;
}

static bool has_rom(const struct rsp_session *s)
{
    return s->ops->regions && s->ops->regions->rom;
}

static bool is_multiprocess(const struct rsp_session *s)
{
    return client_has(s, CLIENT_MULTIPROCESS);
}

static bool takes_exec_events(const struct rsp_session *s)
{
    return s->ops->follow && s->client.exec_events;
}

static bool takes_error_text(const struct rsp_session *s)
{
    return client_has(s, CLIENT_ERROR_TEXT);
}

/* clang-format off */
/* What we offer (GDB manual, "General Query Packets", qSupported). */
static const struct {
    const char *text;
    bool (*offered)(const struct rsp_session *s);
} offers[] = {
    {";QStartNoAckMode+",       query_always},
    {";vContSupported+",        query_always},
    {";qXfer:features:read+",   query_always},
    {";qXfer:threads:read+",    query_always},
    {";binary-upload+",         query_always},
    {";swbreak+",               has_breaks},
    {";hwbreak+",               has_breaks},
    {";ConditionalBreakpoints+", takes_conditions},
    {";BreakpointCommands+",    takes_commands},
    {";QNonStop+",              has_nonstop},
    {";qXfer:memory-map:read+", has_rom},
    {";exec-events+",           takes_exec_events},
    {";multiprocess+",          is_multiprocess},
    {";error-message+",         takes_error_text},
};

/* It may have stop replies before it reads target.xml. */
static void found_lldb(struct rsp_session *s)
{
    s->client.lldb = true;
    session_describe(s);
}

static void found_exec_events(struct rsp_session *s)
{
    s->client.exec_events = true;
}

/* What the client offers: a feature to remember, or something to do. */
static const struct {
    const char *text;
    unsigned feature;
    void (*found)(struct rsp_session *s);
} understood[] = {
    {"multiprocess+",                  CLIENT_MULTIPROCESS, NULL},
    {"swbreak+",                       CLIENT_SWBREAK,      NULL},
    {"hwbreak+",                       CLIENT_HWBREAK,      NULL},
    {"error-message+",                 CLIENT_ERROR_TEXT,   NULL},
    {"exec-events+",                   0,                   found_exec_events},
    /* GDB asks for i386 only; this list is LLDB's. */
    {"xmlRegisters=i386,arm,mips,arc", 0,                   found_lldb},
};
/* clang-format on */

static void query_hear(struct rsp_session *s, const char *text, size_t n)
{
    for (size_t i = 0; i < sizeof understood / sizeof *understood; i++) {
        if (strlen(understood[i].text) != n ||
            memcmp(understood[i].text, text, n) != 0)
            continue;
        s->features |= understood[i].feature;
        if (understood[i].found)
            understood[i].found(s);
    }
}

int cmd_supported(struct rsp_session *s, struct rsp_args *a,
                  struct rsp_reply *r)
{
    size_t n;

    if (a->at < a->end)
        args_skip(a, ':');
    while (!a->bad && a->at < a->end) {
        const char *text = args_until(a, ';', &n);

        query_hear(s, text, n);
        (void)args_try(a, ';');
    }
    if (!args_ok(a))
        return REFUSE_MALFORMED;
    reply_text(r, "PacketSize=");
    reply_num(r, RSP_PACKET_MAX);
    for (size_t i = 0; i < sizeof offers / sizeof *offers; i++)
        if (offers[i].offered(s))
            reply_text(r, offers[i].text);
    return REPLY;
}

/* "+" for the request has gone out already, and the client's for our OK is
 * ignored like any byte between packets. */
int cmd_no_ack(struct rsp_session *s, struct rsp_args *a, struct rsp_reply *r)
{
    (void)r;
    if (!args_ok(a))
        return REFUSE_MALFORMED;
    s->no_ack = true;
    return REPLY_OK;
}

static int query_switch_on(struct rsp_session *s, const struct rsp_args *a,
                           unsigned feature)
{
    if (!args_ok(a))
        return REFUSE_MALFORMED;
    s->features |= feature;
    return REPLY_OK;
}

int cmd_error_strings(struct rsp_session *s, struct rsp_args *a,
                      struct rsp_reply *r)
{
    (void)r;
    return query_switch_on(s, a, CLIENT_ERROR_STRINGS);
}

int cmd_list_threads(struct rsp_session *s, struct rsp_args *a,
                     struct rsp_reply *r)
{
    (void)r;
    return query_switch_on(s, a, CLIENT_LIST_THREADS);
}

/* Only LLDB knows this one, and sends it before it reads target.xml. */
int cmd_thread_suffix(struct rsp_session *s, struct rsp_args *a,
                      struct rsp_reply *r)
{
    int result = query_switch_on(s, a, CLIENT_THREAD_SUFFIX);

    (void)r;
    if (result == REPLY_OK)
        found_lldb(s);
    return result;
}

/* The client offers to look up symbols; we need none, but see that it has
 * some. */
int cmd_symbol(struct rsp_session *s, struct rsp_args *a, struct rsp_reply *r)
{
    size_t n;

    (void)r;
    args_skip(a, ':');
    (void)args_rest(a, &n);
    if (!args_ok(a))
        return REFUSE_MALFORMED;
    follow_symbols(s);
    return REPLY_OK;
}
