/* SPDX-License-Identifier: MIT */
/*
 * Bytes on the wire. Each row is fed whole and in pieces of several sizes, so
 * where the bytes are cut never matters.
 */
#include <stdio.h>
#include <string.h>

#include "rsp/session.h"
#include "tests/unit/rsp/bench.h"

#define NO_ACK "QStartNoAckMode"

/* clang-format off */
static const struct raw {
    const char *label, *hello, *send, *expect;
} raws[] = {
    {"a packet is acknowledged",     "",     "$!#21",              "+[OK]"},
    {"the empty packet",             "",     "$#00",               "+[]"},
    {"without acks",                 NO_ACK, "$!#21",              "[OK]"},
    {"the last ack is for the switch", "",   "$QStartNoAckMode#b0+$!#21", "+[OK][OK]"},
    {"two packets in one read",      "",     "$!#21$qC#b4",        "+[OK]+[QC1]"},
    {"acks between packets",         "",     "+$!#21++$qC#b4+",    "+[OK]+[QC1]"},
    {"garbage between packets",      "",     "abc#21$!#21\n$qC#b4!", "+[OK]+[QC1]"},
    {"upper case digits",            "",     "$m1000,A#9B",        "+[00010203040506070809]"},
    {"bad checksum",                 "",     "$!#22",              "-"},
    {"bad checksum, then good",      "",     "$!#22$!#21",         "-+[OK]"},
    {"bad digits",                   "",     "$#zz",               "-"},
    {"bad second digit",             "",     "$!#2z",              "-"},
    {"a packet where digits are due", "",    "$!#$qC#b4",          "-+[QC1]"},
    {"one digit, then a packet",     "",     "$!#2$qC#b4",         "-+[QC1]"},
    {"bad checksum without acks",    NO_ACK, "$!#22$!#21",         "[E4a][OK]"},
    {"a new packet in a packet",     "",     "$m1000$!#21",        "+[OK]"},
    {"only a start",                 "",     "$$$$!#21",           "+[OK]"},
    {"escapes",                      "",     "$}\x01#7e",          "+[OK]"},
    {"an escape of what needs none", "",     "$}Q}c#ae",          "+[QC1]"},
    {"an escape cut short",          "",     "$!}#9e",             "+[E16]"},
    {"a run",                        "",     "$m10*\",4#7a",       "+[E0e]"},
    {"a run of nothing",             "",     "$*\"#4c",            "+[E16]"},
    {"a run cut short",              "",     "$!*#4b",             "+[E16]"},
    {"a run with a bad count",       "",     "$!*\x1f#6a",         "+[E16]"},
    {"the shortest run",             "",     "$m10* ,4#78",      "+[00010203]"},
    {"a run longer than that",       "",     "$y*\x7f#22",         "+[E16]"},
    {"an interrupt while stopped",   "",     "\x03$!#21",          "+[OK]"},
    {"a nak for a nak",              "",     "$!#22-",             "-"},
    {"a nak with nothing to send",   "",     "-$!#21",             "+[OK]"},
    {"an interrupt as data",         "",     "$!\x03#24",          "+[E16]"},
};
/* clang-format on */

static const size_t pieces[] = {1, 4, 16, 64, 4096};

/* All output of a row; the client takes it after each piece. */
static const char *converse(const struct raw *raw, size_t piece)
{
    static char all[1024];
    size_t n = strlen(raw->send);

    begin(FAKE_FULL, raw->hello);
    all[0] = '\0';
    for (size_t at = 0; at < n; at += piece) {
        size_t part = n - at < piece ? n - at : piece;

        cr_assert(eq(sz, rsp_feed(&session, raw->send + at, part), part));
        strncat(all, wire_take(&session), sizeof all - strlen(all) - 1);
    }
    return all;
}

TABLE_PARAMETERS(framing, raw, raws)

ParameterizedTest(const size_t *i, framing, raw)
{
    for (size_t p = 0; p < COUNT(pieces); p++)
        cr_expect(
            eq(str, str(converse(&raws[*i], pieces[p])), str(raws[*i].expect)),
            "%s, in pieces of %zu", raws[*i].label, pieces[p]);
}

