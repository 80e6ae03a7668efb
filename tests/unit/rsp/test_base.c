/* SPDX-License-Identifier: MIT */
/*
 * GDB's own layout, for a client that has not read the description: g and G
 * are short, and numbers are the same before and after.
 */
#include "rsp/session.h"
#include "tests/unit/rsp/bench.h"

#define READ  "qXfer:features:read:target.xml:0,9"
#define A     "0001020304050607"
#define SP    "1011121314151617"
#define PC    "2021222324252627"
#define FLAGS "30313233"
#define ST    "40414243444546474849"
#define OTHER "ffeeddccbbaa9988"

/* clang-format off */
static const struct {
    const char *label, *hello, *send, *expect;
} rows[] = {
    {"g",                    "",    "g",       A SP PC},
    {"g, read",              READ,  "g",       A SP PC FLAGS ST "xxxx"},
    {"G",                    "",    "G" OTHER SP PC " g", OTHER SP PC},
    {"G: long",              "",    "G" OTHER SP PC FLAGS ST "xxxx", "E16"},
    {"G, read: short",       READ,  "G" OTHER SP PC, "E16"},
    {"base",                 "",    "p2",      PC},
    {"foreign",              "",    "p3",      "xxxx"},
    {"last foreign",         "",    "p4",      "xxxx"},
    {"behind foreign",       "",    "p5",      FLAGS},
    {"last",                 "",    "p7",      "xxxx"},
    {"beyond",               "",    "p8",      "E16"},
    {"far beyond",           "",    "pffffffffffffffff", "E16"},
    {"foreign: malformed",   "",    "p3,",     "E16"},
    {"foreign: write",       "",    "P3=0000", "E16"},
    {"foreign: no system call", "", "P3=ffff", "OK"},
    {"foreign: of that, half", "",  "P3=fff0", "E16"},
    {"foreign: too long",    "",    "P3=ffffff", "E16"},
    {"foreign: nothing",     "",    "P3=",     "E16"},
    {"foreign: no value",    "",    "P3",      "E16"},
    {"last foreign: write",  "",    "P4=ffff", "E16"},
    {"foreign, read: write", READ,  "P3=ffff", "E16"},
    {"behind foreign: write", "",   "P5=44556677 p5", "44556677"},
    {"base, read",           READ,  "p2",      PC},
    {"foreign, read",        READ,  "p3",      "E16"},
    {"behind foreign, read", READ,  "p5",      FLAGS},
    {"expedited",            "",    "?",
     "T05thread:1;01:" SP ";02:" PC ";"},
    {"target.xml",           "",    "qXfer:features:read:target.xml:0,1000",
     "l<target version=\"1.0\"><architecture>test4</architecture>"
     "<osabi>none</osabi>"
     "<feature name=\"test.core\"><flags id=\"my_flags\" size=\"4\">"
     "<field name=\"C\" start=\"0\" end=\"0\"/></flags>"
     "<reg name=\"a\" bitsize=\"64\" type=\"int64\" group=\"general\"/>\n"
     "<reg name=\"sp\" bitsize=\"64\" type=\"data_ptr\" group=\"general\"/>\n"
     "<reg name=\"pc\" bitsize=\"64\" type=\"code_ptr\"/>\n"
     "<reg name=\"flags\" bitsize=\"32\" type=\"my_flags\" regnum=\"5\"/>\n"
     "</feature>\n<feature name=\"test.extra\">"
     "<reg name=\"st\" bitsize=\"80\" type=\"i387_ext\" group=\"float\" save-restore=\"no\"/>\n"
     "<reg name=\"hidden\" bitsize=\"16\" type=\"int16\" group=\"system\"/>\n"
     "</feature>\n</target>"},
};
/* clang-format on */

static void begin_with_base(const char *hello)
{
    begin(FAKE_FULL, "");
    fake.mode = FAKE_YIELDS;
    rsp_connect(&session, false);
    (void)ask(hello);
}

Test(base, rows)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        begin_with_base(rows[i].hello);
        cr_expect(eq(str, str(ask(rows[i].send)), str(rows[i].expect)), "%s",
                  rows[i].label);
    }
}

/* A client that found the target running knew no layout yet; one that found it
 * stopped keeps the one of then. */
Test(base, is_that_of_the_first_stop)
{
    const struct rsp_stop stop = {.kind = RSP_STOP_STEP, .tid = 1};

    begin(FAKE_FULL, "");
    rsp_connect(&session, true);
    (void)ask("?");
    fake.mode = FAKE_YIELDS;
    rsp_stopped(&session, &stop);
    (void)wire_take(&session);
    cr_expect(eq(str, str(ask("g")), str(A SP PC)));
    fake.mode = 0;
    cr_expect(eq(str, str(ask("? g")), str(A SP PC)));
}
