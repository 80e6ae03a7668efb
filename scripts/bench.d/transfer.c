/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rsp/wire/codec.h"
#include "rsp/wire/hex.h"
#include "scripts/bench.d/bench.h"
#include "scripts/bench.d/echo.h"
#include "scripts/bench.d/net.h"

/*
 * Memory in and out, in the largest packets that the peer takes. The same
 * random bytes lie at every step of the way, so each reply is as long as the
 * first one: that one is decoded and compared, the others are only received,
 * and the client adds next to nothing to what is measured.
 */

enum {
    PASSES = 4,      /* over the data */
    HEADER_MAX = 32, /* "+$X00800000,3ffe0:" */
    TRAILER_MAX = 4, /* "#xx" and a NUL */
};

static const size_t sample_max = 1 << 20;

/* One kind of packet. */
struct kind {
    const char *id, *label;
    char packet;
    bool write;  /* the data is in the request */
    bool binary; /* not hex */
    double goal; /* MB/s, or 0 */
};

/* clang-format off */
static const struct kind kinds[] = {
    {"read_x",  "memory read, x",  'x', false, true,  500},
    {"read_m",  "memory read, m",  'm', false, false, 150},
    {"write_X", "memory write, X", 'X', true,  true,  300},
    {"write_M", "memory write, M", 'M', true,  false, 0},
};
/* clang-format on */

struct transfer {
    struct live live;
    struct echo echo;
    const struct kind *kind;
    uint8_t *data; /* sample_max random bytes */
    size_t size;   /* how many of them are in one packet */
    char *body;    /* they, encoded: the end of a request that writes */
    size_t body_size;
    size_t reply_size;         /* on the wire, with the ack if there is one */
    uint64_t first, next, end; /* addresses */
};

/* xorshift64; G. Marsaglia, Xorshift RNGs, 2003. */
static void fill_random(uint8_t *data, size_t n)
{
    uint64_t x = UINT64_C(0x9e3779b97f4a7c15);

    for (size_t i = 0; i < n; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        data[i] = (uint8_t)(x >> 32);
    }
}

/* --- one packet --- */

static size_t put_header(const struct transfer *t, char *out, uint64_t addr,
                         size_t size)
{
    const char *ack = t->live.wire.ack ? "+" : "";

    return (size_t)snprintf(out, HEADER_MAX, "%s$%c%08llx,%zx%s", ack,
                            t->kind->packet, (unsigned long long)addr, size,
                            t->kind->write ? ":" : "");
}

static int send_request(struct transfer *t, uint64_t addr)
{
    char header[HEADER_MAX];
    char trailer[TRAILER_MAX];
    size_t n = put_header(t, header, addr, t->size);
    const char *payload = strchr(header, '$') + 1;
    uint8_t sum = codec_sum(payload, n - (size_t)(payload - header));
    struct iovec iov[] = {
        {header, n},
        {t->body, t->body_size},
        {trailer, TRAILER_MAX - 1},
    };

    sum = (uint8_t)(sum + codec_sum(t->body, t->body_size));
    (void)snprintf(trailer, sizeof trailer, "#%02x", (unsigned)sum);
    return net_writev(t->live.wire.fd, iov, 3);
}

/* The wire's buffer is empty between packets, so it is free to be used. */
static int transfer_once(void *context)
{
    struct transfer *t = context;
    char *in = t->live.wire.in;
    int err = send_request(t, t->next);

    if (!err)
        err = net_read(t->live.wire.fd, in, t->reply_size);
    if (err)
        return err;
    t->next += t->size;
    if (t->end - t->next < t->size)
        t->next = t->first;
    return in[t->reply_size - 3] == '#' ? 0 : -EPROTO;
}

/* --- the first of its kind, with everything checked --- */

/* The data of the reply to a read, which may be short; -EPROTO if it is not
 * what was written. */
static ssize_t check_read(struct transfer *t, const char *reply, size_t n)
{
    size_t prefix = t->kind->binary && n && *reply == 'b';
    uint8_t *got = malloc(2 * sample_max);
    ssize_t size = -ENOMEM;

    if (got)
        size = wire_decode(got, 2 * sample_max, reply + prefix, n - prefix,
                           t->kind->binary);
    if (size == 0 || (size > 0 && memcmp(got, t->data, (size_t)size) != 0))
        size = -EPROTO;
    free(got);
    return size;
}

static ssize_t check_written(struct transfer *t, const char *reply, size_t n)
{
    uint8_t *got = malloc(t->size);
    int err = got ? 0 : -ENOMEM;

    if (n != 2 || memcmp(reply, "OK", 2) != 0)
        err = n == 0 ? -ENOTSUP : -EPROTO;
    if (!err)
        err = wire_peek(&t->live.wire, t->first, got, t->size);
    if (!err && memcmp(got, t->data, t->size) != 0)
        err = -EPROTO;
    free(got);
    return err ? err : (ssize_t)t->size;
}

