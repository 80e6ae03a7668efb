/* SPDX-License-Identifier: MIT */
/* Which registers a client sees as the guest's addresses become wider, and
 * where its 32 bits of an address lead. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>

#include "rsp/session.h"
#include "stub/arch.h"
#include "stub/front/clients.h"
#include "stub/front/gdb.h"
#include "stub/front/target.h"
#include "tests/unit/front/fixture.h"

/* Of a CPU that has 32 bits of addresses at first. */
static void begin_narrow(void)
{
    begin_without_client(1);
    null_cpu.width = true;
    d.engine.image.mode = CPU_MODE_PROT;
}

static void connect(void)
{
    debugger_connect(&d);
    (void)talk("QStartNoAckMode");
}

struct row {
    const char *label;
    enum follow_mode follow;
    enum image_kind kind;
    enum cpu_mode mode;    /* the image's */
    bool wide, high;       /* the vCPU has 64 bits, and executes 64-bit code */
    unsigned bits;         /* that a client is shown then */
    bool from_32, from_64; /* it is shown others if it knows these */
};

/* clang-format off */
static const struct row rows[] = {
    {"flat 32-bit code, all is shown",
     FOLLOW_AUTO, IMAGE_FLAT, CPU_MODE_PROT, false, false, 32, true, true},
    {"an ELF file's 32-bit code, not yet wide",
     FOLLOW_AUTO, IMAGE_ELF32, CPU_MODE_PROT, false, false, 32, false, true},
    {"it has become wide, in code of 32 bits still",
     FOLLOW_AUTO, IMAGE_ELF32, CPU_MODE_PROT, true, false, 32, false, false},
    {"it has come to 64-bit code",
     FOLLOW_AUTO, IMAGE_ELF32, CPU_MODE_PROT, true, true, 64, true, false},
    {"the same by another file",
     FOLLOW_AUTO, IMAGE_ELF64, CPU_MODE_PROT, true, true, 64, true, false},
    {"16-bit code, of which no file says anything",
     FOLLOW_AUTO, IMAGE_ELF32, CPU_MODE_REAL, false, false, 32, true, true},
    {"a 64-bit kernel: what its file says, from the start",
     FOLLOW_AUTO, IMAGE_ELF64, CPU_MODE_LONG, false, false, 64, false, false},
    {"... and flat: nothing there changes",
     FOLLOW_AUTO, IMAGE_FLAT, CPU_MODE_LONG, false, false, 64, false, false},
    {"... unless the user wants to see the CPU",
     FOLLOW_ON, IMAGE_ELF64, CPU_MODE_LONG, false, false, 32, true, true},
    {"never",
     FOLLOW_OFF, IMAGE_FLAT, CPU_MODE_PROT, true, true, 64, false, false},
};
/* clang-format on */

/* The image that the machine was booted from says 64 bits, whatever the vCPU is
 * at. */
Test(follow, what_the_image_says)
{
    begin_without_client(1);
    null_cpu.width = true;
    cr_expect(eq(u32, stub_address_bits(target_ops.describe(&d, NULL)), 64));
    end();
}

Test(follow, what_is_shown)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        const struct rsp_desc *narrow;
        const struct rsp_desc *wide;

        begin_narrow();
        d.follow_mode = row->follow;
        d.engine.image.kind = row->kind;
        d.engine.image.mode = row->mode;
        m.arch[0].wide = row->wide;
        m.arch[0].pc = row->high ? NULL_UPPER + CODE : CODE;
        cr_expect(eq(u32, stub_address_bits(target_ops.describe(&d, NULL)),
                     row->bits),
                  "%s", row->label);
        narrow = stub_describe(&m.vm.vcpu[0], CPU_MODE_PROT, NULL);
        wide = stub_describe(&m.vm.vcpu[0], CPU_MODE_LONG, NULL);
        cr_expect(eq(int, target_ops.follow(&d, narrow), row->from_32), "%s",
                  row->label);
        cr_expect(eq(int, target_ops.follow(&d, wide), row->from_64), "%s",
                  row->label);
        end();
    }
}

