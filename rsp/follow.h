/* SPDX-License-Identifier: MIT */
#ifndef RSP_FOLLOW_H
#define RSP_FOLLOW_H

/*
 * A target that changes its description while a client looks on, as a CPU does
 * that goes from 16 to 64 bits. GDB reads target.xml again when it is told that
 * the process executes another program (GDB manual, "Stop Reply Packets",
 * exec), so it is told that first, and why the target stopped second:
 *
 *     client           session               target
 *     vCont;c  ------> resume        ------> runs, and stops
 *              <------ T05exec:...           forgets its breakpoints, as GDB
 *                                            has; the stop is held back
 *     qXfer:features, Z0, ...
 *     vCont;c  ------> (nothing)             stays where it is
 *              <------ T05swbreak:;...
 */

#include "rsp/reply.h"
#include "rsp/session.h"

/* Whether the client must be told of the description before this stop. */
bool follow_due(const struct rsp_session *s, const struct rsp_stop *stop);

/* Writes the exec event and holds the stop back. */
void follow_begin(struct rsp_session *s, const struct rsp_stop *stop,
                  struct rsp_reply *r);

/* The stop that was held back, which answers this resume; NULL: none was. */
const struct rsp_stop *follow_end(struct rsp_session *s);

#endif
