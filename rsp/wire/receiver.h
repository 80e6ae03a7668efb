/* SPDX-License-Identifier: MIT */
#ifndef RSP_WIRE_RECEIVER_H
#define RSP_WIRE_RECEIVER_H

/*
 * The incoming half of the wire: finds packets in a stream of bytes that may
 * be cut anywhere and may be garbage (GDB manual, "Overview").
 *
 *      +--------+  '$'  +---------+  '#'  +--------+ hex +--------+
 *  +-->| BETWEEN|------>| PAYLOAD |------>| DIGIT1 |---->| DIGIT2 |--+
 *  |   +--------+       +---------+       +--------+     +--------+  |
 *  |     |  '-', 0x03     '$' begins anew   not hex: bad sum         |
 *  +-----+<------------------------------------------------ packet --+
 *
 * A packet that is longer than the buffer is followed to its end, so that the
 * stream stays in step, and reported as such.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rsp/wire/limits.h"

enum rx_state { RX_BETWEEN, RX_PAYLOAD, RX_DIGIT1, RX_DIGIT2 };

enum rx_event {
    RX_NOTHING,   /* all bytes taken, nothing happened */
    RX_PACKET,    /* payload[0..n) is a packet, escapes and runs undone */
    RX_BAD_SUM,   /* the checksum is wrong or is not hex */
    RX_TOO_LONG,  /* checksum right, but there was no room */
    RX_MALFORMED, /* checksum right, but an escape or a run makes no sense */
    RX_NAK,       /* '-' */
    RX_INTERRUPT, /* 0x03 */
    RX_EVENTS
};

struct rsp_receiver {
    enum rx_state state;
    uint8_t sum;    /* of the payload so far */
    uint8_t digit1; /* of the checksum */
    bool too_long;
    size_t n;
    uint8_t payload[RSP_PACKET_MAX];
};

/*
 * What a stream is that begins with these bytes. Debuggers send signs at most
 * before their first packet ('+' mostly, 0x03 with GDB's `set remote
 * interrupt-on-connect`), web browsers a word: whoever sends anything else must
 * not get a byte further, since a packet may be hidden in it.
 */
enum rx_beginning { RX_BEGINS_LATER, RX_BEGINS, RX_FOREIGN };
enum rx_beginning rx_begins(const void *bytes, size_t n);

void rx_init(struct rsp_receiver *rx);

/* Takes bytes up to the first event; returns how many. The payload is valid
 * until the next call. */
size_t rx_take(struct rsp_receiver *rx, const uint8_t *bytes, size_t n,
               enum rx_event *ret_event);

#endif
