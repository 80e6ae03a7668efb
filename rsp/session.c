/* SPDX-License-Identifier: MIT */
/*
 * The life of a session: bytes in, events out of them, stops, bytes out.
 *
 * Invariants: at most one stop reply is owed; a packet is taken only when the
 * longest reply has room; nothing is taken once the session is done.
 */
#include "rsp/session.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "rsp/commands/table.h"
#include "rsp/handler.h"
#include "rsp/replies/answer.h"
#include "rsp/replies/follow.h"
#include "rsp/replies/nonstop.h"
#include "rsp/replies/report.h"
#include "rsp/replies/threads.h"

/* Console text goes in pieces of this size, so that a client with small
 * buffers copes. */
enum { CONSOLE_PIECE = 1024 };

bool rsp_is_complete(const struct rsp_target_ops *ops)
{
    return ops->threads && ops->thread_name && ops->why && ops->resume &&
           ops->interrupt && ops->detach && ops->kill && ops->describe &&
           ops->reg_read && ops->reg_write && ops->get_pc && ops->set_pc &&
           ops->reg_begin && ops->reg_end && ops->mem_read && ops->mem_write &&
           (!ops->breaks || (ops->breaks->insert && ops->breaks->remove &&
                             ops->breaks->clear)) &&
           (!ops->nonstop || (ops->nonstop->set && ops->nonstop->running &&
                              ops->nonstop->stop)) &&
           (!ops->monitor || ops->monitor->command) &&
           (!ops->restart || (ops->restart->restart && ops->restart->attach)) &&
           (!ops->host || ops->host->host) &&
           (!ops->search || ops->search->search) &&
           (!ops->physical || (ops->physical->read && ops->physical->write &&
                               ops->physical->search)) &&
           (!ops->regions || ops->regions->region);
}

void rsp_init(struct rsp_session *s, const struct rsp_target_ops *ops,
              void *target)
{
    const bool whole = rsp_is_complete(ops);

    assert(whole);
    (void)whole; /* NDEBUG */
    s->ops = ops;
    s->target = target;
    s->nonstop = (struct rsp_nonstop){.on = false};
    rsp_connect(s, false);
}

void rsp_connect(struct rsp_session *s, bool running)
{
    if (s->nonstop.on)
        (void)s->ops->nonstop->set(s->target, false);
    s->nonstop = (struct rsp_nonstop){.on = false};
    s->client = (struct rsp_client){0};
    s->features = 0;
    s->no_ack = false;
    s->running = running;
    s->done = false;
    s->lone_step = s->described = s->holding = false;
    s->has_symbols = s->has_file = s->physical = false;
    s->extended = s->no_process = false;
    s->owed = RSP_OWED_NOTHING;
    s->tid = 1;
    s->step_tid = TID_ALL;
    rx_init(&s->rx);
    tx_init(&s->tx);
    session_describe(s);
}

static void session_on_nothing(struct rsp_session *s)
{
    (void)s;
}

static void session_sign(struct rsp_session *s, char c)
{
    if (!s->no_ack)
        tx_sign(&s->tx, c);
}

static void on_packet(struct rsp_session *s)
{
    session_sign(s, '+');
    command_run(s, (char *)s->rx.payload, s->rx.n);
}

/* Without acks there is no asking again; an error keeps the conversation in
 * step: one reply for each packet. */
static void on_bad_sum(struct rsp_session *s)
{
    if (s->no_ack)
        command_refuse(s, REFUSE_SUM);
    else
        tx_sign(&s->tx, '-');
}

static void on_too_long(struct rsp_session *s)
{
    session_sign(s, '+');
    command_refuse(s, REFUSE_LONG);
}

static void on_malformed(struct rsp_session *s)
{
    session_sign(s, '+');
    command_refuse(s, REFUSE_MALFORMED);
}

static void on_nak(struct rsp_session *s)
{
    if (!s->no_ack)
        tx_again(&s->tx);
}

/* GDB manual, "Interrupts": ignored while stopped. */
static void on_interrupt(struct rsp_session *s)
{
    if (session_runs(s))
        (void)s->ops->interrupt(s->target);
}

/* clang-format off */
static void (*const on_event[RX_EVENTS])(struct rsp_session *) = {
    [RX_NOTHING]   = session_on_nothing,
    [RX_PACKET]    = on_packet,
    [RX_BAD_SUM]   = on_bad_sum,
    [RX_TOO_LONG]  = on_too_long,
    [RX_MALFORMED] = on_malformed,
    [RX_NAK]       = on_nak,
    [RX_INTERRUPT] = on_interrupt,
};
/* clang-format on */

size_t rsp_feed(struct rsp_session *s, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    size_t used = 0;

    while (used < n && !s->done && tx_ready(&s->tx)) {
        enum rx_event event;

        used += rx_take(&s->rx, p + used, n - used, &event);
        on_event[event](s);
    }
    return used;
}

