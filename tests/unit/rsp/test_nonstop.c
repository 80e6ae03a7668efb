/* SPDX-License-Identifier: MIT */
/*
 * Non-stop mode: threads that run and stop each by itself, and a client that is
 * notified of the first stop and asks for the others.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/rsp/nonstop.h"

/* --- the mode --- */

Test(nonstop, is_offered_by_a_target_that_has_it)
{
    begin(FAKE_SMP2, "");
    cr_expect(ne(ptr, strstr(ask("qSupported"), ";QNonStop+"), NULL));
    EXPECT_REPLY("QNonStop:1", "OK");
    cr_expect(fake.nonstop);
    EXPECT_REPLY("QNonStop:1", "OK");
    EXPECT_REPLY("QNonStop:0", "OK");
    cr_expect(not(fake.nonstop));
    begin(FAKE_FULL, "");
    cr_expect(eq(ptr, strstr(ask("qSupported"), "QNonStop"), NULL));
    EXPECT_REPLY("QNonStop:1", "");
    EXPECT_REPLY("QNonStop:0", "");
    EXPECT_REPLY("vStopped", "");
}

Test(nonstop, is_not_on_when_the_target_refuses)
{
    begin(FAKE_SMP2, "QStartNoAckMode");
    fake.fail = -EIO;
    EXPECT_REPLY("QNonStop:1", "E05");
    fake.fail = 0;
    EXPECT_REPLY("vCont;c", "");
    step_ends(2);
    EXPECT_TAKEN("[T05" T_2 "]");
}

Test(nonstop, stays_on_when_the_target_refuses)
{
    both_run();
    fake.fail = -EIO;
    EXPECT_REPLY("QNonStop:0", "E05");
    fake.fail = 0;
    step_ends(2);
    EXPECT_TAKEN("[%Stop:T05" T_2 "]");
}

Test(nonstop, cannot_begin_while_a_stop_reply_is_owed)
{
    begin(FAKE_SMP2, "QStartNoAckMode c");
    EXPECT_REPLY("QNonStop:1", "E10");
    cr_expect(not(fake.nonstop));
    step_ends(1);
    EXPECT_TAKEN("[T05" T_1 "]");
}

/* "Entering non-stop mode does not alter the state of any currently-running
 * threads." */
Test(nonstop, begins_with_threads_that_run)
{
    begin(FAKE_SMP2, "");
    fake.runs[0] = fake.runs[1] = true;
    rsp_connect(&session, true);
    EXPECT_REPLY(ON, "OK");
    cr_expect(eq(int, (int)rsp_state(&session), RSP_RUNNING));
    EXPECT_REPLY("?", "OK");
    step_ends(2);
    EXPECT_TAKEN("[%Stop:T05" T_2 "]");
}

Test(nonstop, ends_when_those_that_ran_have_stopped)
{
    begin(FAKE_SMP2, "");
    fake.runs[0] = fake.runs[1] = true;
    rsp_connect(&session, true);
    EXPECT_REPLY(ON, "OK");
    step_ends(1);
    step_ends(2);
    EXPECT_TAKEN("[%Stop:T05" T_1 "]");
    EXPECT_REPLY("vStopped", "T05" T_2);
    EXPECT_REPLY("vStopped", "OK");
    EXPECT_REPLY("QNonStop:0", "OK");
    cr_expect(eq(int, (int)rsp_state(&session), RSP_STOPPED));
    EXPECT_REPLY("p1", "1011121314151617");
}

/* The target let one go on. */
Test(nonstop, begins_with_threads_of_which_one_runs)
{
    begin(FAKE_SMP2, "");
    fake.runs[0] = true;
    fake.why.tid = 2;
    EXPECT_REPLY(ON " ?", "T05" T_2);
    EXPECT_REPLY("vStopped", "OK");
    step_ends(1);
    EXPECT_TAKEN("[%Stop:T05" T_1 "]");
}

