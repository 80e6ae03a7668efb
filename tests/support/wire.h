/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_WIRE_H
#define TESTS_SUPPORT_WIRE_H

/*
 * The client's end of the wire: frames what a test sends, checks and decodes
 * what comes back. Shares no code with rsp/, so that a mistake there is not
 * made twice.
 */

#include "rsp/state.h"

/* Escapes and frames a payload; returns the length, 0 if it does not fit. */
size_t wire_frame(char *out, size_t cap, const char *payload, size_t n);

/* Offers bytes in pieces of that size. Taking output is the caller's affair;
 * returns how many bytes were taken. */
size_t wire_feed(struct rsp_session *s, const void *bytes, size_t n,
                 size_t piece);

/*
 * Takes all output and makes it readable: acks as they are, packets in square
 * brackets, escapes and runs undone, unprintable bytes but newlines as \xNN:
 * "+[O48690a][T05thread:1;]". Notifications are in brackets, too, with their
 * '%': "[%Stop:T05thread:1;]". What breaks the rules of the protocol reads
 * "(bad checksum)" and the like. Static.
 */
const char *wire_take(struct rsp_session *s);

/* Whether that ended with the '$' of the next packet. */
bool wire_ahead(void);

/* How often the rules have been broken so far. */
unsigned wire_faults(void);

/* Sends one packet and takes the output, without the ack of the packet and
 * without brackets if there is just one reply. Static. */
const char *wire_ask(struct rsp_session *s, const char *payload);

#endif
