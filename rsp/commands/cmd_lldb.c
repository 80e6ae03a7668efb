/* SPDX-License-Identifier: MIT */
/*
 * What only LLDB asks: who the target is, and what is where in its memory
 * (LLDB, docs/lldb-gdb-remote.txt). Its switches are in cmd_query.c.
 */
#include <errno.h>
#include <string.h>

#include "rsp/commands/handlers.h"
#include "rsp/handler.h"
#include "rsp/replies/threads.h"

static void reply_key(struct rsp_reply *r, const char *key, const char *value)
{
    reply_text(r, key);
    reply_char(r, ':');
    reply_text(r, value);
    reply_char(r, ';');
}

static void reply_hex_key(struct rsp_reply *r, const char *key, uint64_t value)
{
    reply_text(r, key);
    reply_char(r, ':');
    reply_num(r, value);
    reply_char(r, ';');
}

static void reply_decimal_key(struct rsp_reply *r, const char *key,
                              unsigned value)
{
    reply_text(r, key);
    reply_char(r, ':');
    reply_decimal(r, value);
    reply_char(r, ';');
}

/* --- the machine --- */

/* Of a packet without arguments. */
static int ask_host(struct rsp_session *s, struct rsp_args *a,
                    struct rsp_host *ret)
{
    if (!s->ops->host)
        return -ENOTSUP;
    if (!args_ok(a))
        return REFUSE_MALFORMED;
    return s->ops->host->host(s->target, ret);
}

static void reply_cpu(struct rsp_reply *r, const struct rsp_host *host)
{
    if (host->triple) {
        reply_text(r, "triple:");
        reply_hex(r, host->triple, strlen(host->triple));
        reply_char(r, ';');
    }
    reply_decimal_key(r, "ptrsize", host->pointer_bytes);
    reply_key(r, "endian", host->big_endian ? "big" : "little");
}

int cmd_host_info(struct rsp_session *s, struct rsp_args *a,
                  struct rsp_reply *r)
{
    struct rsp_host host;
    int err = ask_host(s, a, &host);

    if (err)
        return err;
    reply_cpu(r, &host);
    reply_key(r, "watchpoint_exceptions_received", "after");
    reply_decimal_key(r, "vm-page-size", host.page_bytes);
    return REPLY;
}

int cmd_process_info(struct rsp_session *s, struct rsp_args *a,
                     struct rsp_reply *r)
{
    struct rsp_host host;
    int err = ask_host(s, a, &host);

    if (err)
        return err;
    reply_hex_key(r, "pid", RSP_PROCESS);
    reply_cpu(r, &host);
    return REPLY;
}

int cmd_watchpoint_info(struct rsp_session *s, struct rsp_args *a,
                        struct rsp_reply *r)
{
    struct rsp_host host;

    (void)args_try(a, ':');
    int err = ask_host(s, a, &host);

    if (err)
        return err;
    reply_decimal_key(r, "num", host.watchpoints);
    return REPLY;
}

int cmd_can_stay_stopped(struct rsp_session *s, struct rsp_args *a,
                         struct rsp_reply *r)
{
    (void)s;
    (void)r;
    (void)args_try(a, ':'); /* LLDB does */
    return args_ok(a) ? REPLY_OK : REFUSE_MALFORMED;
}

/* --- memory --- */

/* A region may not end where 64 bits wrap: LLDB 14 and 19, looking for free
 * memory, would begin again at 0 for ever. So the last byte of all is missing,
 * as it is from lldb-server's maps. */
static uint64_t region_size(const struct rsp_region *region)
{
    uint64_t most = UINT64_MAX - region->start;

    return region->size && region->size < most ? region->size : most;
}

/* No permissions: not mapped. */
int cmd_region_info(struct rsp_session *s, struct rsp_args *a,
                    struct rsp_reply *r)
{
    struct rsp_region region;

    if (!s->ops->regions)
        return -ENOTSUP;
    args_skip(a, ':');
    uint64_t addr = args_num(a);
    if (!args_ok(a))
        return REFUSE_MALFORMED;
    int err = s->ops->regions->region(s->target, addr, &region);
    if (err)
        return err;
    reply_hex_key(r, "start", region.start);
    reply_hex_key(r, "size", region_size(&region));
    if (!region.mapped)
        return REPLY;
    reply_text(r, "permissions:");
    reply_text(r, region.readable ? "r" : "");
    reply_text(r, region.writable ? "w" : "");
    reply_text(r, region.executable ? "x" : "");
    reply_char(r, ';');
    return REPLY;
}
