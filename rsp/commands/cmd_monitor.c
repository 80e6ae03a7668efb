/* SPDX-License-Identifier: MIT */
/*
 * `monitor` commands: qRcmd. What they say goes in an O packet of its own: GDB
 * would also take it for the reply, LLDB would show that as it is, in hex.
 */
#include <errno.h>
#include <string.h>

#include "rsp/commands/handlers.h"
#include "rsp/handler.h"
#include "rsp/replies/answer.h"

enum { LINE_MAX_BYTES = 4096, TEXT_MAX_BYTES = (RSP_PACKET_MAX - 1) / 2 };

int cmd_monitor(struct rsp_session *s, struct rsp_args *a, struct rsp_reply *r)
{
    char line[LINE_MAX_BYTES];
    size_t n;

    if (!s->ops->monitor)
        return -ENOTSUP;
    args_skip(a, ',');
    const void *text = args_hex(a, &n);
    if (!args_ok(a) || memchr(text, '\0', n))
        return REFUSE_MALFORMED;
    if (n >= sizeof line)
        return REFUSE_LONG;
    memcpy(line, text, n);
    line[n] = '\0';

    reply_char(r, 'O');
    char *out = reply_space(r, TEXT_MAX_BYTES);
    if (!out)
        return REFUSE_LONG;
    ssize_t got =
        s->ops->monitor->command(s->target, line, out, TEXT_MAX_BYTES);
    if (got <= 0)
        return got < 0 ? (int)got : REPLY_OK;
    reply_hex(r, out, (size_t)got);
    command_send(s, r, REPLY);
    tx_begin(&s->tx, r);
    return REPLY_OK;
}
