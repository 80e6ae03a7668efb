/* SPDX-License-Identifier: MIT */
#include "rsp/wire/sender.h"

#include <string.h>

#include "rsp/wire/codec.h"
#include "rsp/wire/hex.h"

enum {
    FRAME_BYTES = 4,                  /* $ # and two digits */
    PAYLOAD_MAX = 2 * RSP_PACKET_MAX, /* all of it escaped */
    NOTICE_MAX = RSP_CONSOLE_MAX / 2  /* any stop reply fits */
};

void tx_init(struct rsp_sender *tx)
{
    tx->begin = tx->end = tx->newest = 0;
    tx->led = false;
}

bool tx_ready(const struct rsp_sender *tx)
{
    return tx->end - tx->begin <= RSP_CONSOLE_MAX;
}

size_t tx_console_room(const struct rsp_sender *tx)
{
    size_t taken = tx->end - tx->begin + FRAME_BYTES + sizeof "O" - 1;

    return taken < RSP_CONSOLE_MAX ? (RSP_CONSOLE_MAX - taken) / 2 : 0;
}

/* Forgets what was sent. The newest packet goes with it, rightly: whoever
 * makes the next output has heard from the client since. */
static void sender_compact(struct rsp_sender *tx)
{
    size_t n = tx->end - tx->begin;

    if (tx->begin > 0)
        memmove(tx->bytes, tx->bytes + tx->begin, n);
    tx->begin = 0;
    tx->end = tx->newest = n;
}

void tx_sign(struct rsp_sender *tx, char sign)
{
    sender_compact(tx);
    if (tx->end < sizeof tx->bytes)
        tx->bytes[tx->end++] = (uint8_t)sign;
    tx->newest = tx->end;
}

static void sender_begin(struct rsp_sender *tx, struct rsp_reply *r)
{
    size_t taken = tx->end + FRAME_BYTES;
    size_t room = taken < sizeof tx->bytes ? sizeof tx->bytes - taken : 0;

    *r = (struct rsp_reply){
        .bytes = tx->bytes + tx->end + !tx->led,
        .cap = room < PAYLOAD_MAX ? room : PAYLOAD_MAX,
        .overflow = room == 0,
    };
}

void tx_begin(struct rsp_sender *tx, struct rsp_reply *r)
{
    sender_compact(tx);
    sender_begin(tx, r);
}

void tx_begin_notice(struct rsp_sender *tx, struct rsp_reply *r)
{
    if (sizeof tx->bytes - tx->end < NOTICE_MAX + FRAME_BYTES)
        sender_compact(tx);
    sender_begin(tx, r);
    r->overflow |= tx->led; /* a packet has begun */
}

/* Behind the payload, which has been written in its place already. */
static void close_frame(struct rsp_sender *tx, struct rsp_reply *r)
{
    uint8_t sum = codec_sum(r->bytes, r->n);

    r->bytes[r->n] = '#';
    hex_encode(r->bytes + r->n + 1, &sum, 1);
    tx->end = (size_t)(r->bytes - tx->bytes) + r->n + FRAME_BYTES - 1;
}

void tx_end(struct rsp_sender *tx, struct rsp_reply *r)
{
    if (r->overflow)
        return;
    if (!r->binary)
        r->n = codec_pack(r->bytes, r->n);
    tx->newest = tx->end;
    if (!tx->led)
        tx->bytes[tx->end] = '$';
    tx->led = false;
    close_frame(tx, r);
}

/* Its runs stay as they are: a count might be a '%', which no notification may
 * have in it. */
void tx_end_notice(struct rsp_sender *tx, struct rsp_reply *r)
{
    if (r->overflow)
        return;
    tx->bytes[tx->end] = '%';
    close_frame(tx, r);
}

void tx_lead(struct rsp_sender *tx)
{
    if (tx->led || tx->end == sizeof tx->bytes)
        return;
    tx->bytes[tx->end++] = '$';
    tx->led = true;
}

void tx_again(struct rsp_sender *tx)
{
    if (tx->begin == tx->end)
        tx->begin = tx->newest;
}
