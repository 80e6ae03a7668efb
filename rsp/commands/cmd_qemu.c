/* SPDX-License-Identifier: MIT */
/*
 * QEMU's own packets, by which GEF and pwndbg know a machine from a process
 * (QEMU, docs/system/gdb.rst, "Advanced debugging options").
 */
#include <errno.h>

#include "rsp/commands/handlers.h"
#include "rsp/handler.h"

/* One bit: a step is a step. The others let interrupts and timers in or not,
 * which no packet chooses here. */
int cmd_step_bits(struct rsp_session *s, struct rsp_args *a,
                  struct rsp_reply *r)
{
    (void)s;
    if (!args_ok(a))
        return REFUSE_MALFORMED;
    reply_text(r, "ENABLE=1");
    return REPLY;
}

int cmd_get_physical(struct rsp_session *s, struct rsp_args *a,
                     struct rsp_reply *r)
{
    if (!s->ops->physical)
        return -ENOTSUP;
    if (!args_ok(a))
        return REFUSE_MALFORMED;
    reply_char(r, s->physical ? '1' : '0');
    return REPLY;
}

/* ":0" or ":1"; QEMU takes any other number for 1. */
int cmd_set_physical(struct rsp_session *s, struct rsp_args *a,
                     struct rsp_reply *r)
{
    (void)r;
    if (!s->ops->physical)
        return -ENOTSUP;
    args_skip(a, ':');
    uint64_t on = args_num(a);
    if (!args_ok(a))
        return REFUSE_MALFORMED;
    s->physical = on != 0;
    return REPLY_OK;
}
