/* SPDX-License-Identifier: MIT */
#ifndef RSP_SESSION_H
#define RSP_SESSION_H

/*
 * The protocol engine: one debugger's conversation with one target.
 *
 * Bytes are pushed in with rsp_feed(), stops with rsp_stopped(); bytes to send
 * are taken with rsp_output(). The engine does no I/O, starts no threads,
 * reads no clock and allocates nothing, and it is not thread safe: one thread
 * owns a session.
 *
 *        rsp_feed() -> packet -> command table -> target ops -> reply
 *        rsp_stopped()         -> stop reply   -> rsp_output() -> rsp_sent()
 *
 * While a client is slow to take its replies rsp_feed() takes no bytes: what
 * is offered again later is taken then. So memory is bounded whatever the peer
 * does.
 */

#include "rsp/state.h"

/* Whether a target has the operations that each must have, and each group that
 * is there has all of its own. */
bool rsp_is_complete(const struct rsp_target_ops *ops);

/* The target ops must be complete (asserted); both are borrowed. */
void rsp_init(struct rsp_session *s, const struct rsp_target_ops *ops,
              void *target);

/*
 * A new connection: forgets everything the previous client negotiated, and
 * takes the target out of non-stop mode (rsp_nonstop_ops, set). running says
 * whether the target runs: then the client's '?' is answered when it has
 * stopped (the caller stops it).
 */
void rsp_connect(struct rsp_session *s, bool running);

/* Returns how many of the n bytes were taken: fewer while output is full or
 * the session is done. Never fails: garbage is skipped or refused. */
size_t rsp_feed(struct rsp_session *s, const void *bytes, size_t n);

/* The target stopped. Sends the stop reply if one is owed, else keeps quiet:
 * '?' will tell. In non-stop mode one thread did, or the process ended: the
 * client is notified, now or when it has heard of those before. A thread that
 * has stopped already is not heard of twice. */
void rsp_stopped(struct rsp_session *s, const struct rsp_stop *stop);

/*
 * Nothing stopped, but it is time to tell the client of another description, if
 * it is one that is told (rsp/replies/follow.h). True: it was, and the target
 * waits to be resumed, as after a stop.
 */
bool rsp_follow(struct rsp_session *s, unsigned tid);

/* The target stands at its beginning again: what had stopped it before, and
 * was still to be told, is of the past. */
void rsp_restarted(struct rsp_session *s);

/* The description by which the client understands what it is told now: the one
 * that it knows, or the one that a stop would make it read
 * (rsp/replies/follow.h). */
const struct rsp_desc *rsp_description(const struct rsp_session *s);
/* It finds a breakpoint of its own at pc, not behind it: GDB with swbreak. */
bool rsp_takes_swbreak(const struct rsp_session *s);
/* It knows the description from us, not from a file of its own. */
bool rsp_described(const struct rsp_session *s);

/* The client asked for extended mode: what it kills it may run again. */
bool rsp_extended(const struct rsp_session *s);

/* Text for the client's terminal (O packets); only while a stop reply is
 * owed, otherwise it is dropped and -EAGAIN returned. Text too long for the
 * output space is cut. */
int rsp_console(struct rsp_session *s, const char *text, size_t n);

/* Bytes to send; borrowed until the next call on the session. */
const void *rsp_output(const struct rsp_session *s, size_t *ret_n);
void rsp_sent(struct rsp_session *s, size_t n);

enum rsp_state rsp_state(const struct rsp_session *s);

#endif
