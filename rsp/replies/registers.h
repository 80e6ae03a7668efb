/* SPDX-License-Identifier: MIT */
#ifndef RSP_REPLIES_REGISTERS_H
#define RSP_REPLIES_REGISTERS_H

#include "rsp/state.h"
#include "rsp/wire/reply.h"

/* Those registers of a thread that go with each stop reply, as "NN:VALUE;". */
void registers_expedite(const struct rsp_session *s, unsigned tid,
                        struct rsp_reply *r);

#endif
