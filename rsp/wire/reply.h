/* SPDX-License-Identifier: MIT */
#ifndef RSP_WIRE_REPLY_H
#define RSP_WIRE_REPLY_H

/*
 * Writes the payload of one packet, straight into the output buffer. Running
 * out of space is sticky and found by the one who sends the packet.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rsp_reply {
    uint8_t *bytes;
    size_t n, cap;
    bool overflow;
    bool binary; /* has escaped bytes in it: no run-length coding */
};

void reply_char(struct rsp_reply *r, char c);
void reply_text(struct rsp_reply *r, const char *text);
void reply_bytes(struct rsp_reply *r, const void *bytes, size_t n);
/* A number without leading zeros; a byte as two digits. */
void reply_num(struct rsp_reply *r, uint64_t value);
void reply_decimal(struct rsp_reply *r, uint64_t value);
void reply_byte(struct rsp_reply *r, uint8_t value);
void reply_hex(struct rsp_reply *r, const void *bytes, size_t n);
void reply_binary(struct rsp_reply *r, const void *bytes, size_t n);
/* A value that is not known: n bytes of "xx". */
void reply_unknown(struct rsp_reply *r, size_t n);

/*
 * Room for n bytes that lies where reply_hex() and reply_binary() can encode
 * them in place. NULL, and overflow, when there is not enough.
 */
void *reply_space(struct rsp_reply *r, size_t n);

/* Forgets what has been written. */
void reply_clear(struct rsp_reply *r);

#endif
