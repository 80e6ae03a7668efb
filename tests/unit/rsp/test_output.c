/* SPDX-License-Identifier: MIT */
/*
 * Output: asking again, console text, and clients that do not read.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rsp/session.h"
#include "tests/unit/rsp/bench.h"

static const struct rsp_stop trap = {.kind = RSP_STOP_STEP, .tid = 1};

/* How much output there is. */
static size_t pending(void)
{
    size_t n;

    (void)rsp_output(&session, &n);
    return n;
}

/* Feeds bytes and leaves the output where it is; how many were taken. */
static size_t push(const char *bytes)
{
    return rsp_feed(&session, bytes, strlen(bytes));
}

Test(output, a_nak_brings_the_last_reply_again)
{
    begin(FAKE_FULL, "");
    (void)push("$m1000,2#8c");
    cr_expect(eq(str, str(wire_take(&session)), str("+[0001]")));
    for (int i = 0; i < 3; i++) {
        (void)push("-");
        cr_expect(eq(str, str(wire_take(&session)), str("[0001]")));
    }
    (void)push("+$qC#b4");
    cr_expect(eq(str, str(wire_take(&session)), str("+[QC1]")));
    (void)push("-");
    cr_expect(eq(str, str(wire_take(&session)), str("[QC1]")));
}

Test(output, a_nak_brings_a_stop_reply_again)
{
    begin(FAKE_FULL, "c");
    rsp_stopped(&session, &trap);
    char *first = strdup(wire_take(&session));
    (void)push("-");
    cr_expect(eq(str, str(wire_take(&session)), first));
    free(first);
}

Test(output, a_nak_before_all_is_sent_is_for_something_else)
{
    begin(FAKE_FULL, "");
    (void)push("$qC#b4");
    rsp_sent(&session, 3);
    (void)push("--");
    cr_expect(eq(sz, pending(), strlen("+$QC1#c5") - 3));
}

Test(output, without_acks_there_is_no_asking_again)
{
    begin(FAKE_FULL, "QStartNoAckMode qC");
    (void)push("-");
    cr_expect(eq(sz, pending(), 0));
}

Test(output, is_taken_in_any_pieces)
{
    char got[64] = "";
    size_t n;

    begin(FAKE_FULL, "");
    (void)push("$m1000,2#8c");
    const char *bytes;
    while (bytes = rsp_output(&session, &n), n > 0) {
        strncat(got, bytes, 1);
        rsp_sent(&session, 1);
    }
    cr_expect(eq(str, got, str("+$0001#c1")));
}

/* What is left of one reply goes out before the next, as it is. */
Test(output, what_is_left_comes_before_what_is_new)
{
    static const char left[] = "01#c1+$QC1#c5";
    size_t n;

    begin(FAKE_FULL, "");
    (void)push("$m1000,2#8c");
    rsp_sent(&session, 4);
    (void)push("+$qC#b4");
    const char *bytes = rsp_output(&session, &n);
    cr_assert(eq(sz, n, strlen(left)));
    cr_expect(zero(int, memcmp(bytes, left, n)));
}

Test(output, more_than_all_cannot_be_sent)
{
    begin(FAKE_FULL, "");
    (void)push("$qC#b4");
    rsp_sent(&session, 1000);
    cr_expect(eq(sz, pending(), 0));
}

/* Packets are taken until a reply might not fit, and again when it does. */
Test(output, a_client_that_does_not_read_is_not_listened_to)
{
    static const char read[] = "$x1000,10000#56";
    size_t asked = 0;
    size_t answered = 0;

    begin(FAKE_FULL, "QStartNoAckMode");
    memset(fake.ram, 'a', sizeof fake.ram);
    while (push(read) == strlen(read) && asked < 100)
        asked++;
    cr_expect(lt(sz, asked, 20));
    cr_expect(le(sz, pending(), RSP_OUTPUT_MAX));
    cr_expect(eq(sz, push("+"), 0));
    for (const char *p = wire_take(&session); (p = strchr(p, '[')); p++)
        answered++;
    cr_expect(eq(sz, answered, asked));
    cr_expect(eq(str, str(ask("qC")), str("QC1")));
}

Test(output, the_longest_reply_fits_whatever_is_in_it)
{
    begin(FAKE_FULL, "QStartNoAckMode");
    memset(fake.ram, '}', sizeof fake.ram);
    const char *reply = ask("x1000,10000");
    cr_expect(eq(sz, strlen(reply), 1 + sizeof fake.ram));
    cr_expect(eq(sz, strspn(reply + 1, "}"), sizeof fake.ram));
}

