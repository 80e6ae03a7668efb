/* SPDX-License-Identifier: MIT */

#include "rsp/replies/follow.h"

#include <string.h>

#include "rsp/replies/threads.h"

static bool follow_is_watched(const struct rsp_stop *stop)
{
    return stop->kind == RSP_STOP_WATCH || stop->kind == RSP_STOP_RWATCH ||
           stop->kind == RSP_STOP_AWATCH;
}

static bool same_registers(const struct rsp_desc *a, const struct rsp_desc *b)
{
    bool same = a->n_regs == b->n_regs;

    for (size_t i = 0; same && i < a->n_regs; i++)
        same = a->regs[i].bits == b->regs[i].bits &&
               strcmp(a->regs[i].name, b->regs[i].name) == 0;
    return same;
}

/*
 * At the event GDB reads anew what is watched, and does not find that it has
 * changed when the stop comes. So a watchpoint is told first and the
 * description with the next stop, if its registers are those that the client
 * knows.
 */
static bool can_wait(const struct rsp_session *s, const struct rsp_stop *stop,
                     const struct rsp_desc *desc)
{
    return follow_is_watched(stop) && same_registers(s->desc, desc);
}

/*
 * Not after a lone step: that is GDB stepping off a breakpoint, on the way to
 * something else. GDB 13 and 16 forget that way at the event, swallow the stop
 * behind it and run on. So they see one stop with the old registers at most.
 *
 * Nor a client that has its description from a file (`set tdesc filename`): it
 * would not read the new one, and be told again at each stop.
 */
bool follow_due(const struct rsp_session *s, const struct rsp_stop *stop)
{
    if (!s->ops->follow || !s->client.exec_events || !s->described ||
        s->lone_step || stop_is_the_end(stop) ||
        !s->ops->follow(s->target, s->desc))
        return false;

    const struct rsp_desc *desc = s->ops->describe(s->target, &s->client);
    bool news = desc != s->desc || (desc->yields && s->has_file);
    return news && !can_wait(s, stop, desc);
}

bool follow_due_at_query(const struct rsp_session *s,
                         const struct rsp_stop *stop)
{
    return s->no_ack && follow_due(s, stop);
}

bool follow_is_polled(const struct rsp_session *s)
{
    return s->holding && s->polled;
}

void follow_described(struct rsp_session *s)
{
    s->has_file |= !s->described; /* there is no telling */
    s->described = true;
}

void follow_symbols(struct rsp_session *s)
{
    s->has_file |= s->has_symbols;
    s->has_symbols = true;
}

/* GDB wants the name of a file; one that cannot exist leaves its symbols and
 * displays alone. No registers: their numbers are about to change. */
void follow_begin(struct rsp_session *s, const struct rsp_stop *stop,
                  bool polled, struct rsp_reply *r)
{
    const struct rsp_desc *desc = s->ops->describe(s->target, &s->client);

    if (s->ops->breaks)
        s->ops->breaks->clear(s->target);
    s->held = *stop;
    s->held.text = NULL; /* said already */
    s->holding = true;
    s->polled = polled;
    s->has_file = false; /* forgotten */
    reply_text(r, "T05exec:");
    reply_hex(r, desc->title, strlen(desc->title));
    reply_text(r, ";thread:");
    reply_thread(s, stop->tid, r);
    reply_char(r, ';');
}

const struct rsp_stop *follow_end(struct rsp_session *s)
{
    bool holding = s->holding;

    s->holding = false;
    return holding ? &s->held : NULL;
}
