/* SPDX-License-Identifier: MIT */
/* Registers, memory, breakpoints and run control, in packets. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "stub/front/gdb.h"
#include "stub/points/table.h"
#include "tests/support/fake_stderr.h"
#include "tests/unit/front/fixture.h"

Test(packets, registers)
{
    static const struct exchange lines[] = {
        {"qSupported:error-message+;swbreak+;hwbreak+", "PacketSize=*"},
        {"g", "00000030000000000000"},
        {"p2", "0030000000000000"},
        {"P0=41", "OK"},
        {"p0", "41"},
        {"P2=1030000000000000", "OK"},
        {"p2", "1030000000000000"},
        {"P2=0000010000000000", "E.pc has 16 bits"},
        {"p2", "1030000000000000"},
        {"G07080030000000000000", "OK"},
        {"g", "07080030000000000000"},
        {"G07080000010000000000", "E.pc has 16 bits"},
        {"g", "07080030000000000000"},
        {"Hg2", "OK"},
        {"g", "00000030000000000000"},
        {"Hg9", "E.no such thread"},
        {"p9", "E.the packet makes no sense"},
    };

    begin(2);
    CONVERSE(lines);
    end();
}

Test(packets, memory)
{
    static const struct exchange lines[] = {
        {"qSupported:error-message+", "PacketSize=*"},
        {"M2000,4:01020304", "OK"},
        {"m2000,6", "010203040000"},
        {"X2001,2:ab", "OK"},
        {"m2000,4", "01616204"},
        {"mfffe,8", "0000"},
        {"m10000,4", "E.there is no memory at 0x10000"},
        {"Mfffe,4:01020304", "E.there is no memory at 0xfffe to take 4 bytes"},
        {"mfffe,2", "0000"},
        {"m102000,2", "0161"},
        {"qSearch:memory:1000;4000;ab", "1,2001"},
        {"qSearch:memory:2002;4000;ab", "0"},
        {"qMemoryRegionInfo:2000", "start:0;size:10000;permissions:rwx;"},
        {"Qqemu.PhyMemMode:1", "OK"},
        {"m2000,2", "0161"},
        {"M2000,1:09", "OK"},
        {"m102000,2", "E.there is no memory at physical 0x102000"},
        {"qSearch:memory:0;4000;ab", "1,2001"},
        {"Qqemu.PhyMemMode:0", "OK"},
        {"m102000,2", "0961"},
    };

    begin(1);
    CONVERSE(lines);
    end();
}

Test(packets, points)
{
    static const struct exchange lines[] = {
        {"qSupported:error-message+", "PacketSize=*"},
        {"Z0,3001,1", "OK"},
        {"Z0,3001,1", "OK"},
        {"Z2,2000,0", "E.cannot watch this range at 0x2000: its length must be "
                      "from 1 to 16777216 bytes, and it may not wrap"},
        {"Z3,2000,1000001",
         "E.cannot watch this range at 0x2000: its length must be from 1 to "
         "16777216 bytes, and it may not wrap"},
        {"Z4,ffffffffffffffff,2",
         "E.cannot watch this range at 0xffffffffffffffff: its length must be "
         "from 1 to 16777216 bytes, and it may not wrap"},
        {"Z5,2000,1", ""},
        {"z0,3001,1", "OK"},
        {"z0,3001,1", "OK"},
        {"z4,2000,4", "OK"},
        {"z5,2000,4", ""},
    };

    begin(1);
    CONVERSE(lines);
    cr_expect(zero(sz, d.engine.points.n));
    end();
}

/* Kinds that the protocol has not are none of the engine's own. */
Test(packets, points_of_no_kind)
{
    const struct rsp_break odd = {.type = BP_CATCH, .addr = CODE, .size = 1};

    begin(1);
    cr_expect(eq(int, d.ops.breaks->insert(&d, &odd), -ENOTSUP));
    cr_assert(zero(int, bp_insert(&d.engine.points, BP_CATCH, CODE, 1)));
    cr_expect(eq(int, d.ops.breaks->remove(&d, &odd), -ENOTSUP));
    cr_expect(eq(sz, d.engine.points.n, 1));
    expect_said("Z0", talk("Z0,3001,1"), "OK");
    cr_expect(d.ops.last_error(&d) == NULL, "nothing has failed");
    end();
}

