/* SPDX-License-Identifier: MIT */
#include "rsp/replies/threads.h"

#include "rsp/handler.h"

void reply_thread(const struct rsp_session *s, unsigned tid,
                  struct rsp_reply *r)
{
    if (client_has(s, CLIENT_MULTIPROCESS)) {
        reply_char(r, 'p');
        reply_num(r, RSP_PROCESS);
        reply_char(r, '.');
    }
    reply_num(r, tid);
}

unsigned thread_count(const struct rsp_session *s)
{
    return s->no_process ? 0 : s->ops->threads(s->target);
}

void reply_threads(const struct rsp_session *s, struct rsp_reply *r)
{
    unsigned n = thread_count(s);

    for (unsigned tid = 1; tid <= n; tid++) {
        if (tid > 1)
            reply_char(r, ',');
        reply_thread(s, tid, r);
    }
}

bool process_is_ours(int pid)
{
    return pid == RSP_PROCESS || pid == TID_ALL || pid == TID_ANY;
}

unsigned thread_find(const struct rsp_session *s, struct rsp_thread_id id)
{
    if (!process_is_ours(id.pid))
        return 0;
    if (id.tid == TID_ALL || id.tid == TID_ANY)
        return s->tid;
    unsigned tid = (unsigned)id.tid;
    return tid <= thread_count(s) ? tid : 0;
}

int thread_check(const struct rsp_session *s, unsigned tid)
{
    if (!tid)
        return REFUSE_THREAD;
    return s->nonstop.on && s->nonstop.thread[tid - 1].running ? REFUSE_BUSY
                                                               : 0;
}

bool session_runs(const struct rsp_session *s)
{
    unsigned n = s->nonstop.on ? thread_count(s) : 0;

    for (unsigned i = 0; i < n; i++)
        if (s->nonstop.thread[i].running)
            return true;
    return s->running;
}
