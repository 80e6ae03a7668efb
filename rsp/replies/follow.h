/* SPDX-License-Identifier: MIT */
#ifndef RSP_REPLIES_FOLLOW_H
#define RSP_REPLIES_FOLLOW_H

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
 *
 * GDB also forgets its executable file then, and with it that file's idea of
 * the architecture. A 32-bit file is believed more than a description that
 * says i8086 (gdb/arch-utils.c, choose_architecture_for_target; bfd/
 * archures.c, bfd_default_compatible: the higher number wins), and no packet
 * says whether there is one. So for a description that yields to files
 * (rsp/regs.h) the event comes once: as the answer to '?', or at the next stop
 * when a file was loaded later.
 *
 * While it connects, GDB does not wait for the answer to its vCont;c but looks
 * whether it is there, complaining each time that it is not (gdb/remote.c,
 * wait_as() with wait_forever_enabled_p off). From the '$' of a packet on it
 * does wait. So until the stop is told, each packet is followed by the '$' of
 * the next. That takes a client without acks; the others are told at the next
 * stop.
 */

#include "rsp/state.h"
#include "rsp/wire/reply.h"

/* Whether the client must be told of the description before this stop. */
bool follow_due(const struct rsp_session *s, const struct rsp_stop *stop);
/* The same for a stop that answers '?'. */
bool follow_due_at_query(const struct rsp_session *s,
                         const struct rsp_stop *stop);

/* Writes the exec event and holds the stop back. polled: the client does not
 * wait for it. */
void follow_begin(struct rsp_session *s, const struct rsp_stop *stop,
                  bool polled, struct rsp_reply *r);

/* Whether the next packet must be begun before it is due. */
bool follow_is_polled(const struct rsp_session *s);

/* The client has read the description. */
void follow_described(struct rsp_session *s);
/* The client offers to look up symbols: it does so once when it connects with
 * symbols, and again at each file that it loads. */
void follow_symbols(struct rsp_session *s);

/* The stop that was held back, which answers this resume; NULL: none was. */
const struct rsp_stop *follow_end(struct rsp_session *s);

#endif
