/* SPDX-License-Identifier: MIT */
#include "rsp/wire/receiver.h"

#include <errno.h>
#include <string.h>

#include "rsp/wire/codec.h"
#include "rsp/wire/hex.h"

/* What a single byte between packets means; '+' and garbage mean nothing. */
static const enum rx_event signs[256] = {['-'] = RX_NAK, [0x03] = RX_INTERRUPT};

enum rx_beginning rx_begins(const void *bytes, size_t n)
{
    const uint8_t *at = bytes;

    for (size_t i = 0; i < n; i++) {
        if (at[i] == '$')
            return RX_BEGINS;
        if (at[i] != '+' && signs[at[i]] == RX_NOTHING)
            return RX_FOREIGN;
    }
    return RX_BEGINS_LATER;
}

void rx_init(struct rsp_receiver *rx)
{
    rx->state = RX_BETWEEN;
}

static void begin_packet(struct rsp_receiver *rx)
{
    rx->state = RX_PAYLOAD;
    rx->sum = 0;
    rx->too_long = false;
    rx->n = 0;
}

static size_t receiver_between(struct rsp_receiver *rx, const uint8_t *bytes,
                               size_t n, enum rx_event *ret_event)
{
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] == '$') {
            begin_packet(rx);
            return i + 1;
        }
        if (signs[bytes[i]] != RX_NOTHING) {
            *ret_event = signs[bytes[i]];
            return i + 1;
        }
    }
    return n;
}

static void receiver_append(struct rsp_receiver *rx, const uint8_t *bytes,
                            size_t n)
{
    size_t room = sizeof rx->payload - rx->n;
    size_t fits = n < room ? n : room;

    rx->sum = (uint8_t)(rx->sum + codec_sum(bytes, n));
    memcpy(rx->payload + rx->n, bytes, fits);
    rx->n += fits;
    rx->too_long |= fits < n;
}

/* Where the first of '#' and '$' is, or n: both are escaped in a payload. */
static size_t payload_end(const uint8_t *bytes, size_t n)
{
    const uint8_t *end = memchr(bytes, '#', n);
    size_t at = end ? (size_t)(end - bytes) : n;
    const uint8_t *restart = memchr(bytes, '$', at);

    return restart ? (size_t)(restart - bytes) : at;
}

static size_t receiver_payload(struct rsp_receiver *rx, const uint8_t *bytes,
                               size_t n, enum rx_event *ret_event)
{
    size_t at = payload_end(bytes, n);

    *ret_event = RX_NOTHING;
    receiver_append(rx, bytes, at);
    if (at == n)
        return n;
    if (bytes[at] == '$')
        begin_packet(rx);
    else
        rx->state = RX_DIGIT1;
    return at + 1;
}

/* A '$' where a digit is due begins the next packet, so it is not taken. */
static size_t bad_digit(struct rsp_receiver *rx, uint8_t byte,
                        enum rx_event *ret_event)
{
    rx->state = RX_BETWEEN;
    *ret_event = RX_BAD_SUM;
    return byte == '$' ? 0 : 1;
}

static size_t digit1(struct rsp_receiver *rx, const uint8_t *bytes, size_t n,
                     enum rx_event *ret_event)
{
    int value = hex_value((char)bytes[0]);

    (void)n; /* at least 1 */
    if (value < 0)
        return bad_digit(rx, bytes[0], ret_event);
    rx->digit1 = (uint8_t)value;
    rx->state = RX_DIGIT2;
    return 1;
}

static enum rx_event finish_packet(struct rsp_receiver *rx, int digit2)
{
    if (rx->sum != (rx->digit1 << 4 | digit2))
        return RX_BAD_SUM;
    if (rx->too_long)
        return RX_TOO_LONG;

    ssize_t n = codec_unpack(rx->payload, rx->n, sizeof rx->payload);
    if (n < 0)
        return n == -EMSGSIZE ? RX_TOO_LONG : RX_MALFORMED;
    rx->n = (size_t)n;
    return RX_PACKET;
}

static size_t digit2(struct rsp_receiver *rx, const uint8_t *bytes, size_t n,
                     enum rx_event *ret_event)
{
    int value = hex_value((char)bytes[0]);

    (void)n; /* at least 1 */
    if (value < 0)
        return bad_digit(rx, bytes[0], ret_event);
    rx->state = RX_BETWEEN;
    *ret_event = finish_packet(rx, value);
    return 1;
}

size_t rx_take(struct rsp_receiver *rx, const uint8_t *bytes, size_t n,
               enum rx_event *ret_event)
{
    /* clang-format off */
    static size_t (*const take[])(struct rsp_receiver *, const uint8_t *,
                                  size_t, enum rx_event *) = {
        [RX_BETWEEN] = receiver_between,
        [RX_PAYLOAD] = receiver_payload,
        [RX_DIGIT1]  = digit1,
        [RX_DIGIT2]  = digit2,
    };
    /* clang-format on */
    size_t used = 0;

    *ret_event = RX_NOTHING;
    while (used < n && *ret_event == RX_NOTHING)
        used += take[rx->state](rx, bytes + used, n - used, ret_event);
    return used;
}
