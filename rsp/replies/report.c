/* SPDX-License-Identifier: MIT */
#include "rsp/replies/report.h"

#include "rsp/replies/follow.h"
#include "rsp/replies/nonstop.h"
#include "rsp/replies/stop_reply.h"

void session_describe(struct rsp_session *s)
{
    s->desc = s->ops->describe(s->target, &s->client);
}

void session_restarted(struct rsp_session *s)
{
    s->running = s->holding = false;
    if (s->nonstop.on)
        nonstop_halted(s);
}

void session_resumed(struct rsp_session *s)
{
    s->running = true;
    s->owed = RSP_OWED_TO_RESUME;
}

void session_follow_thread(struct rsp_session *s, const struct rsp_stop *stop)
{
    if (stop->tid > 0)
        s->tid = stop->tid;
}

void session_report(struct rsp_session *s, const struct rsp_stop *stop,
                    struct rsp_reply *r)
{
    session_follow_thread(s, stop);
    stop_reply(s, stop, r);
}

void session_answer(struct rsp_session *s, const struct rsp_stop *stop,
                    struct rsp_reply *r)
{
    if (follow_due_at_query(s, stop))
        follow_begin(s, stop, true, r);
    else
        session_report(s, stop, r);
}