/* One O packet (GDB manual, "Stop Reply Packets"). */
static void send_console(struct rsp_session *s, const char *text, size_t n)
{
    struct rsp_reply r;

    tx_begin(&s->tx, &r);
    reply_char(&r, 'O');
    reply_hex(&r, text, n);
    command_send(s, &r, REPLY);
}

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;

    return least < c ? least : c;
}

int rsp_console(struct rsp_session *s, const char *text, size_t n)
{
    size_t piece;

    if (s->owed != RSP_OWED_TO_RESUME)
        return -EAGAIN;
    while ((piece = min3(n, CONSOLE_PIECE, tx_console_room(&s->tx))) > 0) {
        send_console(s, text, piece);
        text += piece;
        n -= piece;
    }
    return 0;
}

/* What the target has to say about its stop, on a line of its own. */
static void send_stop_text(struct rsp_session *s, const char *text)
{
    char line[CONSOLE_PIECE];
    size_t n = strnlen(text, sizeof line - 1);

    memcpy(line, text, n);
    line[n] = '\n';
    send_console(s, line, n + 1);
}

/* The stop that a client has waited for which found the target running: its
 * registers were not to be known then. */
static void session_meet(struct rsp_session *s, const struct rsp_stop *stop,
                         struct rsp_reply *r)
{
    if (!s->described)
        session_describe(s);
    session_answer(s, stop, r);
}

/* The stop that a resume has waited for. */
static void end_resume(struct rsp_session *s, const struct rsp_stop *stop,
                       struct rsp_reply *r)
{
    if (follow_due(s, stop))
        follow_begin(s, stop, false, r);
    else
        session_report(s, stop, r);
}

/* What was owed. A change of the mode has waited for the stop, too, but it is
 * '?' that will tell of it. */
static int session_pay(struct rsp_session *s, enum rsp_owed owed,
                       const struct rsp_stop *stop, struct rsp_reply *r)
{
    if (owed == RSP_OWED_TO_MODE)
        return REPLY_OK;
    if (owed == RSP_OWED_TO_RESUME)
        end_resume(s, stop, r);
    else
        session_meet(s, stop, r);
    return REPLY;
}

/* All of the target has stopped. */
static void all_stopped(struct rsp_session *s, const struct rsp_stop *stop)
{
    enum rsp_owed owed = s->owed;
    struct rsp_reply r;

    s->running = false;
    s->owed = RSP_OWED_NOTHING;
    s->no_process |= stop_is_the_end(stop);
    session_follow_thread(s, stop);
    if (owed == RSP_OWED_NOTHING || s->done)
        return;
    if (stop->text && owed == RSP_OWED_TO_RESUME)
        send_stop_text(s, stop->text);
    tx_begin(&s->tx, &r);
    command_send(s, &r, session_pay(s, owed, stop, &r));
}

void rsp_stopped(struct rsp_session *s, const struct rsp_stop *stop)
{
    if (!s->nonstop.on) {
        all_stopped(s, stop);
        return;
    }
    nonstop_stopped(s, stop);
    nonstop_notify(s);
}

bool rsp_follow(struct rsp_session *s, unsigned tid)
{
    const struct rsp_stop none = {.kind = RSP_STOP_SIGNAL, .tid = tid};
    struct rsp_reply r;

    if (s->owed != RSP_OWED_TO_RESUME || !follow_due(s, &none))
        return false;
    s->running = false;
    s->owed = RSP_OWED_NOTHING;
    tx_begin(&s->tx, &r);
    follow_begin(s, &none, false, &r);
    s->holding = false; /* there is no stop to come */
    command_send(s, &r, REPLY);
    return true;
}

const void *rsp_output(const struct rsp_session *s, size_t *ret_n)
{
    *ret_n = s->tx.end - s->tx.begin;
    return s->tx.bytes + s->tx.begin;
}

void rsp_sent(struct rsp_session *s, size_t n)
{
    size_t left = s->tx.end - s->tx.begin;

    s->tx.begin += n < left ? n : left;
}

void rsp_restarted(struct rsp_session *s)
{
    session_restarted(s);
}

const struct rsp_desc *rsp_description(const struct rsp_session *s)
{
    static const struct rsp_stop some = {.kind = RSP_STOP_SIGNAL};
    bool changes = s->owed == RSP_OWED_TO_RESUME && follow_due(s, &some);

    return changes ? s->ops->describe(s->target, &s->client) : s->desc;
}

bool rsp_described(const struct rsp_session *s)
{
    return s->described;
}

bool rsp_takes_swbreak(const struct rsp_session *s)
{
    return s->client.lldb || client_has(s, CLIENT_SWBREAK);
}

bool rsp_extended(const struct rsp_session *s)
{
    return s->extended;
}

enum rsp_state rsp_state(const struct rsp_session *s)
{
    if (s->done)
        return RSP_DONE;
    return session_runs(s) ? RSP_RUNNING : RSP_STOPPED;
}
