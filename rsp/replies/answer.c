/* SPDX-License-Identifier: MIT */
/*
 * A packet that is not in the table, or whose feature the target lacks, is
 * answered "", one that makes no sense by an error: a client stops using what
 * is answered "" (GDB manual, "Overview").
 */
#include "rsp/replies/answer.h"

#include <errno.h>
#include <string.h>

#include "rsp/handler.h"
#include "rsp/replies/follow.h"

/* clang-format off */
static const struct {
    uint8_t error;
    const char *text;
} refusals[RSP_RESULTS] = {
    [REFUSE_MALFORMED] = {EINVAL,   "the packet makes no sense"},
    [REFUSE_THREAD]    = {ESRCH,    "no such thread"},
    [REFUSE_PROCESS]   = {ESRCH,    "nothing is being debugged: run it first"},
    [REFUSE_BUSY]      = {EBUSY,    "the target is running"},
    [REFUSE_SUM]       = {EBADMSG,  "the checksum is wrong"},
    [REFUSE_LONG]      = {EMSGSIZE, "the packet is too long"},
};
/* clang-format on */

/* An error text may hold anything but what the framing is made of. */
static void reply_sentence(struct rsp_reply *r, const char *text)
{
    while (*text) {
        size_t plain = strcspn(text, "#$}*");

        reply_bytes(r, text, plain);
        text += plain;
        if (*text) {
            reply_char(r, ' ');
            text++;
        }
    }
}

/* GDB manual, "Standard Replies"; Exx;hex is LLDB's (lldb-gdb-remote.txt,
 * QEnableErrorStrings). */
static void reply_error(const struct rsp_session *s, struct rsp_reply *r,
                        uint8_t error, const char *text)
{
    if (text && client_has(s, CLIENT_ERROR_TEXT)) {
        reply_text(r, "E.");
        reply_sentence(r, text);
        return;
    }
    reply_char(r, 'E');
    reply_byte(r, error);
    if (text && client_has(s, CLIENT_ERROR_STRINGS)) {
        reply_char(r, ';');
        reply_hex(r, text, strlen(text));
    }
}

static const char *last_error(const struct rsp_session *s)
{
    return s->ops->last_error ? s->ops->last_error(s->target) : NULL;
}

int command_explain(const struct rsp_session *s, struct rsp_reply *r, int err)
{
    const char *text = err < 0 && err != -ENOTSUP ? last_error(s) : NULL;

    if (!text || s->client.lldb)
        return err;
    reply_text(r, "E.");
    reply_sentence(r, text);
    return REPLY;
}

/* The result of a handler becomes the payload. */
static void answer_conclude(struct rsp_session *s, struct rsp_reply *r,
                            int result)
{
    if (r->overflow && result == REPLY)
        result = REFUSE_LONG;
    if (result == REPLY)
        return;
    reply_clear(r);
    if (result == REPLY_OK)
        reply_text(r, "OK");
    else if (result > 0)
        reply_error(s, r, refusals[result].error, refusals[result].text);
    else if (result != -ENOTSUP)
        reply_error(s, r, (uint8_t)-result, last_error(s));
}

void command_trace(const struct rsp_session *s, char direction,
                   const void *bytes, size_t n)
{
    if (s->ops->trace)
        s->ops->trace(s->target, direction, bytes, n);
}

void command_send(struct rsp_session *s, struct rsp_reply *r, int result)
{
    answer_conclude(s, r, result);
    command_trace(s, '>', r->bytes, r->n);
    tx_end(&s->tx, r);
    if (follow_is_polled(s))
        tx_lead(&s->tx);
}
