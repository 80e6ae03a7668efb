/* SPDX-License-Identifier: MIT */
/* `monitor` commands. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "tests/unit/front/fixture.h"

static const struct exchange rows[] = {
    {"nonsense", "unknown command 'nonsense'; monitor help lists them\n"},
    {"  where  ", "vCPU 0 at 0x3000\nvCPU 1 at 0x3000\n"},
    {"where now", "where takes no arguments\n"},
    {"halt", "vCPU 0 at 0x3000\nvCPU 1 at 0x3000\n"},
    {"clock", "0 ns of real time have passed for the guest\n"},
    {"step-irq", "off\n"},
    {"step-irq on", ""},
    {"step-irq", "on\n"},
    {"step-irq maybe", "'maybe' is neither off nor on\n"},
    {"guest-traps", "reflect\n"},
    {"guest-traps stop", ""},
    {"guest-traps", "stop\n"},
    {"follow-mode", "auto\n"},
    {"follow-mode on", ""},
    {"follow-mode", "on\n"},
    {"follow-mode yes", "'yes' is neither auto, on nor off\n"},
    {"follow-mode off", ""},
    {"catch", "no exception is caught\n"},
    {"catch one", "caught: one\n"},
    {"catch two:0x10 zero", "caught: zero one two:0x10\n"},
    {"catch two", "caught: zero one two\n"},
    {"catch nine", "'nine' is no exception: *"},
    {"catch none", "no exception is caught\n"},
    {"catch one:", "'one:' is no exception: try pf, gp, ud, de, df, or pf:2 "
                   "for one error code\nno exception is caught\n"},
    {"catch one:2x", "'one:2x' is no exception: try pf, gp, ud, de, df, or "
                     "pf:2 for one error code\nno exception is caught\n"},
    {"catch none", "no exception is caught\n"},
    {"catch all", "caught: zero one two three four\n"},
    {"catch none one:5", "caught: one:0x5\n"},
    {"breakpoints", "the guest has run without breakpoints\n"},
    {"host", "software breakpoints: trap\nshort watchpoints: debug "
             "registers\nregisters without an ioctl: no\n*"},
    {"info", "there is `info mem`\n"},
    {"info mem", "0000000000000000-0000000000010000 0000000000010000 -rwx\n"
                 "0000000000100000-0000000000110000 0000000000010000 -rwx\n*"},
    {"memsave", "it is `memsave ADDR SIZE FILE`\n"},
    {"memsave 0 x file", "it is `memsave ADDR SIZE FILE`\n"},
    {"pmemsave 0 1", "it is `pmemsave ADDR SIZE FILE`\n"},
    {"memsave 0 0x20000 file", "that is more than the guest's memory\n"},
    {"reset now", "'now' is not halt: a reset guest waits for a resume\n"},
    {"reset halt", "the guest is at its first instruction; *"},
};

Test(monitor, commands)
{
    begin(2);
    fake_keep(&m);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect_said(rows[i].packet, monitor(rows[i].packet), rows[i].reply);
    end();
}

Test(monitor, help)
{
    const char *help;

    begin(1);
    help = monitor("help");
    cr_expect(strstr(help, "catch [pf|gp:CODE|all|none]... stop at these") !=
              NULL);
    cr_expect(strstr(help, "where                the vCPUs' places") != NULL);
    end();
}

/* After a run: what served them. */
Test(monitor, breakpoints)
{
    static const struct exchange lines[] = {
        {"qSupported:swbreak+", "PacketSize=*"},
        {"Z0,3003,1", "OK"},
        {"Z1,3009,1", "OK"},
        {"Z2,2000,1", "OK"},
        {"Z3,2010,4", "OK"},
        {"Z4,90000,1", "OK"},
        {"vCont;c", "T05watch:2000;*"},
    };

    begin(1);
    CODE_AT(CODE, "\x01\x00\x20\x00\x02\x01\x20\x03\x00\x30");
    CONVERSE(lines);
    m.arch[0].own_points = true;
    expect_said("breakpoints", monitor("breakpoints"),
                "when the guest last ran with breakpoints:\n"
                "the guest has breakpoints of its own in debug registers; they "
                "do not work as long as any of these is in one\n"
                "0x3003             software trap\n"
                "0x3009             hardware debug register\n"
                "0x2000             write    debug register\n"
                "0x2010             read     page\n"
                "0x90000            access   pending\n");
    end();
}

