/* SPDX-License-Identifier: MIT */
/* Clients come and leave, in each state, by each policy; restarts. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "rsp/session.h"
#include "stub/engine/engine.h"
#include "stub/front/clients.h"
#include "stub/front/gdb.h"
#include "stub/log.h"
#include "tests/support/fake_stderr.h"
#include "tests/unit/front/fixture.h"

#define LOOP "\x01\x00\x20\x00\x02\x01\x20\x03\x00\x30"

/* How the client leaves, from which state. */
enum way { DETACHES, IS_LOST };

struct row {
    const char *label;
    enum way way;
    enum when_gone policy;
    bool runs, has_ended; /* the guest then */
    bool goes_on;         /* and afterwards */
    enum ending_kind ending;
};

static const struct row rows[] = {
    {"detach, run", DETACHES, GONE_RUN, false, false, true, ENDING_NONE},
    {"detach, stop", DETACHES, GONE_STOP, false, false, false, ENDING_NONE},
    {"detach, exit", DETACHES, GONE_EXIT, false, false, false, ENDING_LEFT},
    {"lost, run", IS_LOST, GONE_RUN, false, false, true, ENDING_NONE},
    {"lost, stop", IS_LOST, GONE_STOP, false, false, false, ENDING_NONE},
    {"lost, exit", IS_LOST, GONE_EXIT, false, false, false, ENDING_LEFT},
    {"lost running, run", IS_LOST, GONE_RUN, true, false, true, ENDING_NONE},
    {"lost running, stop", IS_LOST, GONE_STOP, true, false, false, ENDING_NONE},
    {"lost running, exit", IS_LOST, GONE_EXIT, true, false, false, ENDING_LEFT},
    {"lost at the end", IS_LOST, GONE_RUN, false, true, false, ENDING_EXITED},
};

static void leave(const struct row *row)
{
    if (row->way == DETACHES) {
        expect_said("D", talk("D"), "OK");
        debugger_lost(&d);
    } else {
        debugger_lost(&d);
    }
}

Test(clients, leave)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];

        begin(2);
        (void)talk("!"); /* so that the end of the guest is not that of all */
        CODE_AT(CODE, LOOP);
        d.on_detach = d.on_disconnect = row->policy;
        (void)talk("Z0,3080,1");
        if (row->has_ended)
            CODE_AT(CODE, "\xfe\x2a");
        if (row->runs || row->has_ended)
            (void)talk("vCont;c");
        cr_expect(eq(int, d.engine.running, row->runs), "%s", row->label);
        leave(row);
        cr_expect(eq(int, d.engine.running, row->goes_on), "%s", row->label);
        cr_expect(eq(int, d.ending.kind, row->ending), "%s", row->label);
        cr_expect(zero(sz, d.engine.points.n), "%s", row->label);
        cr_expect(not(d.engine.attended), "%s", row->label);
        end();
    }
}

/* What the next client is told. */
Test(clients, the_next_one)
{
    begin(1);
    CODE_AT(CODE, LOOP);
    d.on_disconnect = GONE_STOP;
    (void)talk("vCont;s:1");
    debugger_lost(&d);
    debugger_connect(&d);
    cr_expect(not(d.session.no_ack), "acks are due again");
    (void)talk("QStartNoAckMode");
    expect_said("?", talk("?"), "T05thread:1;02:0330000000000000;");
    end();

    begin(1);
    CODE_AT(CODE, LOOP);
    d.on_disconnect = GONE_RUN;
    debugger_lost(&d);
    (void)go_on();
    cr_expect(d.engine.running);
    debugger_connect(&d);
    (void)talk("QStartNoAckMode");
    cr_expect(not(d.engine.running));
    expect_said("?", talk("?"), "T02thread:1;02:*");
    end();
}

/* One that cannot go on ends the program, if that is wished, when nobody is
 * there to look. */
Test(clients, trouble_with_nobody_there)
{
    for (unsigned wished = 0; wished < 2; wished++) {
        begin_without_client(1);
        CODE_AT(CODE, "\x00\x99");
        d.on_stop = wished ? STOPPED_EXIT : STOPPED_WAIT;
        debugger_start(&d);
        hear();
        (void)go_on();
        expect_said("console", heard(),
                    wished ? "kvmgdbstub: event 7 of vCPU 0\n"
                           : "kvmgdbstub: event 7 of vCPU 0; waiting for a "
                             "debugger\n");
        cr_expect(d.in_trouble);
        cr_expect(eq(int, debugger_finished(&d), (int)wished));
        cr_expect(
            eq(int, d.ending.kind, wished ? ENDING_STOPPED : ENDING_NONE));
        cr_expect(strcmp(d.trouble, "event 7 of vCPU 0") == 0);
        end();
    }
}

/* Somebody looks: the end comes when that one leaves. */
Test(clients, trouble_with_somebody_there)
{
    begin(1);
    CODE_AT(CODE, "\x00\x99");
    d.on_stop = STOPPED_EXIT;
    d.on_disconnect = GONE_STOP;
    hear();
    (void)talk("vCont;c");
    expect_said("console", heard(), "kvmgdbstub: event 7 of vCPU 0\n");
    cr_expect(not(debugger_finished(&d)));
    debugger_lost(&d);
    cr_expect(eq(int, d.ending.kind, ENDING_STOPPED));
    end();
}

