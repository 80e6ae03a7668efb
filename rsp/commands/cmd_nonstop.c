/* SPDX-License-Identifier: MIT */
/*
 * Non-stop mode: QNonStop, vStopped (rsp/replies/nonstop.h).
 */
#include <errno.h>

#include "rsp/commands/handlers.h"
#include "rsp/handler.h"
#include "rsp/replies/nonstop.h"
#include "rsp/replies/threads.h"

static int nonstop_switch_on(struct rsp_session *s)
{
    struct rsp_stop why;
    bool known = !s->running && s->ops->why(s->target, &why) == 0;
    int err = s->ops->nonstop->set(s->target, true);

    if (err)
        return err;
    nonstop_begin(s, known ? &why : NULL);
    return REPLY_OK;
}

/* The threads that run are stopped first (GDB manual, "Remote Non-Stop"), and
 * the last stop is the answer. */
static int switch_off(struct rsp_session *s)
{
    int err = s->ops->nonstop->set(s->target, false);

    if (err)
        return err;
    s->running = session_runs(s);
    s->nonstop.on = false;
    if (!s->running)
        return REPLY_OK;
    s->owed = RSP_OWED_TO_MODE;
    return REPLY_NONE;
}

int cmd_nonstop(struct rsp_session *s, struct rsp_args *a, struct rsp_reply *r)
{
    (void)r;
    if (!s->ops->nonstop)
        return -ENOTSUP;
    args_skip(a, ':');
    bool on = args_try(a, '1');
    if (!on)
        args_skip(a, '0');
    if (!args_ok(a))
        return REFUSE_MALFORMED;
    if (on == s->nonstop.on)
        return REPLY_OK;
    if (s->owed != RSP_OWED_NOTHING)
        return REFUSE_BUSY;
    return on ? nonstop_switch_on(s) : switch_off(s);
}

int cmd_next_stop(struct rsp_session *s, struct rsp_args *a,
                  struct rsp_reply *r)
{
    if (!s->ops->nonstop)
        return -ENOTSUP;
    if (!args_ok(a))
        return REFUSE_MALFORMED;
    return s->nonstop.on ? nonstop_next(s, r) : REPLY_OK;
}