/* --- breakpoints that the client writes into memory --- */

Test(packets, written_breakpoints)
{
    begin(1);
    CODE_AT(CODE, "\x00\x00\x00\xfe\x01");
    expect_said("M", talk("M3001,1:cc"), "OK");
    cr_expect(eq(sz, d.engine.points.n_written, 1));
    expect_said("M", talk("M3001,1:05"), "OK");
    cr_expect(zero(sz, d.engine.points.n_written), "another byte is none");
    expect_said("m", talk("m3000,3"), "000500");
    end();
}

/* Those that there is no room for are told of, and are the guest's. */
Test(packets, too_many_written_breakpoints)
{
    static const uint8_t trap = I_TRAP;
    char packet[32];

    begin(1);
    for (unsigned i = 0; i <= BP_WRITTEN_MAX; i++) {
        (void)snprintf(packet, sizeof packet, "M%x,1:%02x", 0x4000 + i, trap);
        if (i == BP_WRITTEN_MAX)
            hear();
        expect_said(packet, talk(packet), "OK");
    }
    expect_said("console", heard(), "kvmgdbstub: the debugger has written *");
    cr_expect(eq(sz, d.engine.points.n_written, BP_WRITTEN_MAX));
    end();
}

/* INC 0x2000; NOP; LOAD 0x2001; JMP CODE */
#define LOOP "\x01\x00\x20\x00\x02\x01\x20\x03\x00\x30"

Test(packets, stops)
{
    static const struct exchange lines[] = {
        {"qSupported:swbreak+;hwbreak+;vContSupported+", "PacketSize=*"},
        {"?", "T05thread:1;02:0030000000000000;"},
        {"vCont?", "vCont;c;C;s;S;t;r"},
        {"vCont;s:1", "T05thread:1;02:0330000000000000;"},
        {"Z0,3003,1", "OK"},
        {"vCont;c", "T05swbreak:;thread:1;02:0330000000000000;"},
        {"z0,3003,1", "OK"},
        {"Z1,3003,1", "OK"},
        {"vCont;c:1", "T05hwbreak:;thread:1;02:0330000000000000;"},
        {"z1,3003,1", "OK"},
        {"Z2,2000,1", "OK"},
        {"vCont;c:1", "T05watch:2000;thread:1;02:0330000000000000;"},
        {"z2,2000,1", "OK"},
        {"Z3,2001,1", "OK"},
        {"c", "T05rwatch:2001;thread:1;02:0730000000000000;"},
        {"z3,2001,1", "OK"},
        {"Z4,2001,1", "OK"},
        {"c", "T05awatch:2001;thread:1;02:0730000000000000;"},
        {"z4,2001,1", "OK"},
        {"vCont;r3000,3007:1", "T05thread:1;02:0730000000000000;"},
        {"s", "T05thread:1;02:0030000000000000;"},
    };

    begin(1);
    CODE_AT(CODE, LOOP);
    CONVERSE(lines);
    cr_expect(not(d.in_trouble), "it can go on");
    end();
}

Test(packets, threads)
{
    static const struct exchange lines[] = {
        {"qSupported:swbreak+", "PacketSize=*"},
        {"qfThreadInfo", "m1,2,3"},
        {"qsThreadInfo", "l"},
        {"qThreadExtraInfo,2", "764350552031"},
        {"T3", "OK"},
        {"T4", "E03"},
        {"vCont;s:2", "T05thread:2;02:0330000000000000;"},
        {"vCont;c:3;s:1", "T05thread:1;02:0330000000000000;"},
        {"vCont;s:7", "E03"},
        {"Hg3", "OK"},
        {"p2", "0030000000000000"},
    };

    begin(3);
    CODE_AT(CODE, LOOP);
    CONVERSE(lines);
    end();
}

Test(packets, ctrl_c)
{
    begin(2);
    CODE_AT(CODE, LOOP);
    expect_said("vCont;c", talk("vCont;c"), "");
    cr_expect(d.engine.running);
    expect_said("Ctrl-C", interrupt(), "T02thread:1;02:0730000000000000;");
    cr_expect(not(d.engine.running));
    end();
}

