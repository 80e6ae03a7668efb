/* SPDX-License-Identifier: MIT */
#ifndef RSP_REPLIES_REPORT_H
#define RSP_REPLIES_REPORT_H

/* What a session tells of the target: that it runs, that it has stopped, and
 * how it is described. */

#include "rsp/state.h"
#include "rsp/wire/reply.h"

/* The target runs now; its stop answers the client. */
void session_resumed(struct rsp_session *s);
/* Asks the target for its description. */
void session_describe(struct rsp_session *s);
/* Clients take the thread of a stop reply for the current one. A stop that is
 * the end has none, perhaps. */
void session_follow_thread(struct rsp_session *s, const struct rsp_stop *stop);
/* Writes why the target is stopped and makes that thread the current one. */
void session_report(struct rsp_session *s, const struct rsp_stop *stop,
                    struct rsp_reply *r);
/* The same for a client that has asked with '?'. */
void session_answer(struct rsp_session *s, const struct rsp_stop *stop,
                    struct rsp_reply *r);
/* The target stands at its beginning again: what had stopped it before, and
 * was still to be told, is of the past. */
void session_restarted(struct rsp_session *s);

#endif
