/* SPDX-License-Identifier: MIT */
/*
 * Threads: H, T, qC, qfThreadInfo, qThreadExtraInfo.
 */
#include <string.h>

#include "rsp/commands/handlers.h"
#include "rsp/handler.h"
#include "rsp/replies/threads.h"

/* Hg sets the thread of g, p, m and so on; Hc that of s, where "all" and "any"
 * are kept as they are. */
int cmd_set_thread(struct rsp_session *s, struct rsp_args *a,
                   struct rsp_reply *r)
{
    char what = args_char(a);
    struct rsp_thread_id id = args_thread(a);

    (void)r;
    if (!args_ok(a) || !strchr("gc", what))
        return REFUSE_MALFORMED;
    unsigned tid = thread_find(s, id);
    if (!tid)
        return REFUSE_THREAD;
    if (what == 'g')
        s->tid = tid;
    else
        s->step_tid = id.tid;
    return REPLY_OK;
}

int cmd_thread_alive(struct rsp_session *s, struct rsp_args *a,
                     struct rsp_reply *r)
{
    struct rsp_thread_id id = args_thread(a);

    (void)r;
    if (!args_ok(a))
        return REFUSE_MALFORMED;
    return thread_find(s, id) ? REPLY_OK : REFUSE_THREAD;
}

int cmd_current_thread(struct rsp_session *s, struct rsp_args *a,
                       struct rsp_reply *r)
{
    if (!args_ok(a))
        return REFUSE_MALFORMED;
    reply_text(r, "QC");
    reply_thread(s, s->tid, r);
    return REPLY;
}

/* All of RSP_MAX_THREADS fit in one packet ... */
int cmd_first_threads(struct rsp_session *s, struct rsp_args *a,
                      struct rsp_reply *r)
{
    if (!args_ok(a))
        return REFUSE_MALFORMED;
    reply_char(r, thread_count(s) ? 'm' : 'l');
    reply_threads(s, r);
    return REPLY;
}

/* ... so there are never any more. */
int cmd_next_threads(struct rsp_session *s, struct rsp_args *a,
                     struct rsp_reply *r)
{
    (void)s;
    if (!args_ok(a))
        return REFUSE_MALFORMED;
    reply_char(r, 'l');
    return REPLY;
}

int cmd_thread_info(struct rsp_session *s, struct rsp_args *a,
                    struct rsp_reply *r)
{
    char name[RSP_NAME_MAX];

    args_skip(a, ',');
    struct rsp_thread_id id = args_thread(a);
    if (!args_ok(a))
        return REFUSE_MALFORMED;
    unsigned tid = thread_find(s, id);
    if (!tid)
        return REFUSE_THREAD;
    int err = s->ops->thread_name(s->target, tid, name, sizeof name);
    if (err)
        return err;
    reply_hex(r, name, strnlen(name, sizeof name));
    return REPLY;
}
