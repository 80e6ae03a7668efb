/* SPDX-License-Identifier: MIT */
#include "rsp/follow.h"

#include <string.h>

#include "rsp/command.h"

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
    return s->ops->follow && s->client.exec_events && s->described &&
           !s->lone_step && !stop_is_the_end(stop) &&
           s->ops->follow(s->target, s->desc) &&
           s->ops->describe(s->target, &s->client) != s->desc;
}

/* GDB wants the name of a file; one that cannot exist leaves its symbols and
 * displays alone. No registers: their numbers are about to change. */
void follow_begin(struct rsp_session *s, const struct rsp_stop *stop,
                  struct rsp_reply *r)
{
    const struct rsp_desc *desc = s->ops->describe(s->target, &s->client);

    if (s->ops->breaks)
        s->ops->breaks->clear(s->target);
    s->held = *stop;
    s->held.text = NULL; /* said already */
    s->holding = true;
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
