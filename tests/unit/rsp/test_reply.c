/* SPDX-License-Identifier: MIT */
/* Payloads in a buffer that ends, and what a sender does with its room. */
#include <string.h>

#include "rsp/wire/hex.h"
#include "rsp/wire/reply.h"
#include "rsp/wire/sender.h"
#include "tests/unit/rsp/bench.h"

enum { GUARD = '!' };

/* --- replies (rsp/wire/reply.h) --- */

/* clang-format off */
static const struct {
    const char *label;
    const char *before; /* the payload so far */
    size_t cap, n;      /* of all of it; bytes that are to be encoded */
    bool fits;
} spaces[] = {
    {"all of it",           "",     8, 4, true},
    {"a byte too many",     "",     9, 5, false},
    {"all that is left",    "abc",  9, 3, true},
    {"more than is left",   "abc",  9, 4, false},
    {"one more than half",  "",     2, 2, false},
    {"nothing",             "",     0, 0, true},
    {"behind what did not fit", "abcdefghij", 9, 1, false},
};
/* clang-format on */

/* What is encoded where reply_space() has said is the payload then, and
 * nothing is written behind the buffer. */
Test(reply, space_is_given_where_it_can_be_encoded)
{
    for (size_t i = 0; i < COUNT(spaces); i++) {
        uint8_t bytes[32];
        struct rsp_reply r = {.bytes = bytes, .cap = spaces[i].cap};
        const char *label = spaces[i].label;

        memset(bytes, GUARD, sizeof bytes);
        reply_text(&r, spaces[i].before);
        uint8_t *at = reply_space(&r, spaces[i].n);
        cr_expect(eq(int, at != NULL, spaces[i].fits), "%s", label);
        cr_expect(eq(int, r.overflow, !spaces[i].fits), "%s", label);
        for (size_t k = 0; at && k < spaces[i].n; k++)
            at[k] = (uint8_t)(0xa0 + k);
        if (at)
            reply_hex(&r, at, spaces[i].n);
        for (size_t k = 0; at && k < spaces[i].n; k++)
            cr_expect(zero(int, memcmp(bytes + strlen(spaces[i].before) + 2 * k,
                                       (char[]){'a', (char)('0' + k)}, 2)),
                      "%s", label);
        cr_expect(eq(u8, bytes[spaces[i].cap], GUARD), "%s", label);
        cr_expect(le(sz, r.n, r.cap), "%s", label);
    }
}

/* --- hex (rsp/wire/hex.h) --- */

Test(reply, hex_is_two_digits_a_byte_and_no_more)
{
    static const uint8_t in[] = {0x00, 0x9a, 0xff};

    for (size_t n = 0; n <= sizeof in; n++) {
        char out[] = "!!!!!!!";
        char expected[] = "009aff";

        expected[2 * n] = '\0';
        hex_encode(out, in, n);
        cr_expect(eq(sz, strspn(out + 2 * n, "!"), 7 - 2 * n));
        out[2 * n] = '\0';
        cr_expect(eq(str, out, expected));
    }
}

/* --- the sender (rsp/wire/sender.h) --- */

static struct rsp_sender tx;

static void send_packet(const char *payload)
{
    struct rsp_reply r;

    tx_begin(&tx, &r);
    reply_text(&r, payload);
    tx_end(&tx, &r);
}

static void send_notice(const char *payload)
{
    struct rsp_reply r;

    tx_begin_notice(&tx, &r);
    reply_text(&r, payload);
    tx_end_notice(&tx, &r);
}

static const char *taken(void)
{
    static char text[256];
    size_t n = tx.end - tx.begin;

    cr_assert(lt(sz, n, sizeof text));
    memcpy(text, tx.bytes + tx.begin, n);
    text[n] = '\0';
    tx.begin = tx.end;
    return text;
}

/* A packet that has been begun gets one '$', whatever comes between; a
 * notification does not get into it. */
Test(sender, a_packet_is_begun_once)
{
    tx_init(&tx);
    tx_lead(&tx);
    tx_lead(&tx);
    send_notice("Stop:T05");
    cr_expect(eq(str, str(taken()), str("$")));
    send_packet("OK");
    cr_expect(eq(str, str(taken()), str("OK#9a")));
    send_notice("Stop:T05");
    send_packet("OK");
    cr_expect(eq(str, str(taken()), str("%Stop:T05#99$OK#9a")));
}

/* What does not fit is not sent, and what is there stays. */
Test(sender, nothing_is_written_behind_the_buffer)
{
    tx_init(&tx);
    while (tx.end < sizeof tx.bytes)
        tx_sign(&tx, '+');
    tx_sign(&tx, '-');
    tx_lead(&tx);
    send_packet("OK");
    send_notice("Stop:T05");
    cr_expect(eq(sz, tx.end, sizeof tx.bytes));
    cr_expect(eq(u8, tx.bytes[sizeof tx.bytes - 1], '+'));
}
