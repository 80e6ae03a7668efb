/* SPDX-License-Identifier: MIT */
/* What is answered when the target cannot, or is not as it was. */
#include <errno.h>

#include "rsp/session.h"
#include "tests/unit/rsp/bench.h"

/* clang-format off */
/* What comes of it when the target says -EIO (05) to everything. */
static const struct failure {
    const char *send, *expect;
} failures[] = {
    {"?", "E05"}, {"g", "E05"}, {"p0", "E05"}, {"P3=deadbeef", "E05"},
    {"G" ALL_1, "E05"}, {"c", "E05"}, {"c1234", "E05"}, {"vCont;s:1", "E05"},
    {"D", "E05"}, {"vKill;1", "E05"}, {"qThreadExtraInfo,1", "E05"},
    {"qSearch:memory:1000;10;a", "E05"}, {"qMemoryRegionInfo:0", "E05"}, {"qHostInfo", "E05"}, {"vRun;", "E05"},
    {"qProcessInfo", "E05"}, {"qWatchpointSupportInfo:", "E05"}, {"R00", ""},
    {"qXfer:memory-map:read::0,1000",
     "l<?xml version=\"1.0\"?><memory-map>"
     "<memory type=\"ram\" start=\"0x0\" length=\"0x0\"/></memory-map>"},
    {"qXfer:threads:read::0,1000",
     "l<?xml version=\"1.0\"?><threads><thread id=\"1\"/></threads>"},
};
/* clang-format on */

Test(session, failures_of_the_target)
{
    for (size_t i = 0; i < COUNT(failures); i++) {
        begin(FAKE_FULL, "");
        fake.fail = -EIO;
        cr_expect(eq(str, str(ask(failures[i].send)), str(failures[i].expect)),
                  "%s", failures[i].send);
        cr_expect(eq(int, (int)rsp_state(&session), RSP_STOPPED));
    }
    begin(FAKE_FULL, "! D;1");
    fake.fail = -ESRCH;
    cr_expect(eq(str, str(ask("vAttach;1")), str("E03")));
    cr_expect(eq(str, str(ask("?")), str("W00")));
}

Test(session, a_search_that_takes_too_long)
{
    begin(FAKE_FULL, "");
    fake.fail = -ETIME;
    cr_expect(
        eq(str, str(ask("qSearch:memory:1234;100;a")),
           str("nothing before 0x1234, and no more time: go on from there")));
}

Test(session, addresses_are_virtual_for_the_next_client)
{
    begin(FAKE_FULL, "Qqemu.PhyMemMode:1");
    rsp_connect(&session, false);
    cr_expect(eq(str, str(ask("m42,2")), str("E0e")));
    cr_expect(eq(str, str(ask("qqemu.PhyMemMode")), str("0")));
}

Test(session, too_many_registers_for_a_packet_is_an_error)
{
    static struct rsp_reg regs[RSP_PACKET_MAX / RSP_REG_MAX_BYTES + 1];
    static const struct rsp_feature feature = {"f", NULL};
    const struct rsp_desc desc = {.features = &feature,
                                  .n_features = 1,
                                  .regs = regs,
                                  .n_regs = COUNT(regs)};

    begin(FAKE_FULL, "QStartNoAckMode");
    for (size_t i = 0; i < COUNT(regs); i++)
        regs[i] = (struct rsp_reg){"r", "t", "f", NULL, 512, FAKE_HIDDEN, 0};
    session.desc = &desc;
    cr_expect(eq(str, str(ask("g")), str("E5a")));
    cr_expect(eq(str, str(ask("qC")), str("QC1")));
}
