/* SPDX-License-Identifier: MIT */
/*
 * Refused means unchanged: each packet of the command table, with arguments
 * that do for some of them, to a target in each state. Whoever gets an error
 * finds registers, memory, breakpoints and the session as they were.
 */
#include <errno.h>
#include <string.h>

#include "rsp/commands/table.h"
#include "rsp/handler.h"
#include "rsp/session.h"
#include "tests/unit/rsp/bench.h"

#define SP_PC   "10111213141516172021222324252627"
#define ALL     "7777777777777777" SP_PC "3031323340414243444546474849"
#define EXEC    "qSupported:exec-events+ qXfer:features:read:target.xml:0,9"
#define PATTERN "\x10\x11"

/* clang-format off */
static const char *const arguments[] = {
    "", ":", ";", ",", "?", "0", "1", "9", "-1", "g1", "g9", "gp1.1", "c9",
    "x", "p", ":1", ":9", ";1", ";9", ";1;", ",1", ",9",
    /* registers */
    ALL "0000", ALL "xxx0", ALL "xx", ALL, "xxxxxxxxxxxxxx77" SP_PC,
    "0=7777777777777777", "0=777777777777777x", "0=xxxxxxxxxxxxxxx7", "0=77",
    "5=0000", "99=00", "0=7777777777777777;thread:9;", "0;thread:9;",
    /* memory */
    "1000,4", "1000,4:", "1000,2:ab", "1000,2:0102", "1000,4:0102030",
    "10fff,2:0102", "0,2:0102", "ffffffffffffffff,2:0102", "1000,0",
    ":1000;100;" PATTERN, ":0;100;" PATTERN, ":1000;100;", ":1000",
    /* breakpoints */
    "0,1004,1", "1,1004,1", "2,1004,4", "3,1004,4", "4,1004,4", "5,1004,4",
    "0,1004", "0,1004,1;X1,00", "2,1004,4,",
    /* run control */
    "1234", "1234;", "123456789abcdef01", "05", "05;", "05;1234", "100;1234",
    "05;1234;", ";c", ";c:1", ";c:9", ";s:1;x", ";c;", ";r1000", ";s:1,",
    ";t", ";C", ";C100", ";6", ";6162;6", ";2", "1;2", "2;1", "00", "0 ",
    /* queries */
    ":x+;multiprocess+", ";multiprocess+", ":features:read:target.xml:0,x",
    ":features:read:target.xml:0", ":features:read:none:0,9",
    ":threads:read::fffff,1", ":features:write:target.xml:0:00",
    ",6661696c", ",6", ",6500", ":2", ":x", "::",
};

enum when { STOPPED, FAILING, KILLED, RUNNING, HELD, NONSTOP, WHENS };
static const char *const when_names[WHENS] = {
    [STOPPED] = "stopped", [FAILING] = "failing", [KILLED] = "killed",
    [RUNNING] = "running", [HELD] = "a stop held",
    [NONSTOP] = "one thread runs, one is queued",
};

/* What no argument and no state makes an error. */
static const char *const never_refused[] = {"k"};
/* clang-format on */

static struct fake_target fake_before;
static uint8_t session_before[offsetof(struct rsp_session, rx)];

static void begin_nonstop(void)
{
    const struct rsp_stop stop = {.kind = RSP_STOP_STEP, .tid = 2};

    begin(FAKE_SMP2, "QNonStop:1 vCont;c");
    rsp_stopped(&session, &stop);
    (void)wire_take(&session);
}

static void begin_when(enum when when)
{
    const struct rsp_stop stop = {.kind = RSP_STOP_STEP, .tid = 1};

    begin(FAKE_FULL, when == KILLED ? "! vKill;1" : when == HELD ? EXEC : "");
    if (when == RUNNING || when == HELD)
        (void)ask("c");
    if (when == NONSTOP)
        begin_nonstop();
    if (when == HELD) {
        fake.mode = 1;
        rsp_stopped(&session, &stop);
        (void)wire_take(&session);
    }
    fake.fail = when == FAILING ? -EIO : 0;
    fake_before = fake;
    memcpy(session_before, &session, sizeof session_before);
}

static bool is_refused(const char *reply)
{
    return reply[0] == 'E';
}

/* The text of the error and what was traced are not state. */
static bool target_is_unchanged(void)
{
    fake_before.error = fake.error;
    memcpy(fake_before.traced, fake.traced, sizeof fake.traced);
    memcpy(fake_before.saved, fake.saved, sizeof fake.saved);
    fake_before.describes = fake.describes;
    return memcmp(&fake, &fake_before, sizeof fake) == 0;
}

/* All of it but what came and went. */
static bool session_is_unchanged(void)
{
    return memcmp(&session, session_before, sizeof session_before) == 0;
}

static bool try_packet(const char *name, const char *arg, enum when when)
{
    char packet[256];

    (void)strcat(strcpy(packet, name), arg);
    begin_when(when);
    const char *reply = wire_ask(&session, packet);
    if (!is_refused(reply))
        return false;
    cr_expect(target_is_unchanged(), "%s: %s: the target", when_names[when],
              packet);
    cr_expect(session_is_unchanged(), "%s: %s: the session", when_names[when],
              packet);
    return true;
}

static unsigned try_all(const char *name)
{
    unsigned refused = 0;

    for (size_t i = 0; i < COUNT(arguments); i++)
        for (enum when when = 0; when < WHENS; when++)
            refused += try_packet(name, arguments[i], when);
    return refused;
}

static bool may_be_refused(const char *name)
{
    for (size_t i = 0; i < COUNT(never_refused); i++)
        if (strcmp(never_refused[i], name) == 0)
            return false;
    return true;
}

Test(refused, changes_nothing)
{
    const struct rsp_command *c;

    for (size_t i = 0; (c = command_at(i)); i++) {
        unsigned refused = try_all(c->name);

        cr_expect(eq(int, refused > 0, may_be_refused(c->name)), "%s", c->name);
    }
}
