/* SPDX-License-Identifier: MIT */
/*
 * What may follow a Z packet: conditions and commands, for a target that takes
 * them. What a target is asked for is what the packet says.
 */
#include <string.h>

#include "rsp/session.h"
#include "tests/unit/rsp/bench.h"

/* clang-format off */
static const struct {
    const char *label, *packet, *conditions, *commands;
    bool persist;
} taken[] = {
    {"plain",               "Z0,1000,1",                         "-",          "-", false},
    {"a condition",         "Z0,1000,1;X3,220127",               "X3,220127",  "-", false},
    {"GDB's way",           "Z1,1000,1;X3,220127X1,27",          "X3,220127X1,27", "-", false},
    {"with a separator",    "Z0,1000,1;X3,220127;X1,27",         "X3,220127;X1,27", "-", false},
    {"sixteen bytes",       "Z0,1000,1;X10,00112233445566778899aAbBcCdDeEfF",
                            "X10,00112233445566778899aAbBcCdDeEfF", "-", false},
    {"commands",            "Z0,1000,1;cmds:0,X2,3427",          "-", "X2,3427", false},
    {"two, for ever",       "Z0,1000,1;cmds:1,X2,3427X1,27",     "-", "X2,3427X1,27", true},
    {"both",                "Z0,1000,1;X1,27;cmds:1,X2,3427",    "X1,27", "X2,3427", true},
    {"a watchpoint",        "Z2,1000,8;X1,27",                   "X1,27", "-", false},
};

static const char *const refused[] = {
    "Z0,1000,1;",                "Z0,1000,1;;",             "Z0,1000,1;X",
    "Z0,1000,1;X3",              "Z0,1000,1;X3,",           "Z0,1000,1;X3,2201",
    "Z0,1000,1;X3,22012",        "Z0,1000,1;X3,2201277",    "Z0,1000,1;X3,22012g",
    "Z0,1000,1;X0,",             "Z0,1000,1;X,27",          "Z0,1000,1;X1,27;",
    "Z0,1000,1;X1,27X",          "Z0,1000,1X1,27",          "Z0,1000,1;x1,27",
    "Z0,1000,1;Xffffffffffffffff,27", "Z0,1000,1;X8000000000000000,27",
    "Z0,1000,1;X7fffffffffffffff,", "Z0,1000,1;X11111111111111111,27",
    "Z0,1000,1;cmds",            "Z0,1000,1;cmds:",         "Z0,1000,1;cmds:0",
    "Z0,1000,1;cmds:0,",         "Z0,1000,1;cmds:X1,27",    "Z0,1000,1;cmds:0X1,27",
    "Z0,1000,1;cmds:0,X1,27;X1,27;", "Z0,1000,1;cmds:0,X1,27;cmds:0,X1,27",
    "Z0,1000,1;cmds:0,27",       "Z0,1000;X1,27",           "Z0,1000,1;nonsense",
    "z0,1000,1;X1,27",           "z0,1000,1;cmds:0,X1,27",
};
/* clang-format on */

Test(breaks, expressions_reach_the_target_as_they_came)
{
    for (size_t i = 0; i < COUNT(taken); i++) {
        begin(FAKE_SMP2, "");
        cr_expect(eq(str, str(ask(taken[i].packet)), str("OK")), "%s",
                  taken[i].label);
        cr_expect(eq(str, fake.conditions, str(taken[i].conditions)), "%s",
                  taken[i].label);
        cr_expect(eq(str, fake.commands, str(taken[i].commands)), "%s",
                  taken[i].label);
        cr_expect(eq(int, fake.persist, taken[i].persist), "%s",
                  taken[i].label);
        cr_expect(eq(u64, fake.point[0].addr, 0x1000), "%s", taken[i].label);
    }
}

Test(breaks, expressions_replace_those_that_were_there)
{
    begin(FAKE_SMP2, "Z0,1000,1;X1,27;cmds:1,X1,27");
    cr_expect(eq(str, str(ask("Z0,1000,1;X2,2227")), str("OK")));
    cr_expect(eq(str, fake.conditions, str("X2,2227")));
    cr_expect(eq(str, fake.commands, str("-")));
    cr_expect(not(fake.persist));
    cr_expect(eq(uint, fake_points(&fake), 1));
    cr_expect(eq(str, str(ask("z0,1000,1")), str("OK")));
    cr_expect(eq(uint, fake_points(&fake), 0));
}

Test(breaks, malformed_expressions_insert_and_remove_nothing)
{
    for (size_t i = 0; i < COUNT(refused); i++) {
        begin(FAKE_SMP2, "Z0,1000,1");
        (void)ask("Z1,2000,1;X1,28");
        cr_expect(eq(str, str(ask(refused[i])), str("E16")), "%s", refused[i]);
        cr_expect(eq(str, fake.conditions, str("X1,28")), "%s", refused[i]);
        cr_expect(eq(uint, fake_points(&fake), 2), "%s", refused[i]);
    }
}

/* Each of them by itself, as a target may have one and not the other. */
Test(breaks, what_the_target_does_not_take_is_refused)
{
    struct rsp_break_ops ops;

    begin(FAKE_SMP2, "");
    ops = *fake.ops.breaks;
    fake.ops.breaks = &ops;
    ops.takes_conditions = false;
    cr_expect(eq(str, str(ask("Z0,1000,1;X1,27")), str("E16")));
    cr_expect(eq(str, str(ask("Z0,1000,1;cmds:0,X1,27")), str("OK")));
    cr_expect(eq(ptr, strstr(ask("qSupported"), "Conditional"), NULL));
    cr_expect(ne(ptr, strstr(ask("qSupported"), "Commands+"), NULL));
    ops.takes_conditions = true;
    ops.takes_commands = false;
    cr_expect(eq(str, str(ask("Z0,1000,1;X1,27")), str("OK")));
    cr_expect(eq(str, str(ask("Z0,1000,1;cmds:0,X1,27")), str("E16")));
    cr_expect(eq(str, str(ask("Z0,1000,1;X1,27;cmds:0,X1,27")), str("E16")));
    cr_expect(eq(ptr, strstr(ask("qSupported"), "Commands+"), NULL));
}