/* Sends a whole packet; learns how much data one carries and how long the
 * reply is. */
static int try_first(struct transfer *t)
{
    const char *reply = NULL;
    int err = send_request(t, t->first);
    ssize_t n = err ? err : wire_receive(&t->live.wire, &reply);

    if (n < 0)
        return (int)n;
    if (n == 0)
        return -ENOTSUP;
    t->reply_size = bench_framed((size_t)n) + t->live.wire.ack;
    n = t->kind->write ? check_written(t, reply, (size_t)n)
                       : check_read(t, reply, (size_t)n);
    if (n < 0)
        return (int)n;
    t->size = (size_t)n;
    return 0;
}

/* --- set-up --- */

static size_t encode(struct transfer *t, size_t size)
{
    if (t->kind->binary)
        return codec_escape(t->body, t->data, size);
    hex_encode(t->body, t->data, size);
    return 2 * size;
}

/* The most that fits into one packet; for a read the peer may know better. */
static void choose_size(struct transfer *t)
{
    size_t room = t->live.wire.packet_max - HEADER_MAX;

    t->size = t->kind->binary ? room : room / 2;
    if (!t->kind->write)
        return;
    while ((t->body_size = encode(t, t->size)) > room)
        t->size -= t->body_size - room;
}

/* Lays out the data for what will be read, one packet's after another. */
static int lay_out(struct transfer *t)
{
    int err = 0;

    for (uint64_t at = t->first; t->end - at >= t->size && !err; at += t->size)
        err = wire_poke(&t->live.wire, at, t->data, t->size);
    return err;
}

static int measure_size(struct transfer *t)
{
    int err = wire_poke(&t->live.wire, t->first, t->data, t->size);

    /* Twice: what was asked for, then what was had. */
    for (unsigned i = 0; i < 2 && !err; i++)
        err = try_first(t);
    return err;
}

static int prepare(struct transfer *t, const struct bench *bench)
{
    char header[HEADER_MAX];
    size_t request;
    int err = live_open(&t->live, bench, bench_mode(bench));

    if (err)
        return err;
    t->first = t->next = bench->peer->base + PEER_DATA_OFFSET;
    t->end = t->first + ((uint64_t)PEER_DATA_MIB << 20);
    choose_size(t);
    err = measure_size(t);
    if (!err)
        err = lay_out(t);
    if (err)
        return err;
    request = put_header(t, header, t->first, t->size) + t->body_size + 3;
    return echo_open(&t->echo, request, t->reply_size, ECHO_PLAIN);
}

static int allocate(struct transfer *t)
{
    t->data = malloc(sample_max);
    t->body = malloc(2 * sample_max);
    if (!t->data || !t->body)
        return -ENOMEM;
    fill_random(t->data, sample_max);
    return 0;
}

static void release(struct transfer *t)
{
    echo_close(&t->echo);
    live_close(&t->live);
    free(t->body);
    free(t->data);
}

/* --- the figures --- */

static void report_rate(struct report *report, const struct transfer *t,
                        const struct probe *probe, const struct probe *floor)
{
    double size = (double)t->size; /* bytes a microsecond are MB/s */

    report_add(report,
               (struct figure){
                   .id = t->kind->id,
                   .label = t->kind->label,
                   .unit = "MB/s",
                   .value = size / probe_us(probe, 0.5),
                   .floor = "MB/s TCP",
                   .floor_value = size / probe_us(floor, 0.5),
                   .rate = true,
                   .goal = {t->kind->goal > 0 ? GOAL_AT_LEAST : GOAL_NONE,
                            t->kind->goal},
               });
}

static int measure(struct bench *bench, const struct kind *kind)
{
    struct transfer t = {
        .kind = kind,
        .live.wire.fd = -1,
    };
    struct probe probes[] = {
        {.run = transfer_once, .context = &t},
        {.run = echo_once, .context = &t.echo},
    };
    int err = allocate(&t);
    size_t packets;

    if (!err)
        err = prepare(&t, bench);
    packets = t.size ? ((size_t)PEER_DATA_MIB << 20) / t.size : 0;
    if (!err)
        err =
            probe_all(probes, 2, PASSES, bench_runs(bench, (unsigned)packets));
    if (!err)
        report_rate(&bench->report, &t, &probes[0], &probes[1]);
    probe_done(&probes[0]);
    probe_done(&probes[1]);
    release(&t);
    return err;
}

int bench_transfer(struct bench *bench)
{
    int result = 0;

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        int err = measure(bench, &kinds[i]);

        if (err)
            err =
                report_error(&bench->report, kinds[i].id, kinds[i].label, err);
        result = err ? err : result;
    }
    return result;
}