/* What the guest comes to, and what the client is told. */
static const struct {
    const char *bytes;
    size_t n;
    const char *reply;
} ends[] = {
    {"\xfe\x2a", 2, "W2a"},
    {"\x00\x99", 2,
     "[O6576656e742037206f66207643505520300a]"
     "[T04thread:1;02:0130000000000000;]"},
    {"\x07\x01", 2,
     "[O6576656e742035206f66207643505520300a]"
     "[T0bthread:1;02:0030000000000000;]"},
    {"\xf4", 1,
     "[O6576656e742033206f66207643505520300a]"
     "[T11thread:1;02:0130000000000000;]"},
    {"\x00\xfc", 2,
     "[O6576656e74203132206f66207643505520300a]"
     "[T05thread:1;02:0230000000000000;]"},
    {"\xf5", 1,
     "[O6576656e74203130206f66207643505520300a]"
     "[T06thread:1;02:0030000000000000;]"},
};

Test(packets, ends)
{
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        begin(1);
        code(CODE, ends[i].bytes, ends[i].n);
        expect_said(ends[i].bytes, talk("vCont;c"), ends[i].reply);
        cr_expect(eq(int, d.in_trouble, *ends[i].reply != 'W'), "row %zu", i);
        end();
    }
}

/* --- a guest that resets the machine --- */

/* NOP; RESET 1; NOP; END 7 */
#define RESETS "\x00\xfd\x01\x00\xfe\x07"

Test(packets, a_reset_that_stops)
{
    static const struct exchange lines[] = {
        {"vCont;c", "[O6576656e74203131206f66207643505520300a]"
                    "[T20thread:1;02:0330000000000000;]"},
        {"vCont;c", "W07"},
    };

    begin(1);
    CODE_AT(CODE, RESETS);
    d.engine.on_reset = RESET_STOPS;
    CONVERSE(lines);
    end();
}

/* The client is asked nothing and told nothing, and what it set is there. */
Test(packets, a_reset_that_reboots)
{
    static const struct exchange lines[] = {
        {"vCont;s:1", "T05thread:1;02:0130000000000000;"},
        {"vCont;s:1", "T05thread:1;02:0030000000000000;"},
        {"qSupported:hwbreak+", "*"},
        {"Z1,3001,1", "OK"},
        {"vCont;c", "T05hwbreak:;thread:1;02:0130000000000000;"},
        {"M3000,1:01", "OK"},
        {"vCont;c", "T05hwbreak:;thread:1;02:0130000000000000;"},
        {"m3000,1", "00"},
    };

    begin(1);
    CODE_AT(CODE, RESETS);
    fake_keep(&m);
    d.engine.on_reset = RESET_REBOOTS;
    CONVERSE(lines);
    cr_expect(not(debugger_finished(&d)));
    end();
}

/* --- a caught exception, and what the user changes then --- */

static const struct {
    const char *label, *packet, *reply;
    bool again; /* it is raised anew, else delivered */
} changes[] = {
    {"nothing", "p0", "00", false},
    {"memory", "M2000,1:07", "OK", true},
    {"a register", "P0=07", "OK", true},
    {"all registers", "G07080030000000000000", "OK", true},
    {"a register that refuses", "P2=0000010000000000", "E.pc has 16 bits",
     false},
    {"all, of which one refuses", "G07080000010000000000", "E.pc has 16 bits",
     false},
    {"no memory", "M20000,1:07", "E0e", false},
};

#define CAUGHT "[O657863657074696f6e20310a]"

/* Of the last of the vCPUs: RAISE 1; END 7. */
Test(packets, a_caught_exception)
{
    for (size_t i = 0; i < 2 * sizeof changes / sizeof changes[0]; i++) {
        const unsigned n = 1 + i % 2;
        const char *label = changes[i / 2].label;
        const char *caught = n == 1
                                 ? CAUGHT "[T0bthread:1;02:0030000000000000;]"
                                 : CAUGHT "[T0bthread:2;02:0030000000000000;]";

        begin(n);
        CODE_AT(CODE, "\x07\x01\xfe\x07");
        CODE_AT(PRIVATE, "\x03\x00\x40");
        if (n == 2)
            m.arch[0].pc = PRIVATE;
        CODE_AT(0x4100, "\x08");
        CODE_AT(NULL_HANDLERS + 2, "\x00\x41");
        expect_said("catch", monitor("catch one"), "caught: one\n");
        expect_said(label, talk("vCont;c"), caught);
        expect_said(label, talk(changes[i / 2].packet), changes[i / 2].reply);
        if (strcmp(changes[i / 2].packet, "G07080030000000000000") == 0)
            (void)talk("P2=0030000000000000");
        expect_said(label, talk("vCont;c"),
                    changes[i / 2].again ? caught : "W07");
        end();
    }
}