Test(framing, a_name_with_nul_in_it_is_another_name)
{
    static const char packet[] = "$qC\0\0\0#b4";

    begin(FAKE_FULL, "");
    (void)wire_feed(&session, packet, sizeof packet - 1, 100);
    cr_expect(eq(str, str(wire_take(&session)), str("+[]")));
}

static char big[2 * RSP_PACKET_MAX + 16];

/* A write of n escaped bytes, or as many plain ones. */
static size_t make_write(size_t n, char byte)
{
    static char payload[RSP_PACKET_MAX + 1];
    int header = snprintf(payload, sizeof payload, "X1000,%zx:", n);

    memset(payload + header, byte, n);
    return wire_frame(big, sizeof big, payload, (size_t)header + n);
}

Test(framing, a_long_packet_is_taken)
{
    size_t n = make_write(FAKE_RAM_SIZE, 'a');

    begin(FAKE_FULL, "");
    cr_expect(eq(sz, wire_feed(&session, big, n, 1000), n));
    cr_expect(eq(str, str(wire_take(&session)), str("+[OK]")));
    cr_expect(eq(chr, (char)fake.ram[FAKE_RAM_SIZE - 1], 'a'));
}

Test(framing, an_overlong_packet_is_refused_and_the_next_is_answered)
{
    memset(big, 'x', sizeof big);
    big[0] = '$';
    begin(FAKE_FULL, "");
    cr_expect(eq(sz, wire_feed(&session, big, RSP_PACKET_MAX + 10, 4096),
                 RSP_PACKET_MAX + 10));
    cr_expect(eq(str, str(wire_take(&session)), str("")));
    /* 'x' * 0x40009 sums up to 0x38. */
    cr_expect(eq(sz, wire_feed(&session, "#38$!#21", 8, 8), 8));
    cr_expect(eq(str, str(wire_take(&session)), str("+[E5a]+[OK]")));
}

Test(framing, a_packet_of_just_the_limit_is_taken)
{
    memset(big, 'y', sizeof big);
    big[0] = '$';
    begin(FAKE_FULL, "");
    (void)wire_feed(&session, big, RSP_PACKET_MAX + 1, 4096);
    (void)wire_feed(&session, "#00", 3, 3);
    cr_expect(eq(str, str(wire_take(&session)), str("+[]")));
}

Test(framing, a_run_may_not_outgrow_the_buffer)
{
    size_t n = 0;

    /* 'y' and then runs of 97 more each: three times what there is room for. */
    big[n++] = '$';
    big[n++] = 'y';
    while (n < (size_t)RSP_PACKET_MAX / 97 * 6) {
        big[n++] = '*';
        big[n++] = '~';
    }
    unsigned sum = 0;
    for (size_t i = 1; i < n; i++)
        sum += (unsigned char)big[i];
    n += (size_t)snprintf(big + n, sizeof big - n, "#%02x", sum & 0xff);
    begin(FAKE_FULL, "");
    (void)wire_feed(&session, big, n, 4096);
    cr_expect(eq(str, str(wire_take(&session)), str("+[E5a]")));
}

/* "echo " and so many letters in hex, as `monitor` sends them. */
static const char *monitor_line(size_t letters)
{
    static char payload[2 * 8192];
    int n = snprintf(payload, sizeof payload, "qRcmd,6563686f20");

    while (letters-- > 0)
        n += snprintf(payload + n, sizeof payload - (size_t)n, "61");
    size_t size = wire_frame(big, sizeof big, payload, (size_t)n);
    cr_assert(eq(sz, wire_feed(&session, big, size, 4096), size));
    return wire_take(&session);
}

Test(framing, a_long_monitor_command_is_refused)
{
    begin(FAKE_FULL, NO_ACK);
    cr_expect(eq(sz, strlen(monitor_line(4090)), sizeof "[O][OK]" - 1 + 8180));
    cr_expect(eq(str, str(monitor_line(4091)), str("[E5a]")));
    cr_expect(eq(str, str(ask("qC")), str("QC1")));
}