Test(nonstop, ends_when_all_threads_have_stopped)
{
    both_run();
    step_ends(2);
    EXPECT_TAKEN("[%Stop:T05" T_2 "]");
    EXPECT_REPLY("QNonStop:0", "");
    EXPECT_REPLY("g", "E10");
    EXPECT_REPLY("?", "E10");
    EXPECT_REPLY("QNonStop:1", "E10");
    fake.why = (struct rsp_stop){
        .kind = RSP_STOP_SIGNAL, .tid = 1, .signal = RSP_SIGINT};
    rsp_stopped(&session, &fake.why);
    EXPECT_TAKEN("[OK]");
    EXPECT_REPLY("vStopped", "OK");
    EXPECT_REPLY("?", "T02" T_1);
    EXPECT_REPLY("vCont;c", "");
    step_ends(2);
    EXPECT_TAKEN("[T05" T_2 "]");
}

Test(nonstop, ends_at_once_when_nothing_runs)
{
    begin(FAKE_SMP2, ON);
    EXPECT_REPLY("QNonStop:0", "OK");
    EXPECT_REPLY("?", "T05" T_1);
}

/* --- threads --- */

Test(nonstop, one_thread_runs_another_is_stopped_and_a_third_is_queued)
{
    begin(FAKE_SMP2, "");
    fake.n_threads = 3;
    (void)ask(ON " vCont;c:2;c:3");
    cr_expect(eq(str, str(fake_actions(&fake)), str("-cc")));
    stop_as(3, RSP_STOP_SWBREAK, 0);
    EXPECT_TAKEN("[%Stop:T05" T_3 "]");
    cr_expect(eq(int, (int)rsp_state(&session), RSP_RUNNING));
    /* The one that is stopped, and known to be, is looked at and changed. */
    EXPECT_REPLY("Hg1 p1", "1011121314151617");
    EXPECT_REPLY("P1=8877665544332211", "OK");
    EXPECT_REPLY("p1", "8877665544332211");
    /* The one that is queued as well; the one that runs is not. */
    EXPECT_REPLY("Hg3 p1", "3031323334353637");
    EXPECT_REPLY("Hg2 p1", "E10");
    EXPECT_REPLY("g", "E10");
    EXPECT_REPLY("P1=8877665544332211", "E10");
    cr_expect(eq(uint, fake.reg[1][FAKE_SP][0], 0x20));
    /* What is no thread's is the target's to answer. */
    EXPECT_REPLY("m1000,2", "0001");
    EXPECT_REPLY("Z0,1000,1", "OK");
    EXPECT_REPLY("qRcmd,6563686f2061", "[O61][OK]");
    EXPECT_REPLY("T2", "OK");
    /* It runs until the client has asked for more, and is not resumed. */
    EXPECT_REPLY("vCont;s:3", "OK");
    cr_expect(eq(uint, fake.resumes, 1));
    EXPECT_REPLY("vStopped", "OK");
    EXPECT_REPLY("vCont;s:3", "OK");
    cr_expect(eq(str, str(fake_actions(&fake)), str("--s")));
}

Test(nonstop, the_suffix_says_which_thread_is_meant)
{
    begin(FAKE_SMP2, "QThreadSuffixSupported " ON " vCont;c:2");
    EXPECT_REPLY("p1;thread:1;", "1011121314151617");
    EXPECT_REPLY("p1;thread:2;", "E10");
}

Test(nonstop, a_stop_does_not_change_the_current_thread)
{
    begin(FAKE_SMP2, ON " vCont;c:2");
    step_ends(2);
    EXPECT_TAKEN("[%Stop:T05" T_2 "]");
    EXPECT_REPLY("qC", "QC1");
}

