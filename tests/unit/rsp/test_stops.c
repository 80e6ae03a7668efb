/* SPDX-License-Identifier: MIT */
/*
 * From a resume to its stop reply: who is told to run, and what comes back.
 */
#include <errno.h>
#include <string.h>

#include "rsp/session.h"
#include "tests/unit/rsp/bench.h"

#define MULTI "qSupported:multiprocess+"
#define BREAK "qSupported:swbreak+;hwbreak+"

#define LLDB "QThreadSuffixSupported"

/* What follows the thread in a stop reply: see fake_target.c. */
#define REGS_1 "01:1011121314151617;02:2021222324252627;"
#define NAME_1 "hexname:4350552331203c263e;"
#define LLDB_1 "00:0001020304050607;" REGS_1
#define REGS_2 "01:2021222324252627;02:3031323334353637;"

/* clang-format off */
static const struct resume {
    const char *label, *packets, *actions;
} resumes[] = {
    {"c: all run",                    "c",                      "cc"},
    {"C: all run",                    "C05",                    "cc"},
    {"C: with an address",            "C05;1234",               "cc"},
    {"s: the others run along",       "s",                      "sc"},
    {"s: the thread of Hc",           "Hc2 s",                  "cs"},
    {"s: Hc all is the current one",  "Hc2 Hc-1 s",             "sc"},
    {"s: current is Hg's",            "Hg2 Hc0 s",              "cs"},
    {"S: steps",                      "S05",                    "sc"},
    {"vCont: all",                    "vCont;c",                "cc"},
    {"vCont: all, by name",           "vCont;c:-1",             "cc"},
    {"vCont: one",                    "vCont;s:2",              "-s"},
    {"vCont: one and the others",     "vCont;s:2;c",            "cs"},
    {"vCont: the first one counts",   "vCont;c:1;s:1;s:2;c",    "cs"},
    {"vCont: all first, then none",   "vCont;c;s:1",            "cc"},
    {"vCont: hold one",               "vCont;t:1;c",            "-c"},
    {"vCont: with signals",           "vCont;S05:1;C05",        "sc"},
    {"vCont: range",                  "vCont;r1000,1010:1;c",   "rc"},
    {"vCont: pid and tid",            "vCont;s:p1.1;c:p1.-1",   "sc"},
    {"vCont: pid",                    "vCont;c:p1",             "cc"},
};

static const struct stop_row {
    const char *label, *hello;
    struct rsp_stop stop;
    const char *expect;
} stops[] = {
    {"signal",           "",    {.kind = RSP_STOP_SIGNAL, .tid = 1, .signal = RSP_SIGINT},
     "[T02thread:1;" REGS_1 "]"},
    {"another thread",   "",    {.kind = RSP_STOP_STEP, .tid = 2},
     "[T05thread:2;" REGS_2 "]"},
    {"multiprocess",     MULTI, {.kind = RSP_STOP_STEP, .tid = 2},
     "[T05thread:p1.2;" REGS_2 "]"},
    {"swbreak",          BREAK, {.kind = RSP_STOP_SWBREAK, .tid = 1},
     "[T05swbreak:;thread:1;" REGS_1 "]"},
    {"swbreak unknown",  "",    {.kind = RSP_STOP_SWBREAK, .tid = 1},
     "[T05thread:1;" REGS_1 "]"},
    {"hwbreak",          BREAK, {.kind = RSP_STOP_HWBREAK, .tid = 1},
     "[T05hwbreak:;thread:1;" REGS_1 "]"},
    {"hwbreak unknown",  "",    {.kind = RSP_STOP_HWBREAK, .tid = 1},
     "[T05thread:1;" REGS_1 "]"},
    {"swbreak alone",    "qSupported:swbreak+", {.kind = RSP_STOP_SWBREAK, .tid = 1},
     "[T05swbreak:;thread:1;" REGS_1 "]"},
    {"swbreak alone, hwbreak", "qSupported:swbreak+", {.kind = RSP_STOP_HWBREAK, .tid = 1},
     "[T05thread:1;" REGS_1 "]"},
    {"hwbreak alone",    "qSupported:hwbreak+", {.kind = RSP_STOP_HWBREAK, .tid = 1},
     "[T05hwbreak:;thread:1;" REGS_1 "]"},
    {"hwbreak alone, swbreak", "qSupported:hwbreak+", {.kind = RSP_STOP_SWBREAK, .tid = 1},
     "[T05thread:1;" REGS_1 "]"},
    {"watch",            "",    {.kind = RSP_STOP_WATCH, .tid = 1, .addr = 0xabc0},
     "[T05watch:abc0;thread:1;" REGS_1 "]"},
    {"rwatch",           "",    {.kind = RSP_STOP_RWATCH, .tid = 1, .addr = UINT64_MAX},
     "[T05rwatch:ffffffffffffffff;thread:1;" REGS_1 "]"},
    {"awatch",           "",    {.kind = RSP_STOP_AWATCH, .tid = 1, .addr = 0},
     "[T05awatch:0;thread:1;" REGS_1 "]"},
    {"exited",           "",    {.kind = RSP_STOP_EXITED, .tid = 1, .exit_code = 42},
     "[W2a]"},
    {"exited, process",  MULTI, {.kind = RSP_STOP_EXITED, .tid = 1},
     "[W00;process:1]"},
    {"killed",           MULTI, {.kind = RSP_STOP_KILLED, .tid = 1, .signal = RSP_SIGKILL},
     "[X09;process:1]"},
    {"lldb: step",       LLDB,  {.kind = RSP_STOP_STEP, .tid = 1},
     "[T05thread:1;" NAME_1 "reason:trace;" LLDB_1 "]"},
    {"lldb: breakpoint", LLDB,  {.kind = RSP_STOP_SWBREAK, .tid = 1},
     "[T05thread:1;" NAME_1 "reason:breakpoint;" LLDB_1 "]"},
    {"lldb: hbreak",     LLDB,  {.kind = RSP_STOP_HWBREAK, .tid = 1},
     "[T05thread:1;" NAME_1 "reason:breakpoint;" LLDB_1 "]"},
    {"lldb: watchpoint", LLDB,  {.kind = RSP_STOP_WATCH, .tid = 1, .addr = 0xab},
     "[T05watch:ab;thread:1;" NAME_1 LLDB_1 "]"},
    {"lldb: interrupt",  LLDB,  {.kind = RSP_STOP_SIGNAL, .tid = 1, .signal = 2},
     "[T02thread:1;" NAME_1 LLDB_1 "]"},
    {"lldb: exception",  LLDB,  {.kind = RSP_STOP_SIGNAL, .tid = 1, .signal = 11,
                                 .text = "Hi"},
     "[O48690a][T0bthread:1;" NAME_1 "reason:exception;description:4869;"
     LLDB_1 "]"},
    {"with words",       "",    {.kind = RSP_STOP_SIGNAL, .tid = 1, .signal = RSP_SIGSEGV,
                                 .text = "Hi"},
     "[O48690a][T0bthread:1;" REGS_1 "]"},
};
/* clang-format on */

