/* SPDX-License-Identifier: MIT */
#ifndef RSP_REPLIES_STOP_REPLY_H
#define RSP_REPLIES_STOP_REPLY_H

/*
 * A stop becomes a stop reply: T, W or X (GDB manual, "Stop Reply Packets").
 */

#include "rsp/state.h"
#include "rsp/wire/reply.h"

void stop_reply(const struct rsp_session *s, const struct rsp_stop *stop,
                struct rsp_reply *r);

#endif