/* A kernel at its upper addresses, of which the client knows 32 bits. */
Test(follow, memory_by_32_bits)
{
    static const struct exchange before[] = {
        {"qSupported:error-message+", "PacketSize=*"},
        {"qXfer:features:read:target.xml:0,ff0", "l<target*"},
        {"m80002000,2", "E.there is no memory at 0x80002000"},
        {"m2000,2", "0708"},
    };
    static const struct exchange after[] = {
        {"m80002000,2", "0708"},
        {"M80002001,1:09", "OK"},
        {"m2000,2", "0709"},
        {"qSearch:memory:80001000;2000;\x09", "1,80002001"},
        {"m90002000,2", "E.there is no memory at 0x90002000"},
        {"Qqemu.PhyMemMode:1", "OK"},
        {"m80002000,2", "E.there is no memory at physical 0x80002000"},
    };

    begin_narrow();
    connect();
    *fake_byte(&m, 0x2000) = 7;
    *fake_byte(&m, 0x2001) = 8;
    CONVERSE(before);
    m.arch[0].wide = true;
    CONVERSE(after);
    end();
}

/* A breakpoint by 32 bits is removed by them, too, and hit above. */
Test(follow, breakpoints_by_32_bits)
{
    static const struct exchange before[] = {
        {"qSupported:swbreak+", "PacketSize=*"},
        {"qXfer:features:read:target.xml:0,ff0", "l<target*"},
    };
    static const struct exchange after[] = {
        {"Z0,80003001,1", "OK"},
        {"Z0,80003009,1", "OK"},
        {"z0,80003009,1", "OK"},
        {"vCont;c",
         "[O746869732069732074686520627265616b706f696e74*"} /* in words */,
    };

    begin_narrow();
    connect();
    d.follow_mode = FOLLOW_OFF;
    CODE_AT(CODE, "\x00\x00\xfe\x01"); /* NOP; NOP; END 1 */
    CONVERSE(before);
    m.arch[0].wide = true;
    m.arch[0].pc = NULL_UPPER + CODE;
    CONVERSE(after);
    cr_expect(eq(u64, m.arch[0].pc, NULL_UPPER + CODE + 1));
    expect_said("z0", talk("z0,80003001,1"), "OK");
    cr_expect(zero(sz, d.engine.points.n));
    end();
}

/* What the engine asks of the client. */
Test(follow, what_the_client_knows)
{
    begin_narrow();
    connect();
    cr_expect(not(gdb_listener.knows_registers(&d)), "it has not asked");
    (void)talk("qSupported:hwbreak+");
    cr_expect(not(gdb_listener.finds_at_pc(&d)));
    (void)talk("qXfer:features:read:target.xml:0,ff0");
    cr_expect(gdb_listener.knows_registers(&d));
    cr_expect(eq(u32, gdb_listener.address_bits(&d), 32));
    d.follow_mode = FOLLOW_OFF;
    cr_expect(not(gdb_listener.follows(&d)));
    d.follow_mode = FOLLOW_AUTO;
    cr_expect(gdb_listener.follows(&d));
    end();

    begin(1);
    cr_expect(eq(u32, gdb_listener.address_bits(&d), 64));
    (void)talk("qSupported:swbreak+");
    cr_expect(gdb_listener.finds_at_pc(&d));
    end();
}

/* A vCPU that there is not: the session asks for none, but others may. */
Test(follow, a_thread_that_there_is_not)
{
    const struct rsp_reg *reg;
    uint8_t value[8] = {0};
    char name[16];
    uint64_t pc;

    begin(1);
    reg = target_ops.describe(&d, NULL)->regs;
    cr_expect(eq(int, target_ops.thread_name(&d, 2, name, 16), -ESRCH));
    cr_expect(eq(int, target_ops.reg_read(&d, 2, reg, value), -ESRCH));
    cr_expect(eq(int, target_ops.reg_write(&d, 2, reg, value), -ESRCH));
    cr_expect(eq(int, target_ops.reg_begin(&d, 2), -ESRCH));
    cr_expect(eq(int, target_ops.get_pc(&d, 2, &pc), -ESRCH));
    cr_expect(eq(int, target_ops.set_pc(&d, 2, CODE), -ESRCH));
    cr_expect(eq(int, target_ops.mem_read(&d, 2, 0, value, 1) < 0, 1));
    end();
}