/* --- threads that there are not --- */

Test(packets, what_no_thread_has)
{
    const struct rsp_target_ops *ops = &d.ops;
    const struct rsp_reg reg = {.name = "a", .bits = 8};
    uint8_t bytes[RSP_REG_MAX_BYTES] = {0};
    char name[RSP_NAME_MAX];
    uint64_t value = 0;

    begin(2);
    for (unsigned tid = 0; tid <= 3; tid += 3) {
        cr_expect(eq(int, ops->thread_name(&d, tid, name, 8), -ESRCH));
        cr_expect(eq(int, ops->reg_read(&d, tid, &reg, bytes), -ESRCH));
        cr_expect(eq(int, ops->reg_write(&d, tid, &reg, bytes), -ESRCH));
        cr_expect(eq(int, ops->reg_begin(&d, tid), -ESRCH));
        cr_expect(eq(int, ops->get_pc(&d, tid, &value), -ESRCH));
        cr_expect(eq(int, ops->set_pc(&d, tid, CODE), -ESRCH));
        cr_expect(eq(i64, ops->mem_read(&d, tid, 0, bytes, 1), -ESRCH));
        cr_expect(eq(int, ops->mem_write(&d, tid, 0, bytes, 1), -ESRCH));
        cr_expect(eq(int, ops->search->search(&d, tid, 0, 9, "a", 1, &value),
                     -ESRCH));
    }
    end();
}

/* From another place, which is pc then. */
Test(packets, from_another_place)
{
    static const struct exchange lines[] = {
        {"qSupported:error-message+", "PacketSize=*"},
        {"s3003", "T05thread:1;02:0430000000000000;"},
        {"s10000", "E.pc has 16 bits"},
        {"p2", "0430000000000000"},
        {"c3007", "W2a"},
    };

    begin(1);
    CODE_AT(CODE + 7, "\xfe\x2a");
    CONVERSE(lines);
    end();
}

/* Of a guest that has no room left. */
Test(packets, too_many_breakpoints)
{
    char text[32];

    begin(1);
    (void)talk("qSupported:error-message+");
    for (unsigned i = 0; i < BP_MAX; i++)
        cr_assert(zero(int, bp_insert(&d.engine.points, BP_SOFT, i, 1)));
    (void)snprintf(text, sizeof text, "Z0,%x,1", BP_MAX);
    expect_said(text, talk(text), "E.there is room for 4096 breakpoints*");
    expect_said("z0", talk("z0,0,1"), "OK");
    expect_said(text, talk(text), "OK");
    end();
}

/* What LLDB asks for. */
Test(packets, the_host)
{
    begin(1);
    expect_said("qHostInfo", talk("qHostInfo"),
                "ptrsize:8;endian:little;watchpoint_exceptions_received:after;"
                "vm-page-size:4096;");
    end();
}

/* A client that begins anew does not know of the instructions that it wrote:
 * it reads what was there, and writing one again takes none away. */
Test(packets, written_by_who_has_forgotten)
{
    for (unsigned own = 0; own < 2; own++) {
        const char *was = own ? "cc" : "00";

        begin(1);
        CODE_AT(CODE, "\x00\x00\xfe\x01");
        *fake_byte(&m, CODE + 1) = own ? I_TRAP : I_NOP;
        expect_said("M", talk("M3001,1:cc"), "OK");
        expect_said("m", talk("m3001,1"), "cc");
        d.ops.breaks->clear(&d);
        expect_said("forgotten", talk("m3001,1"), was);
        expect_said("M", talk("M3001,1:cc"), "OK");
        expect_said("again", talk("m3001,1"), "cc");
        cr_expect(eq(sz, d.engine.points.n_written, 1));
        (void)talk("vCont;c");
        cr_expect(eq(u64, m.arch[0].pc, CODE + 2));
        end();
    }
}
