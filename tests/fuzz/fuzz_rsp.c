/* SPDX-License-Identifier: MIT */
/*
 * Any bytes at all, cut anywhere, from a client that may not read, with stops
 * at any time. Whatever happens before, afterwards the session must still
 * answer, and all that it ever said must keep the rules of the protocol.
 *
 * Input: a byte of options, a byte that says how to cut, then the client's
 * bytes: as they are, or (option) lines that are framed here, so that mutations
 * get past the checksum.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rsp/session.h"
#include "tests/support/fake_target.h"
#include "tests/support/wire.h"

enum {
    OPTION_KIND = 3,         /* enum fake_kind */
    OPTION_FRAMED = 1 << 2,  /* lines are payloads */
    OPTION_STOPS = 1 << 3,   /* each resume stops soon */
    OPTION_SLOW = 1 << 4,    /* the client reads a byte at a time */
    OPTION_RUNNING = 1 << 5, /* it finds the target running */
    OPTION_CONSOLE = 1 << 6, /* the guest talks while it runs */
    OPTION_YIELDS = 1 << 7,  /* the description yields to files */
    KIND_SHIFT = 4,          /* of the cut byte: how it stops */
};

static struct fake_target fake;
static struct rsp_session session;

/* The name is libFuzzer's. NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void require(bool condition)
{
    if (!condition)
        abort();
}

/* Everything said keeps the rules: see wire.h. */
static const char *take_all(void)
{
    const char *said = wire_take(&session);

    require(wire_faults() == 0);
    return said;
}

static void stop_target(uint8_t how)
{
    const struct rsp_stop stop = {
        .kind =
            (enum rsp_stop_kind)((how >> KIND_SHIFT) % (RSP_STOP_KILLED + 1)),
        .tid = 1 + (how & 1u) % fake.n_threads,
        .signal = RSP_SIGSEGV,
        .text = how & 2 ? "triple fault" : NULL,
    };

    rsp_stopped(&session, &stop);
}

static void after_piece(uint8_t options, uint8_t how)
{
    if (options & OPTION_CONSOLE)
        (void)rsp_console(&session, "Hi #$}*\n", 8);
    if (options & OPTION_STOPS && rsp_state(&session) == RSP_RUNNING)
        stop_target(how);
    if (options & OPTION_SLOW)
        rsp_sent(&session, 1);
    else
        (void)take_all();
}

static void converse(const char *bytes, size_t n, uint8_t options, uint8_t how)
{
    size_t piece = how % 16 ? how % 16 * (size_t)7 : n + 1;
    size_t at = 0;

    while (at < n && rsp_state(&session) != RSP_DONE) {
        size_t offered = n - at < piece ? n - at : piece;

        at += rsp_feed(&session, bytes + at, offered);
        after_piece(options, how);
    }
}

/* Each line becomes a packet. */
static void converse_framed(const uint8_t *data, size_t n, uint8_t options,
                            uint8_t how)
{
    static char packet[1 << 16];

    while (n > 0) {
        const uint8_t *end = memchr(data, '\n', n);
        size_t line = end ? (size_t)(end - data) : n;
        size_t packet_n =
            wire_frame(packet, sizeof packet, (const char *)data, line);

        converse(packet, packet_n, options, how);
        data += line + (end != NULL);
        n -= line + (end != NULL);
    }
}

/* The session is not stuck: it ends the packet that was begun, stops, and
 * answers. */
static void still_answers(void)
{
    if (rsp_state(&session) == RSP_DONE)
        return;
    rsp_sent(&session, RSP_OUTPUT_MAX);
    require(wire_feed(&session, "#00$", 4, 4) == 4);
    (void)take_all();
    if (rsp_state(&session) == RSP_DONE)
        return;
    if (rsp_state(&session) == RSP_RUNNING)
        stop_target(0);
    (void)take_all();
    require(wire_feed(&session, "$!#21", 5, 5) == 5);
    require(strstr(take_all(), "[OK]") != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n < 2)
        return 0;
    uint8_t options = data[0];
    uint8_t how = data[1];

    fake_init(&fake, (enum fake_kind)((options & OPTION_KIND) % FAKE_KINDS));
    fake.mode = options & OPTION_YIELDS ? FAKE_YIELDS : 0;
    fake.runs[1] = how & 4;
    rsp_init(&session, &fake.ops, &fake);
    rsp_connect(&session, options & OPTION_RUNNING);
    if (options & OPTION_FRAMED)
        converse_framed(data + 2, n - 2, options, how);
    else
        converse((const char *)data + 2, n - 2, options, how);
    still_answers();
    return 0;
}
