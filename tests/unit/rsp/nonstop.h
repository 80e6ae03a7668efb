/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_RSP_NONSTOP_H
#define TESTS_UNIT_RSP_NONSTOP_H

/* What the tests of non-stop mode have in common. */

#include "rsp/session.h"
#include "tests/unit/rsp/bench.h"

#define ON "QStartNoAckMode QNonStop:1"

/* What follows the thread in a stop reply: see fake_target.c. */
#define REGS_1 "01:1011121314151617;02:2021222324252627;"
#define REGS_2 "01:2021222324252627;02:3031323334353637;"
#define REGS_3 "01:3031323334353637;02:4041424344454647;"
#define T_1    "thread:1;" REGS_1
#define T_2    "thread:2;" REGS_2
#define T_3    "thread:3;" REGS_3

#define EXPECT_TAKEN(text)                                                     \
    cr_expect(eq(str, str(wire_take(&session)), str(text)))
#define EXPECT_REPLY(packets, text)                                            \
    cr_expect(eq(str, str(ask(packets)), str(text)), "%s", packets)

static inline void stop_as(unsigned tid, enum rsp_stop_kind kind,
                           uint8_t signal)
{
    const struct rsp_stop stop = {.kind = kind, .tid = tid, .signal = signal};

    rsp_stopped(&session, &stop);
}

static inline void step_ends(unsigned tid)
{
    stop_as(tid, RSP_STOP_STEP, 0);
}

/* Both run, and the client knows. */
static inline void both_run(void)
{
    begin(FAKE_SMP2, ON " vCont;c");
    cr_assert(eq(str, str(fake_actions(&fake)), str("cc")));
}

#endif
