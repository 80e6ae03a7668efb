/* SPDX-License-Identifier: MIT */
#include "tests/support/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rsp/session.h"

static char text[8 * RSP_PACKET_MAX]; /* what wire_take() gives */
static size_t text_n;
static unsigned faults;
static bool ahead; /* the last output ended with the '$' of the next packet */

static void put(char c)
{
    if (text_n < sizeof text - 1)
        text[text_n++] = c;
}

static void put_text(const char *from)
{
    while (*from)
        put(*from++);
}

static void put_fault(const char *what)
{
    put_text(what);
    faults++;
}

unsigned wire_faults(void)
{
    return faults;
}

static void put_byte(unsigned char byte)
{
    char escaped[8];

    if ((byte >= ' ' && byte < 0x7f) || byte == '\n') {
        put((char)byte);
        return;
    }
    (void)snprintf(escaped, sizeof escaped, "\\x%02x", (unsigned)byte);
    put_text(escaped);
}

static bool must_escape(char c)
{
    return c == '#' || c == '$' || c == '}' || c == '*';
}

size_t wire_frame(char *out, size_t cap, const char *payload, size_t n)
{
    unsigned sum = 0;
    size_t at = 1;

    if (cap < 2 * n + 5)
        return 0;
    out[0] = '$';
    for (size_t i = 0; i < n; i++) {
        if (must_escape(payload[i])) {
            out[at++] = '}';
            out[at++] = (char)(payload[i] ^ 0x20);
        } else {
            out[at++] = payload[i];
        }
    }
    for (size_t i = 1; i < at; i++)
        sum += (unsigned char)out[i];
    (void)snprintf(out + at, cap - at, "#%02x", sum & 0xff);
    return at + 3;
}

size_t wire_feed(struct rsp_session *s, const void *bytes, size_t n,
                 size_t piece)
{
    const char *p = bytes;
    size_t at = 0;

    while (at < n) {
        size_t offered = n - at < piece ? n - at : piece;
        size_t taken = rsp_feed(s, p + at, offered);

        at += taken;
        if (taken < offered)
            break;
    }
    return at;
}

/* One character of a payload, which may stand for several; returns how many
 * characters it took. last is the byte before it. */
static size_t put_decoded(const unsigned char *p, size_t n, unsigned char *last)
{
    if (p[0] == '}' && n > 1) {
        *last = p[1] ^ 0x20;
        put_byte(*last);
        return 2;
    }
    if (p[0] == '*' && n > 1) {
        if (p[1] < ' ' || p[1] > '~' || strchr("#$+-", p[1]))
            put_fault("(bad count)");
        for (int i = 0; i < p[1] - 29; i++)
            put_byte(*last);
        return 2;
    }
    *last = p[0];
    put_byte(*last);
    return 1;
}

static void put_packet(const unsigned char *p, size_t n, const char *mark)
{
    unsigned char last = '?';

    put('[');
    put_text(mark);
    for (size_t i = 0; i < n;)
        i += put_decoded(p + i, n - i, &last);
    put(']');
}

static bool sum_is_right(const unsigned char *p, size_t n)
{
    const char digits[3] = {(char)p[n + 1], (char)p[n + 2], '\0'};
    unsigned sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += p[i];
    return strtoul(digits, NULL, 16) == (sum & 0xff);
}

/* What follows the '$' or '%' of a packet; returns the length of that. */
static size_t take_framed(const unsigned char *p, size_t n, const char *mark)
{
    const unsigned char *end = memchr(p, '#', n);

    if (!end || end + 2 >= p + n) {
        put_fault("(cut short)");
        return n;
    }
    size_t payload_n = (size_t)(end - p);
    if (memchr(p, '$', payload_n))
        put_fault("(stray $)");
    if (!sum_is_right(p, payload_n))
        put_fault("(bad checksum)");
    put_packet(p, payload_n, mark);
    return payload_n + 3;
}

/* A notification, as "[%Stop:...]". */
static size_t take_notice(const unsigned char *p, size_t n)
{
    const unsigned char *end = memchr(p, '#', n);

    if (end && memchr(p, '%', (size_t)(end - p)))
        put_fault("(stray %)");
    return take_framed(p, n, "%");
}

/* A packet from what follows its '$' on; returns the length of that. */
static size_t take_packet(const unsigned char *p, size_t n)
{
    return take_framed(p, n, "");
}

static size_t take_one(const unsigned char *p, size_t n)
{
    if (p[0] == '$' && n > 1)
        return 1 + take_packet(p + 1, n - 1);
    if (p[0] == '%' && n > 1)
        return 1 + take_notice(p + 1, n - 1);
    if (p[0] == '$')
        ahead = true;
    else
        put_byte(p[0]);
    return 1;
}

const char *wire_take(struct rsp_session *s)
{
    size_t n;
    const unsigned char *bytes = rsp_output(s, &n);
    size_t at = 0;

    text_n = 0;
    if (n > 0 && !strchr("$%+-", bytes[0]))
        at = take_packet(bytes, n);
    ahead = ahead && n == 0;
    while (at < n)
        at += take_one(bytes + at, n - at);
    text[text_n] = '\0';
    rsp_sent(s, n);
    return text;
}

bool wire_ahead(void)
{
    return ahead;
}

/* Drops the brackets of "[one packet]". */
static const char *bare_packet(char *reply)
{
    size_t n = strlen(reply);

    if (n < 2 || reply[0] != '[' || strchr(reply, ']') != reply + n - 1)
        return reply;
    reply[n - 1] = '\0';
    return reply + 1;
}

const char *wire_ask(struct rsp_session *s, const char *payload)
{
    static char packet[4096];
    size_t n = wire_frame(packet, sizeof packet, payload, strlen(payload));

    (void)wire_feed(s, packet, n, n);
    (void)wire_take(s);
    return bare_packet(text + (text[0] == '+'));
}
