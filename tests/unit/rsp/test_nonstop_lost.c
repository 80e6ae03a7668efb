/* SPDX-License-Identifier: MIT */
/*
 * Non-stop mode when something goes wrong: what was sent gets lost, the client
 * goes, the process ends.
 */
#include <string.h>

#include "tests/unit/rsp/nonstop.h"

/* --- lost --- */

/* Nothing more is told until the client asks, and then nothing is missing. */
Test(nonstop_lost, a_notification_that_got_lost_is_made_good_by_a_query)
{
    both_run();
    step_ends(2);
    (void)wire_take(&session); /* lost */
    step_ends(1);
    EXPECT_TAKEN("");
    EXPECT_REPLY("?", "T05" T_1);
    EXPECT_REPLY("vStopped", "T05" T_2);
    EXPECT_REPLY("vStopped", "OK");
    /* Nor does it matter whether they were told. */
    EXPECT_REPLY("?", "T05" T_1);
    EXPECT_REPLY("vStopped", "T05" T_2);
    EXPECT_REPLY("vStopped", "OK");
}

Test(nonstop_lost, a_stop_during_the_answer_to_a_query_waits)
{
    begin(FAKE_SMP2, ON " vCont;c:2");
    EXPECT_REPLY("?", "T05" T_1);
    step_ends(2);
    EXPECT_TAKEN("");
    EXPECT_REPLY("vStopped", "T05" T_2);
    EXPECT_REPLY("vStopped", "OK");
}

Test(nonstop_lost, a_query_while_all_run)
{
    both_run();
    EXPECT_REPLY("?", "OK");
    step_ends(1);
    EXPECT_TAKEN("[%Stop:T05" T_1 "]");
}

/* The client has not got a reply, and asks for it: with acks, still. */
Test(nonstop_lost, a_reply_that_got_lost_is_sent_again)
{
    begin(FAKE_SMP2, "QNonStop:1 vCont;c");
    step_ends(2);
    step_ends(1);
    (void)wire_take(&session);
    EXPECT_REPLY("vStopped", "T05" T_1);
    (void)wire_feed(&session, "-", 1, 1);
    EXPECT_TAKEN("[T05" T_1 "]");
    EXPECT_REPLY("vStopped", "OK");
}

Test(nonstop_lost, a_notification_does_not_keep_a_reply_from_being_sent_again)
{
    begin(FAKE_SMP2, "QNonStop:1");
    EXPECT_REPLY("vCont;c", "OK");
    step_ends(2);
    EXPECT_TAKEN("[%Stop:T05" T_2 "]");
    (void)wire_feed(&session, "-", 1, 1);
    EXPECT_TAKEN("[OK][%Stop:T05" T_2 "]");
    EXPECT_REPLY("vStopped", "OK");
}

/* A reply is begun byte by byte, a notification behind it is whole. */
Test(nonstop_lost, a_slow_client_gets_packets_that_are_whole)
{
    size_t n;

    both_run();
    (void)wire_feed(&session, "$m1000,20#dd", 12, 12);
    (void)rsp_output(&session, &n);
    rsp_sent(&session, n - 5);
    step_ends(1);
    const char *rest = wire_take(&session);
    cr_expect(ne(ptr, strstr(rest, "][%Stop:T05" T_1 "]"), NULL), "%s", rest);
}

Test(nonstop_lost, a_client_that_vanishes_takes_the_mode_with_it)
{
    both_run();
    step_ends(2);
    EXPECT_TAKEN("[%Stop:T05" T_2 "]");
    step_ends(1);
    rsp_connect(&session, false);
    cr_expect(not(fake.nonstop));
    EXPECT_REPLY("QStartNoAckMode vStopped", "OK");
    EXPECT_REPLY("?", "T05" T_1);
    EXPECT_REPLY("vCont;c", "");
    step_ends(2);
    EXPECT_TAKEN("[T05" T_2 "]");
}

