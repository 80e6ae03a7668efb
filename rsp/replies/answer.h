/* SPDX-License-Identifier: MIT */
#ifndef RSP_REPLIES_ANSWER_H
#define RSP_REPLIES_ANSWER_H

/* The one place where the result of a handler becomes "", "OK", "Exx" or a
 * payload. */

#include "rsp/handler.h"

/* A failure in words for a packet of which GDB took E.text before it offered
 * to (gdb/remote.c, packet_check_result: P): what the handler returns. */
int command_explain(const struct rsp_session *s, struct rsp_reply *r, int err);

/* Turns the result into a payload, if need be, and sends the packet that was
 * begun with tx_begin(). */
void command_send(struct rsp_session *s, struct rsp_reply *r, int result);
/* What came from the client, or goes to it, to the target's trace. */
void command_trace(const struct rsp_session *s, char direction,
                   const void *bytes, size_t n);

#endif