/* A halt that may end is told once, to the client and on the console. */
Test(clients, a_halt)
{
    begin(1);
    CODE_AT(CODE, "\x05\x01\xf4");
    expect_said("vCont;c", talk("vCont;c"),
                "O6576656e742033206f66207643505520300a");
    cr_expect(d.engine.running);
    expect_said("Ctrl-C", interrupt(), "T02thread:1;02:0330000000000000;");
    end();
}

Test(clients, kill)
{
    static const struct {
        enum when_killed policy;
        bool extended;
        enum ending_kind ending;
        uint64_t pc;
    } kills[] = {
        {KILLED_AUTO, false, ENDING_KILLED, CODE + 3},
        {KILLED_AUTO, true, ENDING_NONE, CODE},
        {KILLED_EXIT, true, ENDING_KILLED, CODE + 3},
        {KILLED_RESET, false, ENDING_NONE, CODE},
        {KILLED_DETACH, false, ENDING_NONE, CODE + 3},
    };

    for (size_t i = 0; i < sizeof kills / sizeof kills[0]; i++) {
        begin(1);
        CODE_AT(CODE, LOOP);
        fake_keep(&m);
        d.on_kill = kills[i].policy;
        if (kills[i].extended)
            (void)talk("!");
        (void)talk("vCont;s:1");
        d.on_detach = GONE_STOP;
        expect_said("vKill;1", talk("vKill;1"), "OK");
        cr_expect(eq(int, d.ending.kind, kills[i].ending), "row %zu", i);
        cr_expect(zero(int, ending_status(&d.ending)), "row %zu", i);
        cr_expect(eq(u64, m.arch[0].pc, kills[i].pc), "row %zu", i);
        cr_expect(not(d.engine.attended), "row %zu", i);
        end();
    }
}

Test(clients, another_life)
{
    static const struct exchange lines[] = {
        {"qSupported:error-message+", "PacketSize=*"},
        {"!", "OK"},
        {"vCont;c", "W05"},
        {"vAttach;1", "E.the guest has ended: `run` starts it anew"},
        {"vRun;", "T05thread:1;02:0030000000000000;"},
        {"vCont;s:1", "T05thread:1;02:0130000000000000;"},
        {"D", "OK"},
        {"vAttach;1", "T05thread:1;02:0130000000000000;"},
        {"R00", ""},
        {"?", "T05thread:1;02:0030000000000000;"},
    };

    begin(1);
    CODE_AT(CODE, "\x00\xfe\x05");
    fake_keep(&m);
    d.on_detach = GONE_STOP;
    CONVERSE(lines);
    cr_expect(not(debugger_finished(&d)), "the client was there all the time");
    end();
}

/* The last bytes of a download are no breakpoint; behind a restart there has
 * been none. */
Test(clients, a_download_before_a_restart)
{
    static const struct exchange lines[] = {
        {"qSupported:swbreak+", "PacketSize=*"},
        {"M3000,2:0000", "OK"},
        {"R00", ""},
        {"M3002,1:cc", "OK"},
        {"vCont;c", "T05swbreak:;thread:1;02:0230000000000000;"},
    };

    begin(1);
    fake_keep(&m);
    (void)talk("!");
    CONVERSE(lines);
    end();
}

Test(clients, another_life_that_fails)
{
    static const struct exchange lines[] = {
        {"qSupported:error-message+", "PacketSize=*"},
        {"!", "OK"},
        {"vRun;", "E.it does not start"},
        {"p2", "0030000000000000"},
    };

    begin(1);
    fake_keep(&m);
    m.fail_in = 1;
    CONVERSE(lines);
    m.fail_in = 1;
    expect_said("reset", monitor("reset"), "it does not start\n");
    d.on_kill = KILLED_RESET;
    m.fail_in = 1;
    expect_said("vKill;1", talk("vKill;1"), "E.it does not start");
    cr_expect(d.engine.attended);
    end();
}

/* What happens to the guest if nobody has said anything else. */
Test(clients, leave_as_they_do_by_default)
{
    begin(1);
    CODE_AT(CODE, LOOP);
    (void)talk("vCont;c");
    debugger_lost(&d);
    cr_expect(not(d.engine.running), "it waits for who comes again");
    debugger_connect(&d);
    (void)talk("QStartNoAckMode");
    expect_said("D", talk("D"), "OK");
    cr_expect(d.engine.running);
    end();
}

/* Which registers there are is asked of each vCPU anew. */
Test(clients, described_anew)
{
    begin(3);
    (void)talk("!");
    null_cpu.described = 0;
    expect_said("vRun", talk("vRun;"), "T05*");
    cr_expect(eq(u32, null_cpu.described, 7));
    end();
}

/* --trace=run, of who goes on and how. */
Test(clients, traced)
{
    const char *said;

    begin(2);
    CODE_AT(CODE, LOOP);
    m.arch[1].pc = PRIVATE;
    cr_assert(log_enable("run"));
    hear();
    (void)talk("vCont;s:2");
    said = heard();
    cr_expect(strstr(said, "thread 1 goes on in way 0 from 0x3000\n") &&
                  strstr(said, "thread 2 goes on in way 2 from 0x4000\n"),
              "%s", said);
    end();
}