TABLE_PARAMETERS(run, resume, resumes)

ParameterizedTest(const size_t *i, run, resume)
{
    const struct resume *row = &resumes[*i];

    begin(FAKE_SMP2, "");
    cr_expect(eq(str, str(ask(row->packets)), str("")), "%s", row->label);
    cr_expect(eq(uint, fake.resumes, 1), "%s", row->label);
    cr_expect(eq(str, str(fake_actions(&fake)), str(row->actions)), "%s",
              row->label);
    cr_expect(eq(int, (int)rsp_state(&session), RSP_RUNNING));
}

TABLE_PARAMETERS(run, stop, stops)

ParameterizedTest(const size_t *i, run, stop)
{
    const struct stop_row *row = &stops[*i];

    begin(FAKE_SMP2, row->hello);
    (void)ask("c");
    rsp_stopped(&session, &row->stop);
    cr_expect(eq(str, str(wire_take(&session)), str(row->expect)), "%s",
              row->label);
    cr_expect(eq(int, (int)rsp_state(&session), RSP_STOPPED));
}

static const struct rsp_stop trap = {.kind = RSP_STOP_STEP, .tid = 2};

Test(run, a_range_reaches_the_target)
{
    begin(FAKE_FULL, "");
    (void)ask("vCont;r1000,fffffffffffffff0:1");
    cr_expect(eq(u64, fake.action[0].lo, 0x1000));
    cr_expect(eq(u64, fake.action[0].hi, 0xfffffffffffffff0));
}

Test(run, an_address_sets_the_pc)
{
    begin(FAKE_SMP2, "s1234");
    rsp_stopped(&session, &trap);
    (void)wire_take(&session);
    cr_expect(eq(str, str(ask("Hg1 p2")), str("3412000000000000")));
}

Test(run, a_resume_that_fails_is_an_error)
{
    begin(FAKE_FULL, "");
    cr_expect(eq(str, str(ask("vCont;c:5")), str("E03")));
    cr_expect(eq(int, (int)rsp_state(&session), RSP_STOPPED));
    cr_expect(eq(uint, fake.resumes, 0));
}

Test(run, the_thread_that_stopped_is_the_current_one)
{
    begin(FAKE_SMP2, "Hg1");
    (void)ask("c");
    rsp_stopped(&session, &trap);
    (void)wire_take(&session);
    cr_expect(eq(str, str(ask("qC")), str("QC2")));
}

Test(run, a_stop_that_nobody_waits_for_is_not_told)
{
    begin(FAKE_FULL, "");
    rsp_stopped(&session, &trap);
    cr_expect(eq(str, str(wire_take(&session)), str("")));
}

Test(run, one_stop_reply_for_one_resume)
{
    begin(FAKE_SMP2, "");
    (void)ask("c");
    rsp_stopped(&session, &trap);
    rsp_stopped(&session, &trap);
    cr_expect(
        eq(str, str(wire_take(&session)), str("[T05thread:2;" REGS_2 "]")));
}