/* A caught exception as a client hears of it, and what a write does to it. */
Test(monitor, catch_and_try_again)
{
    static const struct exchange lines[] = {
        {"vCont;c", "[O657863657074696f6e20310a][T0bthread:1;02:"
                    "0030000000000000;]"},
        {"M3000,2:0000", "OK"},
        {"vCont;c", "W07"},
    };

    begin(1);
    CODE_AT(CODE, "\x07\x01\xfe\x07");    /* RAISE 1; END 7 */
    CODE_AT(PRIVATE, "\x01\x00\x20\x08"); /* INC; BACK */
    CODE_AT(NULL_HANDLERS + 2, "\x00\x40");
    expect_said("catch", monitor("catch one"), "caught: one\n");
    CONVERSE(lines);
    cr_expect(zero(u8, *fake_byte(&m, COUNTERS)));
    end();
}

/* What is refused leaves the exception to be delivered; so does a read. */
Test(monitor, catch_and_go_on)
{
    static const struct exchange lines[] = {
        {"vCont;c", "[O657863657074696f6e20310a][T0bthread:1;02:"
                    "0030000000000000;]"},
        {"m3000,2", "0701"},
        {"G00000000010000000000", "E*"},
        {"vCont;c", "W07"},
    };

    begin(1);
    CODE_AT(CODE, "\x07\x01\xfe\x07");
    CODE_AT(PRIVATE, "\x01\x00\x20\x08");
    CODE_AT(NULL_HANDLERS + 2, "\x00\x40");
    expect_said("catch", monitor("catch one"), "caught: one\n");
    CONVERSE(lines);
    cr_expect(eq(u8, *fake_byte(&m, COUNTERS), 1));
    end();
}

/* The keys of "a\rb\\", in scan code set 1. */
static void expect_typed(const struct bus *bus)
{
    static const uint8_t codes[] = {0x1e, 0x9e, 0x1c, 0x9c,
                                    0x30, 0xb0, 0x2b, 0xab};

    for (size_t i = 0; i < sizeof codes; i++) {
        uint8_t byte = 0;

        bus_io(bus, false, 0x60, 1, 1, &byte);
        cr_expect(eq(u8, byte, codes[i]), "%zu", i);
    }
}

/* Into the machine's keyboard and serial port, and its end. */
Test(monitor, types_and_leaves)
{
    begin(1);
    expect_said("type", monitor("type a\\rb\\\\"), "");
    expect_typed(&m.vm.board.bus);
    expect_said("type", monitor("type \xc3\xa4"),
                "no key types the character 0xc3: '\xc3\xa4' is not typed\n");
    expect_said("key", monitor("key ctrl-alt-delete"), "");
    expect_said("key", monitor("key ctrl-any"),
                "there is no key 'any'\n"
                "names are those of QEMU's sendkey: a, 1, ret, spc, f1, up,"
                " ctrl-alt-delete\n");
    expect_said("serial", monitor("serial a\\rb\\\\"), "");
    cr_expect(eq(sz, m.vm.board.com[0].state.n_typed, 4));
    cr_expect(zero(int, memcmp(m.vm.board.com[0].state.typed, "a\rb\\", 4)));
    m.vm.board.com[0].state.n_typed = SERIAL_TYPED_MAX - 1;
    expect_said("serial", monitor("serial xyz"),
                "the guest has read too little of it: no room for 'yz'\n");
    expect_said("exit", monitor("exit"), "kvmgdbstub ends\n");
    cr_expect(eq(int, d.ending.kind, ENDING_QUIT));
    end();
}

Test(monitor, a_virtual_clock)
{
    begin(2);
    m.clock = (struct machine_clock_state){true, 5000, 4, 0};
    expect_said("clock", monitor("clock"),
                "5000 ns of virtual time have passed for the guest\n"
                "it has accessed devices 4 times\n");
    m.clock.pushes = 2;
    expect_said("clock", monitor("clock"),
                "5000 ns of virtual time have passed for the guest\n"
                "it has accessed devices 4 times\n"
                "it waited without that 2 times: this run is not equal to "
                "others\n");
    end();
}