Test(output, a_reply_is_never_longer_than_a_packet)
{
    char line[64];

    begin(FAKE_FULL, "QStartNoAckMode");
    (void)ask("qRcmd,66696c6c"); /* fill */
    cr_expect(eq(sz, strlen(ask("qRcmd,66696c6c")),
                 RSP_PACKET_MAX - 1 + sizeof "[][OK]" - 1));
    (void)snprintf(line, sizeof line, "m1000,%x", RSP_PACKET_MAX);
    cr_expect(eq(sz, strlen(ask(line)), 2 * sizeof fake.ram));
}

Test(console, text_of_a_running_guest_is_shown)
{
    begin(FAKE_FULL, "c");
    cr_expect(eq(int, rsp_console(&session, "Hi\n", 3), 0));
    cr_expect(eq(str, str(wire_take(&session)), str("[O48690a]")));
}

Test(console, text_of_a_stopped_guest_is_not)
{
    begin(FAKE_FULL, "");
    cr_expect(eq(int, rsp_console(&session, "Hi\n", 3), -EAGAIN));
    cr_expect(eq(str, str(wire_take(&session)), str("")));
}

static size_t count(const char *text, char c)
{
    size_t n = 0;

    while ((text = strchr(text, c))) {
        text++;
        n++;
    }
    return n;
}

Test(console, long_text_goes_in_pieces)
{
    static char long_text[3000];

    memset(long_text, 'l', sizeof long_text);
    begin(FAKE_FULL, "c");
    cr_expect(eq(int, rsp_console(&session, long_text, sizeof long_text), 0));
    const char *got = wire_take(&session);
    cr_expect(eq(sz, count(got, 'O'), 3));
    cr_expect(eq(sz, count(got, 'c'), sizeof long_text)); /* 'l' is 6c */
}

/* A flood of text holds up neither the interrupt nor the stop reply. */
Test(console, a_flood_is_cut_and_an_interrupt_still_heard)
{
    static char flood[RSP_PACKET_MAX];

    memset(flood, 'l', sizeof flood);
    begin(FAKE_FULL, "c");
    for (int i = 0; i < 100; i++)
        cr_expect(eq(int, rsp_console(&session, flood, sizeof flood), 0));
    cr_expect(lt(sz, pending(), 0x10000));
    cr_expect(eq(sz, push("\x03"), 1));
    cr_expect(eq(uint, fake.interrupts, 1));
    rsp_stopped(&session, &trap);
    cr_expect(ne(ptr, strstr(wire_take(&session), "[T05thread:1;"), NULL));
}

/* What was cut before has room when the client has read some. */
Test(console, a_flood_goes_on_when_some_is_read)
{
    static char flood[RSP_PACKET_MAX];
    size_t full;

    memset(flood, 'l', sizeof flood);
    begin(FAKE_FULL, "c");
    (void)rsp_console(&session, flood, sizeof flood);
    full = pending();
    cr_expect(gt(sz, full, RSP_CONSOLE_MAX - 100));
    rsp_sent(&session, full / 4);
    (void)rsp_console(&session, flood, sizeof flood);
    cr_expect(gt(sz, pending(), RSP_CONSOLE_MAX - 100));
    cr_expect(le(sz, pending(), RSP_CONSOLE_MAX));
}

Test(console, an_endless_sentence_is_cut)
{
    static char sentence[10000];
    const struct rsp_stop stop = {
        .kind = RSP_STOP_STEP, .tid = 1, .text = sentence};

    memset(sentence, 'l', sizeof sentence - 1);
    begin(FAKE_FULL, "c");
    rsp_stopped(&session, &stop);
    const char *got = wire_take(&session);
    cr_expect(eq(sz, count(got, 'O'), 1));
    cr_expect(ne(ptr, strstr(got, "6c0a][T05"), NULL));
}

Test(trace, sees_each_packet_and_each_reply)
{
    begin(FAKE_FULL, "QStartNoAckMode qC c");
    rsp_stopped(&session, &trap);
    cr_expect(eq(sz, fake.traced[0], 3));
    cr_expect(eq(sz, fake.traced[1], 3));
}

Test(target, is_asked_for_its_description_when_the_client_reads_it_anew)
{
    begin(FAKE_FULL, "");
    unsigned before = fake.describes;
    (void)ask("qXfer:features:read:target.xml:0,10 "
              "qXfer:features:read:target.xml:10,10");
    cr_expect(eq(uint, fake.describes, before + 1));
    cr_expect(not(fake.lldb));
    (void)ask("QThreadSuffixSupported qXfer:features:read:target.xml:0,10");
    cr_expect(fake.lldb);
}
