/* SPDX-License-Identifier: MIT */
/*
 * Which stops tell a client first that the description has changed.
 */
#include "tests/unit/rsp/bench.h"

#define KNOWS "qSupported:exec-events+"
#define READ  "qXfer:features:read:target.xml:0,9"
#define EXEC  KNOWS " " READ
#define EVENT "[T05exec:5b6d6f646520315d;thread:1;]"
#define REGS  "01:1011121314151617;02:2021222324252627;"
#define STEP  "[T05thread:1;" REGS "]"

/* clang-format off */
static const struct {
    const char *label, *hello, *resume;
    enum rsp_stop_kind kind;
    const char *expect, *then;
} rows[] = {
    {"continue",        EXEC, "vCont;c",         RSP_STOP_STEP,   EVENT, STEP},
    {"step, others run", EXEC, "vCont;s:1;c",    RSP_STOP_STEP,   EVENT, STEP},
    {"range",           EXEC, "vCont;r0,9:1;c",  RSP_STOP_STEP,   EVENT, STEP},
    {"c",               EXEC, "c",               RSP_STOP_STEP,   EVENT, STEP},
    {"signal",          EXEC, "vCont;C05",       RSP_STOP_SIGNAL, EVENT,
     "[T00thread:1;" REGS "]"},
    {"lone step",       EXEC, "vCont;s:1",       RSP_STOP_STEP,   STEP, ""},
    {"s",               EXEC, "s",               RSP_STOP_STEP,   STEP, ""},
    {"exit",            EXEC, "c",               RSP_STOP_EXITED, "[W00]", ""},
    {"kill",            EXEC, "c",               RSP_STOP_KILLED, "[X00]", ""},
    {"not understood",  READ, "c",               RSP_STOP_STEP,   STEP, ""},
    {"not read",        KNOWS, "c",              RSP_STOP_STEP,   STEP, ""},
};
/* clang-format on */

/* Stops in another mode. */
static const char *stop_after(const char *resume, enum rsp_stop_kind kind)
{
    const struct rsp_stop stop = {.kind = kind, .tid = 1};

    (void)ask(resume);
    fake.mode = 1;
    rsp_stopped(&session, &stop);
    return wire_take(&session);
}

Test(follow, rows)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        begin(FAKE_FULL, rows[i].hello);
        (void)ask("QStartNoAckMode");
        cr_expect(eq(str, str(stop_after(rows[i].resume, rows[i].kind)),
                     str(rows[i].expect)),
                  "%s", rows[i].label);
        if (!rows[i].then[0])
            continue;
        (void)wire_feed(&session, "$c#63", 5, 5);
        cr_expect(eq(str, str(wire_take(&session)), str(rows[i].then)),
                  "%s, then", rows[i].label);
        cr_expect(eq(uint, fake.resumes, 1), "%s", rows[i].label);
    }
}

Test(follow, only_a_target_that_does)
{
    begin(FAKE_FULL, EXEC);
    fake.follows = false;
    cr_expect(eq(str, str(stop_after("c", RSP_STOP_STEP)), str(STEP)));
    begin(FAKE_BARE, EXEC);
    cr_expect(eq(str, str(stop_after("c", RSP_STOP_STEP)), str(STEP)));
}

Test(follow, no_event_when_nothing_changed)
{
    const struct rsp_stop stop = {.kind = RSP_STOP_STEP, .tid = 1};

    begin(FAKE_FULL, EXEC);
    (void)ask("c");
    rsp_stopped(&session, &stop);
    cr_expect(eq(str, str(wire_take(&session)), str(STEP)));
}

Test(follow, words_come_before_the_event_and_once)
{
    const struct rsp_stop stop = {
        .kind = RSP_STOP_SIGNAL, .tid = 1, .signal = 5, .text = "Hi"};

    begin(FAKE_FULL, EXEC " QStartNoAckMode c");
    fake.mode = 1;
    rsp_stopped(&session, &stop);
    cr_expect(eq(str, str(wire_take(&session)), str("[O48690a]" EVENT)));
    cr_expect(eq(str, str(ask("c")), str("T05thread:1;" REGS)));
}

/* The event changes nothing by itself: a client that does not read target.xml
 * keeps its registers, one that does has the new ones. */
Test(follow, registers_keep_the_description_that_was_read)
{
    begin(FAKE_FULL, EXEC);
    (void)stop_after("c", RSP_STOP_STEP);
    cr_expect(eq(str, str(ask("c p4")), str("40414243444546474849")));
    cr_expect(
        eq(str, str(ask("qXfer:features:read:target.xml:0,9 p4")), str("E16")));
}

Test(follow, a_restart_owes_nothing)
{
    begin(FAKE_FULL, EXEC);
    (void)stop_after("c", RSP_STOP_STEP);
    rsp_restarted(&session);
    (void)ask("c");
    cr_expect(eq(uint, fake.resumes, 2));
}

Test(follow, a_new_client_is_owed_nothing)
{
    begin(FAKE_FULL, EXEC);
    (void)stop_after("c", RSP_STOP_STEP);
    rsp_connect(&session, false);
    (void)ask("c");
    cr_expect(eq(uint, fake.resumes, 2));
}