Test(nonstop_lost, the_next_client_finds_what_still_runs)
{
    both_run();
    step_ends(2);
    rsp_connect(&session, true);
    EXPECT_REPLY("QStartNoAckMode", "OK");
    EXPECT_REPLY("?", "");
    stop_as(1, RSP_STOP_SIGNAL, RSP_SIGINT);
    EXPECT_TAKEN("[T02" T_1 "]");
}

static const char *const garbage[] = {
    "QNonStop",    "QNonStop:",  "QNonStop:2",  "QNonStop:10", "QNonStop;1",
    "QNonStop:1;", "QNonStop:x", "vStopped:",   "vStopped;1",  "vStopped,",
    "vCont;t:",    "vCont;t;",   "vCont;t:1;x", "vCont;t1",    "?1",
};

Test(nonstop_lost, garbage_is_refused_and_changes_nothing)
{
    for (size_t i = 0; i < COUNT(garbage); i++) {
        both_run();
        step_ends(2);
        step_ends(1);
        EXPECT_TAKEN("[%Stop:T05" T_2 "]");
        EXPECT_REPLY(garbage[i], "E16");
        EXPECT_REPLY("vStopped", "T05" T_1);
        EXPECT_REPLY("vStopped", "OK");
        cr_expect(fake.nonstop);
    }
    both_run();
    EXPECT_REPLY("vCont;t:3", "E03");
    EXPECT_REPLY("vCont;t:1;c:3", "E03");
    cr_expect(eq(chr, fake.stopping[0], '-'));
}

/* --- the end, and the next life --- */

Test(nonstop_lost, the_end_is_everybodys)
{
    begin(FAKE_SMP2, "! QStartNoAckMode QNonStop:1 vCont;c");
    step_ends(2);
    EXPECT_TAKEN("[%Stop:T05" T_2 "]");
    step_ends(1);
    stop_as(1, RSP_STOP_EXITED, 0);
    step_ends(1);
    EXPECT_TAKEN(""); /* the client has not asked yet, and would not listen */
    EXPECT_REPLY("vStopped", "W00");
    EXPECT_REPLY("?", "W00");
    EXPECT_REPLY("vStopped", "OK");
    EXPECT_REPLY("?", "OK");
    EXPECT_REPLY("vCont;c", "E03");
    cr_expect(eq(int, (int)rsp_state(&session), RSP_STOPPED));
}

Test(nonstop_lost, the_end_is_a_notification_of_its_own)
{
    begin(FAKE_SMP2, "! QStartNoAckMode QNonStop:1 vCont;c");
    stop_as(1, RSP_STOP_KILLED, RSP_SIGKILL);
    EXPECT_TAKEN("[%Stop:X09]");
    EXPECT_REPLY("vStopped", "OK");
}

Test(nonstop_lost, a_process_ends_once)
{
    begin(FAKE_SMP2, "! QStartNoAckMode QNonStop:1 vCont;c");
    stop_as(1, RSP_STOP_EXITED, 0);
    EXPECT_TAKEN("[%Stop:W00]");
    stop_as(1, RSP_STOP_KILLED, RSP_SIGKILL);
    EXPECT_REPLY("vStopped", "OK");
    stop_as(1, RSP_STOP_KILLED, RSP_SIGKILL);
    EXPECT_TAKEN("");
}

/* What was told of it is past, but the client still asks for the next. */
Test(nonstop_lost, the_process_is_run_anew_before_its_end_was_acknowledged)
{
    begin(FAKE_SMP2, "! QStartNoAckMode QNonStop:1 vCont;c");
    stop_as(1, RSP_STOP_EXITED, 0);
    EXPECT_TAKEN("[%Stop:W00]");
    EXPECT_REPLY("vRun;", "T05" T_1);
    EXPECT_REPLY("vStopped", "T00" T_2);
    EXPECT_REPLY("vStopped", "OK");
}