/* clang-format off */
static const struct {
    const char *label, *before, *packet, *actions, *stopping;
    unsigned resumes;
} resumes[] = {
    {"all",                     "",          "vCont;c",            "cc", "--", 1},
    {"one",                     "",          "vCont;s:2",          "-s", "--", 1},
    {"each in its way",         "",          "vCont;r10,20:1;s:2", "rs", "--", 1},
    {"with signals",            "",          "vCont;C05:1;S05:2",  "cs", "--", 1},
    {"the first one counts",    "",          "vCont;t:1;c",        "-c", "--", 1},
    {"who runs is left alone",  "vCont;c:1", "vCont;s",            "-s", "--", 2},
    {"all run already",         "vCont;c",   "vCont;s:1",          "cc", "--", 1},
    {"t: one of two",           "vCont;c",   "vCont;t:2",          "cc", "-t", 1},
    {"t: all",                  "vCont;c",   "vCont;t",            "cc", "tt", 1},
    {"t: all of the process",   "vCont;c",   "vCont;t:p1.-1",      "cc", "tt", 1},
    {"t: who stands already",   "vCont;c:1", "vCont;t",            "c-", "t-", 1},
    {"t and c",                 "vCont;c:1", "vCont;t:1;c:2",      "-c", "t-", 2},
    {"t: nobody runs",          "",          "vCont;t",            "--", "--", 0},
    {"c: the current one",      "Hg2",       "c",                  "-c", "--", 1},
    {"s: Hc's",                 "Hc2",       "s",                  "-s", "--", 1},
    {"c: it runs",              "vCont;c:1", "c",                  "c-", "--", 1},
};
/* clang-format on */

Test(nonstop, resumes_and_stops_are_answered_at_once)
{
    for (size_t i = 0; i < COUNT(resumes); i++) {
        begin(FAKE_SMP2, ON);
        (void)ask(resumes[i].before);
        cr_expect(eq(str, str(ask(resumes[i].packet)), str("OK")), "%s",
                  resumes[i].label);
        fake.stopping[2] = '\0';
        cr_expect(eq(str, str(fake_actions(&fake)), str(resumes[i].actions)),
                  "%s", resumes[i].label);
        cr_expect(eq(str, fake.stopping, str(resumes[i].stopping)), "%s",
                  resumes[i].label);
        cr_expect(eq(uint, fake.resumes, resumes[i].resumes), "%s",
                  resumes[i].label);
    }
}

Test(nonstop, a_jump_is_for_a_thread_that_stands)
{
    begin(FAKE_SMP2, ON);
    EXPECT_REPLY("c1234", "OK");
    cr_expect(eq(str, str(fake_actions(&fake)), str("c-")));
    cr_expect(eq(uint, fake.reg[0][FAKE_PC][0], 0x34));
    EXPECT_REPLY("c5678", "E10");
    cr_expect(eq(uint, fake.reg[0][FAKE_PC][0], 0x34));
}

/* In no-ack mode nothing but the stop is said. */
Test(nonstop, a_thread_that_was_asked_to_stop_has_signal_0)
{
    both_run();
    (void)ask("vCont;t:2");
    stop_as(2, RSP_STOP_SIGNAL, RSP_SIGNAL_0);
    EXPECT_TAKEN("[%Stop:T00" T_2 "]");
    EXPECT_REPLY("vStopped", "OK");
}

Test(nonstop, a_resume_that_fails_resumes_and_stops_nobody)
{
    begin(FAKE_SMP2, ON " vCont;c:1");
    fake.fail = -EIO;
    EXPECT_REPLY("vCont;t:1;c:2", "E05");
    cr_expect(eq(chr, fake.stopping[0], '-'));
    fake.fail = 0;
    EXPECT_REPLY("Hg2 p1", "2021222324252627");
}

Test(nonstop, an_interrupt_reaches_a_target_of_which_a_thread_runs)
{
    begin(FAKE_SMP2, ON);
    EXPECT_REPLY("vCtrlC", "OK");
    cr_expect(eq(uint, fake.interrupts, 0));
    EXPECT_REPLY("vCont;c:2 vCtrlC", "OK");
    cr_expect(eq(uint, fake.interrupts, 1));
    (void)wire_feed(&session, "\x03", 1, 1);
    cr_expect(eq(uint, fake.interrupts, 2));
}

