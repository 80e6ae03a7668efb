/* SPDX-License-Identifier: MIT */
/*
 * Which stops tell a client first that the description has changed.
 */
#include <errno.h>
#include <string.h>

#include "rsp/session.h"
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

/* --- a description that yields to files --- */

#define NO_ACK "QStartNoAckMode "
#define YIELDS "[T05exec:5b6d6f646520365d;thread:1;]"

/* clang-format off */
static const struct {
    const char *label, *hello, *expect;
} connects[] = {
    {"told at once",         NO_ACK EXEC,     YIELDS},
    {"... and once",         NO_ACK EXEC " ? c", STEP},
    {"... however it goes on", NO_ACK EXEC " ? vCont;s:1", STEP},
    {"file loaded at first", NO_ACK EXEC " ? c qSymbol::", STEP},
    {"file loaded later",    NO_ACK EXEC " ? c qSymbol:: qSymbol::", YIELDS},
    {"read again",           NO_ACK EXEC " ? c " READ, STEP},
    {"with acks: not now",   EXEC,            STEP},
    {"not understood",       NO_ACK READ,     STEP},
    {"not read",             NO_ACK KNOWS,    STEP},
};
/* clang-format on */

static void begin_yielding(const char *hello)
{
    begin(FAKE_FULL, "");
    fake.mode = FAKE_YIELDS;
    rsp_connect(&session, false);
    (void)ask(hello);
}

Test(follow, a_description_that_yields_is_told_when_asked_why)
{
    for (size_t i = 0; i < COUNT(connects); i++) {
        const struct rsp_stop why = {.kind = RSP_STOP_STEP, .tid = 1};
        bool told = strcmp(connects[i].expect, YIELDS) == 0;

        begin_yielding(connects[i].hello);
        fake.why = why;
        (void)wire_feed(&session, "$?#3f", 5, 5);
        const char *got = wire_take(&session);
        cr_expect(eq(str, str(got + (got[0] == '+')), str(connects[i].expect)),
                  "%s", connects[i].label);
        cr_expect(eq(int, wire_ahead(), told), "%s", connects[i].label);
        cr_expect(zero(uint, fake.resumes), "%s", connects[i].label);
    }
}

/* GDB polls for what it has not waited for: each packet up to the stop comes
 * with the '$' of the next. */
Test(follow, packets_are_begun_ahead_until_the_stop_is_told)
{
    begin_yielding(NO_ACK EXEC " ?");
    cr_expect(wire_ahead());
    cr_expect(eq(str, str(ask("qC")), str("QC1")));
    cr_expect(wire_ahead());
    cr_expect(eq(str, str(ask("Z0,1004,1")), str("OK")));
    cr_expect(wire_ahead());
    cr_expect(eq(str, str(ask("vCont;c")), str("T05thread:1;" REGS)));
    cr_expect(not(wire_ahead()));
    cr_expect(eq(str, str(ask("qC")), str("QC1")));
    cr_expect(zero(uint, fake.resumes));
}

/* Who waits is told at the next stop; so is who loads a file later. */
Test(follow, a_description_that_yields_is_told_at_the_next_stop)
{
    const struct rsp_stop stop = {.kind = RSP_STOP_STEP, .tid = 1};

    begin_yielding(EXEC " ? c");
    rsp_stopped(&session, &stop);
    cr_expect(eq(str, str(wire_take(&session)), str(YIELDS)));
    cr_expect(not(wire_ahead()));
    cr_expect(eq(str, str(ask("c")), str("T05thread:1;" REGS)));
    (void)ask("c");
    rsp_stopped(&session, &stop);
    cr_expect(eq(str, str(wire_take(&session)), str(STEP)));

    (void)ask("qSymbol:: qSymbol:: s");
    rsp_stopped(&session, &stop);
    cr_expect(eq(str, str(wire_take(&session)), str(STEP)), "a lone step");
    (void)ask("c");
    rsp_stopped(&session, &stop);
    cr_expect(eq(str, str(wire_take(&session)), str(YIELDS)));
}

/* A client that goes on from elsewhere is not told where it stopped before. */
Test(follow, a_jump_makes_the_stop_a_thing_of_the_past)
{
    begin(FAKE_FULL, EXEC);
    (void)stop_after("c", RSP_STOP_STEP);
    cr_expect(eq(str, str(ask("c1234")), str("")));
    cr_expect(eq(uint, fake.resumes, 2));
    cr_expect(eq(u8, fake.reg[0][FAKE_PC][0], 0x34));
}

