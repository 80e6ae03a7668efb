/* SPDX-License-Identifier: MIT */
#include "scripts/bench.d/wire.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/uio.h>

#include "rsp/wire/codec.h"
#include "rsp/wire/hex.h"
#include "scripts/bench.d/net.h"

enum {
    IN_MAX = 4 << 20,
    /* No peer gains from more, and IN_MAX has to hold it. */
    PACKET_LIMIT = 1 << 20,
    /* What a peer that does not say is known to take: GDB's own default. */
    PACKET_DEFAULT = 400,
    HEADER_MAX = 64,
    TRAILER = 3, /* #xx */
};

int wire_send(struct wire *wire, const char *payload, size_t n)
{
    char trailer[TRAILER + 1];
    struct iovec iov[] = {
        net_piece("$", 1),
        net_piece(payload, n),
        {trailer, TRAILER},
    };

    (void)snprintf(trailer, sizeof trailer, "#%02x", codec_sum(payload, n));
    return net_writev(wire->fd, iov, 3);
}

/* Where the packet in the buffer ends, past its checksum; NULL: not yet. */
static char *packet_end(struct wire *wire, char **ret_start)
{
    char *start = memchr(wire->in, '$', wire->n);
    char *limit = wire->in + wire->n;
    char *end;

    if (!start)
        return NULL;
    *ret_start = start + 1;
    end = memchr(start, '#', (size_t)(limit - start));
    return end && limit - end >= TRAILER ? end + TRAILER : NULL;
}

static int read_more(struct wire *wire)
{
    ssize_t got = net_read_some(wire->fd, wire->in + wire->n, IN_MAX - wire->n);

    if (got < 0)
        return (int)got;
    wire->n += (size_t)got;
    return 0;
}

static void drop_used(struct wire *wire)
{
    wire->n -= wire->used;
    memmove(wire->in, wire->in + wire->used, wire->n);
    wire->used = 0;
}

ssize_t wire_receive(struct wire *wire, const char **ret_payload)
{
    char *start = NULL;
    char *end;
    char want[3];
    size_t n;

    drop_used(wire);
    while (!(end = packet_end(wire, &start))) {
        int err = read_more(wire);

        if (err)
            return err;
    }
    wire->used = (size_t)(end - wire->in);
    n = (size_t)(end - TRAILER - start);
    (void)snprintf(want, sizeof want, "%02x", (unsigned)codec_sum(start, n));
    if (memcmp(want, end - 2, 2) != 0)
        return -EBADMSG;
    *ret_payload = start;
    return wire->ack && net_write(wire->fd, "+", 1) ? -EPIPE : (ssize_t)n;
}

ssize_t wire_ask(struct wire *wire, const char *payload, const char **ret_reply)
{
    int err = wire_send(wire, payload, strlen(payload));

    return err ? err : wire_receive(wire, ret_reply);
}

static int expect(struct wire *wire, const char *start)
{
    const char *reply = NULL;
    ssize_t n = wire_receive(wire, &reply);

    if (n < 0)
        return (int)n;
    if ((size_t)n < strlen(start) || memcmp(reply, start, strlen(start)) != 0)
        return -EPROTO;
    return 0;
}

int wire_expect(struct wire *wire, const char *payload, const char *start)
{
    int err = wire_send(wire, payload, strlen(payload));

    return err ? err : expect(wire, start);
}

ssize_t wire_decode(uint8_t *out, size_t cap, const char *payload, size_t n,
                    bool binary)
{
    ssize_t got;

    if (n > cap)
        return -EMSGSIZE;
    memcpy(out, payload, n);
    got = codec_unpack(out, n, cap);
    if (got < 0 || binary)
        return got;
    if (got % 2 || hex_decode(out, out, (size_t)got / 2))
        return -EBADMSG;
    return got / 2;
}

