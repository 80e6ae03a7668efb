/* SPDX-License-Identifier: MIT */
#include "rsp/replies/nonstop.h"

#include <string.h>

#include "rsp/handler.h"
#include "rsp/replies/answer.h"
#include "rsp/replies/stop_reply.h"
#include "rsp/replies/threads.h"

static void empty_queue(struct rsp_nonstop *ns)
{
    for (unsigned i = 0; i < ns->n_queued; i++)
        ns->thread[ns->queue[i] - 1].untold = false;
    ns->n_queued = 0;
    ns->end_untold = false;
}

/* The first in the queue is one that the client was told of: it goes when the
 * client asks for the next, or that would be taken for told. */
static bool first_is_told(const struct rsp_nonstop *ns)
{
    return ns->telling && !ns->stale;
}

static void queue_thread(struct rsp_nonstop *ns, unsigned tid)
{
    ns->thread[tid - 1].untold = true;
    ns->queue[ns->n_queued++] = tid;
}

static void nonstop_unqueue(struct rsp_nonstop *ns, unsigned at)
{
    ns->thread[ns->queue[at] - 1].untold = false;
    ns->n_queued--;
    memmove(&ns->queue[at], &ns->queue[at + 1],
            (ns->n_queued - at) * sizeof *ns->queue);
}

/* There are no O packets in non-stop mode ("Stop Reply Packets", O): the text,
 * which is borrowed, is not kept. */
static void set_stopped(struct rsp_nonstop *ns, const struct rsp_stop *stop)
{
    struct rsp_thread_state *thread = &ns->thread[stop->tid - 1];

    thread->running = false;
    thread->stop = *stop;
    thread->stop.text = NULL;
}

static void set_plainly_stopped(struct rsp_nonstop *ns, unsigned tid)
{
    const struct rsp_stop plain = {
        .kind = RSP_STOP_SIGNAL, .signal = RSP_SIGNAL_0, .tid = tid};

    set_stopped(ns, &plain);
}

static bool is_thread(const struct rsp_session *s, unsigned tid)
{
    return tid > 0 && tid <= thread_count(s) && tid <= RSP_MAX_THREADS;
}

void nonstop_forget(struct rsp_session *s)
{
    s->nonstop.stale = s->nonstop.telling;
    empty_queue(&s->nonstop);
    for (unsigned i = 0; i < RSP_MAX_THREADS; i++)
        s->nonstop.thread[i].running = true; /* when it appears */
}

void nonstop_begin(struct rsp_session *s, const struct rsp_stop *why)
{
    nonstop_forget(s);
    s->nonstop.telling = s->nonstop.stale = false;
    for (unsigned tid = 1; tid <= thread_count(s); tid++)
        if (!s->ops->nonstop->running(s->target, tid))
            set_plainly_stopped(&s->nonstop, tid);
    if (why && is_thread(s, why->tid) &&
        !s->nonstop.thread[why->tid - 1].running)
        set_stopped(&s->nonstop, why);
    s->nonstop.on = true;
    s->running = s->holding = false;
    s->owed = RSP_OWED_NOTHING;
}

/* Nobody is left who could stop, and who has stopped is gone. */
static void nonstop_end(struct rsp_session *s, const struct rsp_stop *stop)
{
    nonstop_forget(s);
    s->no_process = true;
    s->nonstop.end = *stop;
    s->nonstop.end_untold = true;
}

void nonstop_stopped(struct rsp_session *s, const struct rsp_stop *stop)
{
    if (s->no_process)
        return;
    if (stop_is_the_end(stop)) {
        nonstop_end(s, stop);
        return;
    }
    if (!is_thread(s, stop->tid) || !s->nonstop.thread[stop->tid - 1].running)
        return;
    set_stopped(&s->nonstop, stop);
    queue_thread(&s->nonstop, stop->tid);
}

/* Of an end that is undone nobody need hear. */
static void forget_end(struct rsp_nonstop *ns)
{
    if (ns->end_untold)
        ns->stale = ns->telling;
    ns->end_untold = false;
}

void nonstop_halted(struct rsp_session *s)
{
    forget_end(&s->nonstop);
    for (unsigned tid = 1; tid <= thread_count(s); tid++) {
        const struct rsp_thread_state *thread = &s->nonstop.thread[tid - 1];

        if (thread->running)
            queue_thread(&s->nonstop, tid);
        if (thread->untold)
            set_plainly_stopped(&s->nonstop, tid);
    }
}

void nonstop_told(struct rsp_session *s, const struct rsp_stop *stop)
{
    struct rsp_nonstop *ns = &s->nonstop;

    if (!is_thread(s, stop->tid))
        return;
    for (unsigned i = first_is_told(ns); i < ns->n_queued; i++)
        if (ns->queue[i] == stop->tid)
            nonstop_unqueue(ns, i);
    set_stopped(ns, stop);
}

bool nonstop_can_resume(const struct rsp_session *s, unsigned tid)
{
    const struct rsp_thread_state *thread = &s->nonstop.thread[tid - 1];

    return !thread->running && !thread->untold;
}

/* The first that is to be told; NULL: nothing is. */
static const struct rsp_stop *nonstop_first(const struct rsp_nonstop *ns)
{
    if (ns->end_untold)
        return &ns->end;
    return ns->n_queued ? &ns->thread[ns->queue[0] - 1].stop : NULL;
}

void nonstop_notify(struct rsp_session *s)
{
    const struct rsp_stop *stop = nonstop_first(&s->nonstop);
    struct rsp_reply r;

    if (!stop || s->nonstop.telling || s->done)
        return;
    tx_begin_notice(&s->tx, &r);
    reply_text(&r, "Stop:");
    stop_reply(s, stop, &r);
    if (r.overflow)
        return; /* next time */
    tx_end_notice(&s->tx, &r);
    command_trace(s, '>', r.bytes - 1, r.n + 1); /* with its '%' */
    s->nonstop.telling = true;
}

/* Tells the first, if there is one, as an answer. */
static int nonstop_answer(struct rsp_session *s, struct rsp_reply *r)
{
    const struct rsp_stop *stop = nonstop_first(&s->nonstop);

    s->nonstop.telling = stop != NULL;
    s->nonstop.stale = false;
    if (!stop)
        return REPLY_OK;
    stop_reply(s, stop, r);
    return REPLY;
}

int nonstop_next(struct rsp_session *s, struct rsp_reply *r)
{
    struct rsp_nonstop *ns = &s->nonstop;

    if (first_is_told(ns) && ns->end_untold)
        ns->end_untold = false;
    else if (first_is_told(ns))
        nonstop_unqueue(ns, 0);
    return nonstop_answer(s, r);
}

int nonstop_again(struct rsp_session *s, struct rsp_reply *r)
{
    bool end_untold = s->nonstop.end_untold;

    empty_queue(&s->nonstop);
    s->nonstop.end_untold = end_untold;
    for (unsigned tid = 1; tid <= thread_count(s); tid++)
        if (!s->nonstop.thread[tid - 1].running)
            queue_thread(&s->nonstop, tid);
    return nonstop_answer(s, r);
}
