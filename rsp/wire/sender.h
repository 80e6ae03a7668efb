/* SPDX-License-Identifier: MIT */
#ifndef RSP_WIRE_SENDER_H
#define RSP_WIRE_SENDER_H

/*
 * The outgoing half of the wire: frames packets, keeps them until they are
 * sent, and the newest one until the next is made, for a client that asks for
 * it again with '-'.
 *
 *   bytes:   | sent already | to send ................ | free ...
 *            0            begin    ^ newest           end
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rsp/wire/limits.h"
#include "rsp/wire/reply.h"

struct rsp_sender {
    size_t begin, end;
    size_t newest; /* where the newest packet starts */
    bool led;      /* the '$' of the next packet is there already */
    uint8_t bytes[RSP_OUTPUT_MAX];
};

void tx_init(struct rsp_sender *tx);

/* Whether any packet may be answered. */
bool tx_ready(const struct rsp_sender *tx);

/* How many bytes of console text fit in an O packet that holds up nothing. */
size_t tx_console_room(const struct rsp_sender *tx);

/* One byte outside of packets: '+' or '-'. */
void tx_sign(struct rsp_sender *tx, char sign);

/* A packet: write its payload through r between the two. What is begun and not
 * ended is not sent. */
void tx_begin(struct rsp_sender *tx, struct rsp_reply *r);
void tx_end(struct rsp_sender *tx, struct rsp_reply *r);

/* The same for a notification (GDB manual, "Notification Packets"): nobody
 * acknowledges it, and the newest packet can still be asked for again. Not all
 * of it may have fit: r->overflow; then it is not sent. */
void tx_begin_notice(struct rsp_sender *tx, struct rsp_reply *r);
void tx_end_notice(struct rsp_sender *tx, struct rsp_reply *r);

/* Begins the next packet ahead of its time: with its '$', for a client that
 * looks whether there is one and does not wait. Not where there are acks: a
 * sign would get into the packet. */
void tx_lead(struct rsp_sender *tx);

/* Sends the newest packet again, and what came behind it, if that was sent and
 * no packet since. */
void tx_again(struct rsp_sender *tx);

#endif