Test(run, the_query_of_a_client_that_finds_it_running_waits_for_the_stop)
{
    const struct rsp_stop words = {
        .kind = RSP_STOP_SIGNAL, .tid = 1, .signal = 2, .text = "not for ?"};

    begin(FAKE_FULL, "");
    rsp_connect(&session, true);
    cr_expect(eq(str, str(ask("qSupported:multiprocess+ QStartNoAckMode")),
                 str("OK")));
    cr_expect(eq(str, str(ask("?")), str("")));
    cr_expect(eq(str, str(ask("?")), str("E10")));
    cr_expect(eq(int, rsp_console(&session, "x", 1), -EAGAIN));
    rsp_stopped(&session, &words);
    cr_expect(
        eq(str, str(wire_take(&session)), str("[T02thread:p1.1;" REGS_1 "]")));
}

Test(run, a_new_connection_forgets_what_was_agreed)
{
    begin(FAKE_SMP2, "qSupported:multiprocess+ QThreadSuffixSupported "
                     "QStartNoAckMode Hg2 Hc2 c");
    rsp_connect(&session, false);
    (void)wire_feed(&session, "$qC#b4", 6, 6);
    cr_expect(eq(str, str(wire_take(&session)), str("+[QC1]")));
    cr_expect(eq(str, str(ask("g;thread:1;")), str("E16")));
    rsp_stopped(&session, &trap);
    cr_expect(eq(str, str(wire_take(&session)), str("")));
}

Test(run, a_new_connection_in_the_middle_of_a_packet_starts_afresh)
{
    begin(FAKE_FULL, "");
    (void)wire_feed(&session, "$m1000", 6, 6);
    rsp_connect(&session, false);
    (void)wire_feed(&session, "$qC#b4", 6, 6);
    cr_expect(eq(str, str(wire_take(&session)), str("+[QC1]")));
}

Test(run, an_interrupt_reaches_a_running_target_only)
{
    begin(FAKE_FULL, "");
    (void)wire_feed(&session, "\x03", 1, 1);
    cr_expect(eq(uint, fake.interrupts, 0));
    (void)ask("c");
    (void)wire_feed(&session, "\x03", 1, 1);
    cr_expect(eq(uint, fake.interrupts, 1));
    cr_expect(eq(str, str(ask("vCtrlC")), str("OK")));
    cr_expect(eq(uint, fake.interrupts, 2));
}

Test(run, extended_mode_goes_on_after_the_end)
{
    const struct rsp_stop end = {.kind = RSP_STOP_EXITED, .tid = 1};

    begin(FAKE_FULL, "! QStartNoAckMode");
    cr_expect(rsp_extended(&session));
    (void)ask("c");
    rsp_stopped(&session, &end);
    cr_expect(eq(str, str(wire_take(&session)), str("[W00]")));
    cr_expect(eq(str, str(ask("?")), str("W00")));
    cr_expect(eq(str, str(ask("vRun; qfThreadInfo")), str("m1")));
    cr_expect(eq(uint, fake.restarts, 1));
    cr_expect(eq(str, str(ask("c")), str("")));
    cr_expect(eq(str, str(ask("R00 ?")), str("T05thread:1;" REGS_1)));
    rsp_connect(&session, false);
    cr_expect(not(rsp_extended(&session)));
}

Test(run, a_detached_target_can_be_told_to_stay)
{
    begin(FAKE_FULL, "D");
    cr_expect(not(fake.stays));
    begin(FAKE_FULL, "D1");
    cr_expect(fake.stays);
}

Test(run, nothing_is_taken_after_the_end)
{
    begin(FAKE_FULL, "");
    cr_expect(eq(sz, wire_feed(&session, "$k#6b$!#21", 10, 10), 5));
    cr_expect(fake.killed);
    cr_expect(eq(int, (int)rsp_state(&session), RSP_DONE));
    cr_expect(eq(str, str(wire_take(&session)), str("+")));
}

Test(run, detach_and_kill_end_the_session)
{
    begin(FAKE_FULL, "D");
    cr_expect(fake.detached);
    cr_expect(eq(int, (int)rsp_state(&session), RSP_DONE));
    begin(FAKE_FULL, "vKill;1");
    cr_expect(fake.killed);
    cr_expect(eq(int, (int)rsp_state(&session), RSP_DONE));
}

Test(run, a_killed_session_can_be_stopped_without_a_reply)
{
    begin(FAKE_FULL, "c k");
    rsp_stopped(&session, &trap);
    cr_expect(eq(str, str(wire_take(&session)), str("")));
}

/* The same where the session goes on: the end answers for the resume. */
Test(run, what_ends_the_process_of_a_running_target_owes_no_stop)
{
    static const char *const ends[] = {"k", "vKill;1", "D;1"};

    for (size_t i = 0; i < COUNT(ends); i++) {
        begin(FAKE_FULL, "! QStartNoAckMode c");
        (void)ask(ends[i]);
        rsp_stopped(&session, &trap);
        cr_expect(eq(str, str(wire_take(&session)), str("")), "%s", ends[i]);
        cr_expect(eq(int, rsp_console(&session, "x", 1), -EAGAIN), "%s",
                  ends[i]);
        cr_expect(eq(str, str(ask("?")), str("W00")), "%s", ends[i]);
    }
}