/* A reply as a string, as its sender meant it. */
static int ask_text(struct wire *wire, const char *request,
                    const char **ret_text)
{
    uint8_t *text = (uint8_t *)wire->in + IN_MAX;
    const char *reply = NULL;
    ssize_t n = wire_ask(wire, request, &reply);

    if (n >= 0)
        n = wire_decode(text, IN_MAX - 1, reply, (size_t)n, true);
    if (n < 0)
        return (int)n;
    text[n] = '\0';
    *ret_text = (const char *)text;
    return 0;
}

static int learn_size(struct wire *wire)
{
    const char *features = NULL;
    int err = ask_text(wire, "qSupported:vContSupported+;swbreak+;hwbreak+",
                       &features);
    const char *size = err ? NULL : strstr(features, "PacketSize=");
    size_t n = size ? strtoul(strchr(size, '=') + 1, NULL, 16) : PACKET_DEFAULT;

    wire->packet_max = n > PACKET_LIMIT ? PACKET_LIMIT : n;
    if (n < PACKET_DEFAULT)
        return err ? err : -EMSGSIZE;
    return err;
}

static int learn_thread(struct wire *wire)
{
    const char *reply = NULL;
    int err = ask_text(wire, "?", &reply);
    const char *thread = err ? NULL : strstr(reply, "thread:");

    if (!thread)
        return err ? err : -EPROTO;
    thread += strlen("thread:");
    (void)snprintf(wire->thread, sizeof wire->thread, "%.*s",
                   (int)strcspn(thread, ";"), thread);
    return 0;
}

static int shake_hands(struct wire *wire)
{
    int err = learn_size(wire);

    if (err)
        return err;
    err = wire_expect(wire, "QStartNoAckMode", "OK");
    if (err && err != -EPROTO)
        return err;
    wire->ack = err != 0;
    return learn_thread(wire);
}

int wire_open(struct wire *wire, int fd)
{
    int err;

    *wire =
        (struct wire){.fd = fd, .ack = true, .in = malloc((size_t)2 * IN_MAX)};
    err = wire->in ? shake_hands(wire) : -ENOMEM;
    if (err)
        wire_close(wire);
    return err;
}

void wire_close(struct wire *wire)
{
    if (wire->fd > 0)
        close(wire->fd);
    free(wire->in);
    *wire = (struct wire){0};
}

static int peek(struct wire *wire, uint64_t addr, uint8_t *out, size_t n)
{
    uint8_t *scratch = (uint8_t *)wire->in + IN_MAX;
    const char *reply = NULL;
    char request[HEADER_MAX];
    ssize_t got;

    (void)snprintf(request, sizeof request, "m%" PRIx64 ",%zx", addr, n);
    got = wire_ask(wire, request, &reply);
    if (got >= 0)
        got = wire_decode(scratch, IN_MAX, reply, (size_t)got, false);
    if (got < 0)
        return (int)got;
    if ((size_t)got != n)
        return -EPROTO;
    memcpy(out, scratch, n);
    return 0;
}

static int poke(struct wire *wire, uint64_t addr, const uint8_t *data, size_t n)
{
    char *packet = wire->in + IN_MAX;
    size_t at =
        (size_t)snprintf(packet, HEADER_MAX, "M%" PRIx64 ",%zx:", addr, n);
    int err;

    hex_encode(packet + at, data, n);
    at += 2 * n;
    err = wire_send(wire, packet, at);
    return err ? err : expect(wire, "OK");
}

/* How much of n bytes goes into one packet of hex digits. */
static size_t piece(const struct wire *wire, size_t n)
{
    size_t most = (wire->packet_max - HEADER_MAX) / 2;

    return n < most ? n : most;
}

int wire_peek(struct wire *wire, uint64_t addr, uint8_t *out, size_t n)
{
    int err = 0;

    for (size_t at = 0; at < n && !err; at += piece(wire, n - at))
        err = peek(wire, addr + at, out + at, piece(wire, n - at));
    return err;
}

int wire_poke(struct wire *wire, uint64_t addr, const uint8_t *data, size_t n)
{
    int err = 0;

    for (size_t at = 0; at < n && !err; at += piece(wire, n - at))
        err = poke(wire, addr + at, data + at, piece(wire, n - at));
    return err;
}