Test(follow, a_refused_jump_leaves_the_stop_to_be_told)
{
    begin(FAKE_FULL, EXEC);
    (void)stop_after("c", RSP_STOP_STEP);
    fake.fail = -EIO;
    cr_expect(eq(str, str(ask("c1234")), str("E05")));
    fake.fail = 0;
    cr_expect(eq(str, str(ask("c")), str("T05thread:1;" REGS)));
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

/* From one mode to another; a watchpoint is hit there, or something else. */
static const struct {
    const char *label;
    unsigned from, to;
    enum rsp_stop_kind kind;
    bool is_told;
} watch_rows[] = {
    {"registers are the same", 2, 3, RSP_STOP_WATCH, false},
    {"read", 2, 3, RSP_STOP_RWATCH, false},
    {"access", 2, 3, RSP_STOP_AWATCH, false},
    {"another name", 2, 4, RSP_STOP_WATCH, true},
    {"another width", 2, 5, RSP_STOP_WATCH, true},
    {"fewer of them", 0, 1, RSP_STOP_WATCH, true},
    {"more of them", 1, 0, RSP_STOP_WATCH, true},
    {"no watchpoint", 2, 3, RSP_STOP_SWBREAK, true},
    {"a step", 2, 3, RSP_STOP_STEP, true},
};

Test(follow, a_watchpoint_may_come_first)
{
    for (size_t i = 0; i < COUNT(watch_rows); i++) {
        const struct rsp_stop stop = {.kind = watch_rows[i].kind, .tid = 1};
        const struct rsp_stop next = {.kind = RSP_STOP_STEP, .tid = 1};

        begin(FAKE_FULL, KNOWS);
        fake.mode = watch_rows[i].from;
        (void)ask(READ " QStartNoAckMode c");
        fake.mode = watch_rows[i].to;
        rsp_stopped(&session, &stop);
        cr_expect(eq(int, strstr(wire_take(&session), "exec:") != NULL,
                     watch_rows[i].is_told),
                  "%s", watch_rows[i].label);
        if (watch_rows[i].is_told)
            continue;
        (void)ask("c");
        rsp_stopped(&session, &next);
        cr_expect(strstr(wire_take(&session), "exec:") != NULL, "%s, next",
                  watch_rows[i].label);
    }
}

/* The target says when. */
Test(follow, without_a_stop)
{
    begin(FAKE_FULL, EXEC " QStartNoAckMode");
    fake.mode = 1;
    cr_expect(not(rsp_follow(&session, 1)), "nothing is owed");
    (void)ask("c");
    cr_expect(rsp_follow(&session, 1));
    cr_expect(eq(str, str(wire_take(&session)), str(EVENT)));
    cr_expect(eq(int, rsp_state(&session), RSP_STOPPED));
    cr_expect(not(rsp_follow(&session, 1)), "it waits for a resume");
    (void)ask("qXfer:features:read:target.xml:0,9");
    (void)ask("c");
    cr_expect(eq(uint, fake.resumes, 2), "which is one");
    cr_expect(not(rsp_follow(&session, 1)), "it knows");
}

Test(follow, not_a_lone_step_without_a_stop)
{
    begin(FAKE_FULL, EXEC " s");
    fake.mode = 1;
    cr_expect(not(rsp_follow(&session, 1)));
}

/* By what is the client's next stop understood? */
Test(follow, description)
{
    const struct rsp_stop stop = {.kind = RSP_STOP_STEP, .tid = 1};

    begin(FAKE_FULL, KNOWS);
    cr_expect(not(rsp_described(&session)));
    (void)ask(READ);
    cr_expect(rsp_described(&session));
    fake.mode = 1;
    cr_expect(eq(str, str(rsp_description(&session)->title), str("[mode 0]")));
    (void)ask("c");
    cr_expect(eq(str, str(rsp_description(&session)->title), str("[mode 1]")));
    fake.follows = false;
    cr_expect(eq(str, str(rsp_description(&session)->title), str("[mode 0]")));
    fake.follows = true;
    rsp_stopped(&session, &stop);
    cr_expect(eq(str, str(rsp_description(&session)->title), str("[mode 0]")));
    (void)ask(READ);
    cr_expect(eq(str, str(rsp_description(&session)->title), str("[mode 1]")));
}
