/* SPDX-License-Identifier: MIT */
#ifndef RSP_REPLIES_NONSTOP_H
#define RSP_REPLIES_NONSTOP_H

/*
 * Non-stop mode (GDB manual, "Remote Non-Stop", "Notification Packets"): each
 * thread runs and stops by itself. The client is notified of the first stop,
 * once, and asks for the rest:
 *
 *     client            session                       target
 *     vCont;c  ------>  resume                ------> both run
 *              <------  OK
 *                       queue: 2              <------ thread 2 stops
 *              <------  %Stop:T05thread:2;
 *                       queue: 2 1            <------ thread 1 stops
 *     vStopped ------>  queue: 1
 *              <------  T05thread:1;
 *     vStopped ------>  queue:
 *              <------  OK
 *
 * A thread runs, as the client sees it, until it has been asked for what comes
 * behind the stop: until then it is not resumed. '?' begins anew, with all that
 * are stopped.
 */

#include "rsp/state.h"
#include "rsp/wire/reply.h"

/* The mode is on from here; why: a stop that is known, or NULL. */
void nonstop_begin(struct rsp_session *s, const struct rsp_stop *why);
/* There is no process: nothing is to be told. */
void nonstop_forget(struct rsp_session *s);

/* A thread has stopped, or the process has ended. */
void nonstop_stopped(struct rsp_session *s, const struct rsp_stop *stop);
/* All have, whatever they did: the client is to hear of those that it thinks
 * are running. */
void nonstop_halted(struct rsp_session *s);
/* The client hears of this one by a reply: nothing is queued for it. */
void nonstop_told(struct rsp_session *s, const struct rsp_stop *stop);

/* Whether a client may resume it: stopped, and the client knows. */
bool nonstop_can_resume(const struct rsp_session *s, unsigned tid);

/* Sends the notification that is due, if any. Between packets only. */
void nonstop_notify(struct rsp_session *s);
/* The answer to vStopped: what comes next, or OK. */
int nonstop_next(struct rsp_session *s, struct rsp_reply *r);
/* The answer to '?': the first of all that are stopped, or OK. */
int nonstop_again(struct rsp_session *s, struct rsp_reply *r);

#endif