Test(nonstop_lost, a_process_that_was_run_anew_has_no_end)
{
    begin(FAKE_SMP2, "! QStartNoAckMode QNonStop:1 vCont;c");
    step_ends(1);
    EXPECT_TAKEN("[%Stop:T05" T_1 "]");
    stop_as(1, RSP_STOP_EXITED, 0);
    EXPECT_REPLY("vRun;", "T05" T_1);
    EXPECT_REPLY("vStopped", "T00" T_2);
    EXPECT_REPLY("vStopped", "OK");
}

Test(nonstop_lost, a_thread_that_a_reply_tells_of_is_acknowledged_once)
{
    begin(FAKE_SMP2, "! QStartNoAckMode QNonStop:1 vCont;c");
    step_ends(1);
    EXPECT_TAKEN("[%Stop:T05" T_1 "]");
    step_ends(2);
    EXPECT_REPLY("vRun;", "T05" T_1);
    EXPECT_REPLY("vStopped", "T00" T_2);
    EXPECT_REPLY("vStopped", "OK");
    EXPECT_REPLY("vStopped", "OK");
}

Test(nonstop_lost, a_killed_process_leaves_nothing_to_acknowledge)
{
    begin(FAKE_SMP2, "! QStartNoAckMode QNonStop:1 vCont;c");
    step_ends(1);
    step_ends(2);
    EXPECT_TAKEN("[%Stop:T05" T_1 "]");
    EXPECT_REPLY("vKill;1", "OK");
    EXPECT_REPLY("vStopped", "OK");
    EXPECT_REPLY("vRun;", "[T05" T_1 "][%Stop:T00" T_2 "]");
}

Test(nonstop_lost, a_queue_is_not_told_in_all_stop_mode)
{
    both_run();
    step_ends(1);
    step_ends(2);
    (void)wire_take(&session);
    EXPECT_REPLY("QNonStop:0", "OK");
    EXPECT_REPLY("vStopped", "OK");
    EXPECT_REPLY("QNonStop:1", "OK");
    EXPECT_REPLY("?", "T05" T_1);
    EXPECT_REPLY("vStopped", "T00" T_2);
}

Test(nonstop_lost, a_killed_process_stops_no_more)
{
    begin(FAKE_SMP2, "! QStartNoAckMode QNonStop:1 vCont;c");
    EXPECT_REPLY("vKill;1", "OK");
    step_ends(1);
    EXPECT_TAKEN("");
    EXPECT_REPLY("?", "OK");
}

Test(nonstop_lost, a_process_is_not_run_anew_while_it_runs)
{
    both_run();
    EXPECT_REPLY("vRun;", "E10");
    cr_expect(eq(uint, fake.restarts, 0));
}

/* vRun is answered by a stop, the other threads are told of. */
Test(nonstop_lost, a_process_that_is_run_anew_stands)
{
    begin(FAKE_SMP2, "! QStartNoAckMode QNonStop:1 vCont;c vKill;1");
    EXPECT_REPLY("vRun;", "[T05" T_1 "][%Stop:T00" T_2 "]");
    EXPECT_REPLY("vStopped", "OK");
    EXPECT_REPLY("vCont;c", "OK");
    cr_expect(eq(str, str(fake_actions(&fake)), str("cc")));
}

/* vAttach is answered by OK, all threads are told of. */
Test(nonstop_lost, a_process_that_is_attached_to_stands)
{
    begin(FAKE_SMP2, "! QStartNoAckMode QNonStop:1 vCont;c D;1");
    EXPECT_REPLY("vAttach;1", "[OK][%Stop:T00" T_1 "]");
    EXPECT_REPLY("vStopped", "T00" T_2);
    EXPECT_REPLY("vStopped", "OK");
}

Test(nonstop_lost, a_reset_is_told_to_a_client_that_thinks_they_run)
{
    begin(FAKE_SMP2, "");
    fake.n_threads = 3;
    (void)ask(ON " vCont;c:2;c:3");
    step_ends(3);
    EXPECT_TAKEN("[%Stop:T05" T_3 "]");
    rsp_restarted(&session);
    EXPECT_REPLY("vStopped", "T00" T_2);
    EXPECT_REPLY("vStopped", "OK");
}