/* It came to life by running, since nobody was stopped for it. */
Test(nonstop, a_thread_that_appears_runs)
{
    begin(FAKE_SMP2, ON);
    fake.n_threads = 3;
    EXPECT_REPLY("Hg3 p1", "E10");
    EXPECT_REPLY("?", "T05" T_1);
    EXPECT_REPLY("vStopped", "T00" T_2);
    EXPECT_REPLY("vStopped", "OK");
    step_ends(3);
    EXPECT_TAKEN("[%Stop:T05" T_3 "]");
}

Test(nonstop, all_threads_fit)
{
    begin(FAKE_SMP2, "");
    fake.n_threads = RSP_MAX_THREADS;
    (void)ask(ON " vCont;c");
    for (unsigned tid = RSP_MAX_THREADS; tid > 0; tid--)
        step_ends(tid);
    cr_expect(
        eq(int, strncmp(wire_take(&session), "[%Stop:T05thread:100;", 20), 0));
    for (unsigned tid = RSP_MAX_THREADS - 1; tid > 0; tid--) {
        char expect[32];

        (void)snprintf(expect, sizeof expect, "T05thread:%x;", tid);
        cr_expect(eq(int, strncmp(ask("vStopped"), expect, strlen(expect)), 0),
                  "%s", expect);
    }
    EXPECT_REPLY("vStopped", "OK");
}

/* --- the queue --- */

Test(nonstop, a_second_stop_before_vStopped_waits_in_the_queue)
{
    both_run();
    step_ends(2);
    EXPECT_TAKEN("[%Stop:T05" T_2 "]");
    stop_as(1, RSP_STOP_SIGNAL, RSP_SIGSEGV);
    EXPECT_TAKEN("");
    EXPECT_REPLY("vStopped", "T0b" T_1);
    EXPECT_REPLY("vStopped", "OK");
    EXPECT_REPLY("vStopped", "OK");
}

Test(nonstop, a_stop_after_the_last_vStopped_is_another_notification)
{
    both_run();
    step_ends(1);
    EXPECT_TAKEN("[%Stop:T05" T_1 "]");
    EXPECT_REPLY("vStopped", "OK");
    step_ends(2);
    EXPECT_TAKEN("[%Stop:T05" T_2 "]");
    EXPECT_REPLY("vStopped", "OK");
}

Test(nonstop, other_packets_may_come_before_vStopped)
{
    both_run();
    step_ends(1);
    step_ends(2);
    (void)wire_take(&session);
    EXPECT_REPLY("m1000,1", "00");
    EXPECT_REPLY("vStopped", "T05" T_2);
    EXPECT_REPLY("m1000,1", "00");
    EXPECT_REPLY("vStopped", "OK");
}

Test(nonstop, a_thread_that_stands_does_not_stop_again)
{
    begin(FAKE_SMP2, ON " vCont;c:2");
    step_ends(1);
    EXPECT_TAKEN("");
    step_ends(2);
    stop_as(2, RSP_STOP_SIGNAL, RSP_SIGSEGV);
    EXPECT_TAKEN("[%Stop:T05" T_2 "]");
    EXPECT_REPLY("vStopped", "OK");
}

Test(nonstop, stops_of_threads_that_there_are_not_are_dropped)
{
    both_run();
    step_ends(0);
    step_ends(3);
    step_ends(RSP_MAX_THREADS + 1);
    EXPECT_TAKEN("");
    EXPECT_REPLY("vStopped", "OK");
}

/* The words would be an O packet, of which there are none. */
Test(nonstop, neither_words_nor_console_text_are_sent)
{
    const struct rsp_stop stop = {
        .kind = RSP_STOP_SIGNAL, .tid = 1, .signal = 11, .text = "Hi"};

    both_run();
    cr_expect(eq(int, rsp_console(&session, "x", 1), -EAGAIN));
    rsp_stopped(&session, &stop);
    EXPECT_TAKEN("[%Stop:T0b" T_1 "]");
}
