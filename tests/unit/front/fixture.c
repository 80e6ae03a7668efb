/* SPDX-License-Identifier: MIT */
#include "tests/unit/front/fixture.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "rsp/session.h"
#include "stub/engine/engine.h"
#include "stub/front/clients.h"
#include "stub/front/debugger.h"
#include "stub/front/gdb.h"
#include "stub/monitor/monitor.h"
#include "tests/support/wire.h"

struct fake_machine m;
struct debugger d;

/* Turns of the loop, until a guest is taken to run for ever; instructions of
 * one. */
enum { TURNS = 20, TURN = 200 };

void begin_without_client(unsigned n)
{
    const struct image image = {.kind = IMAGE_FLAT, .mode = CPU_MODE_LONG};

    fake_begin(&m, n, 1);
    for (unsigned i = 0; i < FAKE_CPUS; i++)
        m.arch[i].pc = CODE;
    memset(&d, 0, sizeof d);
    debugger_init(&d, &m.machine, &image, &monitor_ops);
}

void begin(unsigned n)
{
    begin_without_client(n);
    debugger_connect(&d);
    (void)talk("QStartNoAckMode");
}

void end(void)
{
    cr_expect(zero(u32, m.mistakes));
    cr_expect(zero(u32, wire_faults()));
    debugger_done(&d);
    fake_end(&m);
}

void code(uint64_t gpa, const char *bytes, size_t n)
{
    (void)fake_code(&m, gpa, (const uint8_t *)bytes, n);
}

/* As stub/server/server.c does it. */
static void run(void)
{
    for (unsigned i = 0; i < TURNS && engine_runnable(&d.engine); i++) {
        m.kick_in = TURN;
        if (engine_prepare(&d.engine))
            engine_run(&d.engine);
        debugger_reboot(&d);
        engine_settle(&d.engine);
    }
}

static const char *joined(const char *first)
{
    static char all[2 * RSP_PACKET_MAX];
    const char *more;

    (void)snprintf(all, sizeof all, "%s", first);
    run();
    more = wire_take(&d.session);
    if (*more == '[' && !*all && strchr(more, ']') == more + strlen(more) - 1)
        (void)snprintf(all, sizeof all, "%.*s", (int)strlen(more) - 2,
                       more + 1);
    else
        strncat(all, more, sizeof all - strlen(all) - 1);
    return all;
}

const char *talk(const char *packet)
{
    return joined(wire_ask(&d.session, packet));
}

const char *go_on(void)
{
    return joined("");
}

const char *interrupt(void)
{
    (void)wire_feed(&d.session, "\003", 1, 1);
    engine_settle(&d.engine);
    return go_on();
}

/* Pairs of digits, up to something else. */
static const char *unhex(const char *from, char *to, size_t *n)
{
    for (unsigned byte; sscanf(from, "%2x", &byte) == 1; from += 2)
        to[(*n)++] = (char)byte;
    return from;
}

/* "[O6162][O0a][OK]", or "OK". */
const char *monitor(const char *line)
{
    static char text[RSP_PACKET_MAX];
    char packet[512] = "qRcmd,";
    const char *reply;
    size_t n = 0;

    for (size_t at = strlen(packet); *line && at < sizeof packet - 3; at += 2)
        (void)snprintf(packet + at, 3, "%02x", (unsigned char)*line++);
    reply = talk(packet);
    while (strncmp(reply, "[O", 2) == 0 && reply[2] != 'K')
        reply = unhex(reply + 2, text, &n) + 1;
    text[n] = '\0';
    cr_expect(strstr(reply, "OK") != NULL, "%s", packet);
    return text;
}

/* Up to a '*', behind which there may be anything. */
static bool is_like(const char *saw, const char *wanted)
{
    size_t n = strcspn(wanted, "*");

    return wanted[n] ? strncmp(saw, wanted, n) == 0 : strcmp(saw, wanted) == 0;
}

void expect_said(const char *asked, const char *saw, const char *wanted)
{
    cr_expect(is_like(saw, wanted), "%s: \"%s\", not \"%s\"", asked, saw,
              wanted);
}

void converse(const struct exchange *lines, size_t n)
{
    for (size_t i = 0; i < n; i++)
        expect_said(lines[i].packet, talk(lines[i].packet), lines[i].reply);
}
