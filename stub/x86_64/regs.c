/* SPDX-License-Identifier: MIT */
/*
 * THE register table. A row is everything there is to know of a register: its
 * name and type for GDB, the descriptions it is in, and where KVM keeps it.
 *
 * Four descriptions are cut from it. GDB wants 32-bit names under i386 and
 * i8086 and 64-bit names under i386:x86-64, each core feature complete
 * (gdb/i386-tdep.c refuses it otherwise); LLDB wants both in one.
 *
 * pc and sp are linear (segment base added), also in real mode: that is what
 * breakpoints, symbols and memory reads are in. The raw offset is `ip`.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "kvm/arch.h"
#include "kvm/x86_64/state.h"
#include "stub/arch.h"
#include "stub/x86_64/types.h"
#include "stub/x86_64/x87.h"

enum {
    IN_16 = 1u << 0,   /* i8086: 16-bit code, 32-bit registers */
    IN_32 = 1u << 1,   /* i386 */
    IN_64 = 1u << 2,   /* i386:x86-64 */
    IN_BOTH = 1u << 3, /* 32- and 64-bit names together, for LLDB */
    NARROW = IN_16 | IN_32 | IN_BOTH,
    WIDE = IN_64 | IN_BOTH,
    ANY = IN_16 | IN_32 | IN_64 | IN_BOTH,
};

struct row;

/* Registers that KVM does not keep as a plain field. */
typedef int read_fn(struct vcpu *vcpu, const struct row *row, uint64_t *ret);
typedef int write_fn(struct vcpu *vcpu, const struct row *row, uint64_t value);

struct row {
    const char *name, *type, *feature, *group;
    uint16_t bits; /* on the wire */
    uint8_t in, flags;
    enum x86_bank bank;
    uint16_t offset, size; /* in the bank's struct, bytes */
    read_fn *read;         /* NULL: copy size bytes */
    write_fn *write;
};

static read_fn read_linear_pc, read_linear_sp, read_tag;
static write_fn write_linear_pc, write_linear_sp, write_tag, write_selector;

#define CORE     "org.gnu.gdb.i386.core"
#define SSE      "org.gnu.gdb.i386.sse"
#define SEGMENTS "org.gnu.gdb.i386.segments"
#define SYSTEM   "org.kvmgdbstub.i386.system"

#define FIELD(type, field)                                                     \
    offsetof(struct type, field), sizeof(((struct type *)0)->field)
#define GP(field)  X86_BANK_GP, FIELD(kvm_regs, field), NULL, NULL
#define SYS(field) X86_BANK_SYS, FIELD(kvm_sregs, field), NULL, NULL
#define SELECTOR(s)                                                            \
    X86_BANK_SYS, FIELD(kvm_sregs, s.selector), NULL, write_selector
#define XSAVE(offset, size) X86_BANK_XSAVE, (offset), (size), NULL, NULL

enum { EXP = RSP_REG_EXPEDITE, GEN = RSP_REG_GENERAL };

#define GPR64(name, field)                                                     \
    {                                                                          \
        name, "int64", CORE, "general", 64, WIDE, GEN, GP(field)               \
    }
#define GPR32(name, field)                                                     \
    {                                                                          \
        name, "int32", CORE, "general", 32, NARROW, GEN, GP(field)             \
    }
#define SEG(name)                                                              \
    {                                                                          \
#name, "int32", CORE, "general", 32, ANY, GEN, SELECTOR(name)          \
    }
#define ST(i)                                                                  \
    {                                                                          \
        "st" #i, "i387_ext", CORE, "float", 80, ANY, 0,                        \
            XSAVE(32 + 16 * (i), 10)                                           \
    }
#define X87(name, offset, size)                                                \
    {                                                                          \
        name, "int", CORE, "float", 32, ANY, 0, XSAVE(offset, size)            \
    }
#define XMM(i, in)                                                             \
    {                                                                          \
        "xmm" #i, "vec128", SSE, "vector", 128, in, 0,                         \
            XSAVE(160 + 16 * (i), 16)                                          \
    }
#define BASE(name, in)                                                         \
    {                                                                          \
#name "_base", "int64", SYSTEM, "system", 64, in, 0, SYS(name.base)    \
    }

/* Offsets below are those of the FXSAVE image, Intel SDM 1 table 10-2. */
/* clang-format off */
static const struct row rows[] = {
    GPR64("rax", rax), GPR64("rbx", rbx), GPR64("rcx", rcx),
    GPR64("rdx", rdx), GPR64("rsi", rsi), GPR64("rdi", rdi),
    {"rbp", "data_ptr", CORE, "general", 64, IN_64, EXP | GEN, GP(rbp)},
    {"rbp", "int64",    CORE, "general", 64, IN_BOTH, EXP | GEN, GP(rbp)},
    {"rsp", "data_ptr", CORE, "general", 64, IN_64, EXP | GEN,
     X86_BANK_GP, FIELD(kvm_regs, rsp), read_linear_sp, write_linear_sp},
    {"rsp", "int64",    CORE, "general", 64, IN_BOTH, EXP | GEN,
     X86_BANK_GP, FIELD(kvm_regs, rsp), read_linear_sp, write_linear_sp},
    GPR64("r8", r8), GPR64("r9", r9), GPR64("r10", r10), GPR64("r11", r11),
    GPR64("r12", r12), GPR64("r13", r13), GPR64("r14", r14),
    GPR64("r15", r15),
    {"rip", "code_ptr", CORE, "general", 64, IN_64, EXP | GEN,
     X86_BANK_GP, FIELD(kvm_regs, rip), read_linear_pc, write_linear_pc},
    {"rip", "int64",    CORE, "general", 64, IN_BOTH, EXP | GEN,
     X86_BANK_GP, FIELD(kvm_regs, rip), read_linear_pc, write_linear_pc},
    GPR32("eax", rax), GPR32("ecx", rcx), GPR32("edx", rdx),
    GPR32("ebx", rbx),
    {"esp", "data_ptr", CORE, "general", 32, IN_16 | IN_32, EXP | GEN,
     X86_BANK_GP, FIELD(kvm_regs, rsp), read_linear_sp, write_linear_sp},
    {"esp", "int32",    CORE, "general", 32, IN_BOTH, GEN,
     X86_BANK_GP, FIELD(kvm_regs, rsp), read_linear_sp, write_linear_sp},
    {"ebp", "data_ptr", CORE, "general", 32, IN_16 | IN_32, EXP | GEN,
     GP(rbp)},
    {"ebp", "int32",    CORE, "general", 32, IN_BOTH, GEN, GP(rbp)},
    GPR32("esi", rsi), GPR32("edi", rdi),
    {"eip", "code_ptr", CORE, "general", 32, IN_16 | IN_32, EXP | GEN,
     X86_BANK_GP, FIELD(kvm_regs, rip), read_linear_pc, write_linear_pc},
    {"eip", "int32",    CORE, "general", 32, IN_BOTH, GEN,
     X86_BANK_GP, FIELD(kvm_regs, rip), read_linear_pc, write_linear_pc},
    {"eflags", "i386_eflags", CORE, "general", 32, ANY, GEN, GP(rflags)},
    SEG(cs), SEG(ss), SEG(ds), SEG(es), SEG(fs), SEG(gs),
    ST(0), ST(1), ST(2), ST(3), ST(4), ST(5), ST(6), ST(7),
    X87("fctrl", 0, 2), X87("fstat", 2, 2),
    {"ftag", "int", CORE, "float", 32, ANY, 0,
     X86_BANK_XSAVE, 4, 1, read_tag, write_tag},
    X87("fiseg", 12, 2), X87("fioff", 8, 4),
    X87("foseg", 20, 2), X87("fooff", 16, 4), X87("fop", 6, 2),

    XMM(0, ANY), XMM(1, ANY), XMM(2, ANY), XMM(3, ANY),
    XMM(4, ANY), XMM(5, ANY), XMM(6, ANY), XMM(7, ANY),
    XMM(8, WIDE), XMM(9, WIDE), XMM(10, WIDE), XMM(11, WIDE),
    XMM(12, WIDE), XMM(13, WIDE), XMM(14, WIDE), XMM(15, WIDE),
    {"mxcsr", "i386_mxcsr", SSE, "vector", 32, ANY, 0, XSAVE(24, 4)},

    {"fs_base", "int64", SEGMENTS, "system", 64, IN_64, 0, SYS(fs.base)},
    {"gs_base", "int64", SEGMENTS, "system", 64, IN_64, 0, SYS(gs.base)},

    {"ip", "int64", SYSTEM, "system", 64, ANY, 0, GP(rip)},
    BASE(cs, ANY), BASE(ss, ANY), BASE(ds, ANY), BASE(es, ANY),
    BASE(fs, NARROW), BASE(gs, NARROW),
    {"cr0",  "i386_cr0",  SYSTEM, "system", 64, ANY, 0, SYS(cr0)},
    {"cr2",  "int64",     SYSTEM, "system", 64, ANY, 0, SYS(cr2)},
    {"cr3",  "int64",     SYSTEM, "system", 64, ANY, 0, SYS(cr3)},
    {"cr4",  "i386_cr4",  SYSTEM, "system", 64, ANY, 0, SYS(cr4)},
    {"cr8",  "int64",     SYSTEM, "system", 64, ANY, 0, SYS(cr8)},
    {"efer", "i386_efer", SYSTEM, "system", 64, ANY, 0, SYS(efer)},
};
/* clang-format on */

enum { N_ROWS = sizeof rows / sizeof rows[0] };

/* --- descriptions --- */

static const char *const i8086_compatible[] = {"i386", "i386:x86-64", NULL};
static const char *const i386_compatible[] = {"i8086", "i386:x86-64", NULL};
static const char *const amd64_compatible[] = {"i386", "i8086", NULL};

/* In the order of the rows. */
static const struct rsp_feature features[] = {
    {CORE, X86_CORE_TYPES},
    {SSE, X86_SSE_TYPES},
    {SEGMENTS, NULL},
    {SYSTEM, X86_SYSTEM_TYPES},
};

enum { N_FEATURES = sizeof features / sizeof features[0], N_DESCS = 4 };

static struct rsp_reg regs_of[N_DESCS][N_ROWS];
static struct rsp_feature features_of[N_DESCS][N_FEATURES];

/* Indexed by the bit number of IN_*; filled when first asked for. */
static struct rsp_desc descs[N_DESCS] = {
    {.architecture = "i8086", .compatible = i8086_compatible},
    {.architecture = "i386", .compatible = i386_compatible},
    {.architecture = "i386:x86-64", .compatible = amd64_compatible},
    {.architecture = "i386:x86-64", .compatible = NULL},
};

/* GDB refuses a standard feature without its registers, so one that no row of
 * this description is in must not be named. */
static void add_feature(struct rsp_desc *desc, struct rsp_feature *list,
                        const char *name)
{
    if (desc->n_features && !strcmp(list[desc->n_features - 1].name, name))
        return;
    for (size_t i = 0; i < N_FEATURES; i++)
        if (!strcmp(features[i].name, name))
            list[desc->n_features++] = features[i];
}

static void cut_description(unsigned which)
{
    struct rsp_desc *desc = &descs[which];

    desc->osabi = "none";
    desc->features = features_of[which];
    desc->regs = regs_of[which];
    for (size_t i = 0; i < N_ROWS; i++) {
        const struct row *row = &rows[i];

        if (!(row->in & 1u << which))
            continue;
        add_feature(desc, features_of[which], row->feature);
        regs_of[which][desc->n_regs++] = (struct rsp_reg){
            .name = row->name,
            .type = row->type,
            .feature = row->feature,
            .group = row->group,
            .bits = row->bits,
            .id = (uint16_t)i,
            .flags = row->flags,
        };
    }
}

const struct rsp_desc *stub_describe(enum cpu_mode mode,
                                     const struct rsp_client *client)
{
    unsigned which = mode == CPU_MODE_REAL ? 0 : mode == CPU_MODE_PROT ? 1 : 2;

    if (client && client->lldb)
        which = 3;
    if (!descs[which].n_regs)
        cut_description(which);
    return &descs[which];
}

/* --- values --- */

static uint8_t *bank_bytes(struct vcpu *vcpu, enum x86_bank bank)
{
    switch (bank) {
    case X86_BANK_GP:
        return (uint8_t *)x86_gp(vcpu);
    case X86_BANK_SYS:
        return (uint8_t *)x86_sys(vcpu);
    case X86_BANK_XSAVE:
        return (uint8_t *)vcpu->arch->xsave;
    case X86_BANK_DEBUG:
        return (uint8_t *)&vcpu->arch->debugregs;
    case X86_BANK_XCR:
        return (uint8_t *)&vcpu->arch->xcrs;
    }
    return NULL;
}

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

int stub_reg_read(struct vcpu *vcpu, const struct rsp_reg *reg, uint8_t *out)
{
    const struct row *row = &rows[reg->id];
    size_t wire = row->bits / 8u;
    uint64_t value;
    int r = x86_fetch(vcpu, row->bank);

    if (r < 0)
        return -ENODATA;
    memset(out, 0, wire);
    if (!row->read) {
        memcpy(out, bank_bytes(vcpu, row->bank) + row->offset,
               min_size(wire, row->size));
        return 0;
    }
    r = row->read(vcpu, row, &value);
    if (!r)
        memcpy(out, &value, min_size(wire, sizeof value));
    return r;
}

/* A 32-bit name stands for all of the register when the CPU is in a 32-bit
 * mode: the upper half is cleared, as an instruction would. */
static int write_plain(struct vcpu *vcpu, const struct row *row,
                       const uint8_t *in)
{
    uint8_t *to = bank_bytes(vcpu, row->bank) + row->offset;
    size_t wire = row->bits / 8u;

    for (size_t i = row->size; i < wire; i++)
        if (in[i])
            return -EINVAL;
    memset(to, 0, row->size);
    memcpy(to, in, min_size(wire, row->size));
    return 0;
}

int stub_reg_write(struct vcpu *vcpu, const struct rsp_reg *reg,
                   const uint8_t *in)
{
    const struct row *row = &rows[reg->id];
    uint64_t value = 0;
    int r = x86_fetch(vcpu, row->bank);

    if (r < 0)
        return r;
    if (row->write) {
        memcpy(&value, in, min_size(row->bits / 8u, sizeof value));
        r = row->write(vcpu, row, value);
    } else {
        r = write_plain(vcpu, row, in);
    }
    if (r < 0)
        return r;
    if (row->bank == X86_BANK_XSAVE)
        x87_mark_present(vcpu->arch->xsave, row->offset);
    x86_touch(vcpu, row->bank);
    return 0;
}

static int read_linear_pc(struct vcpu *vcpu, const struct row *row,
                          uint64_t *ret)
{
    (void)row;
    *ret = arch_pc(vcpu);
    return 0;
}

static int write_linear_pc(struct vcpu *vcpu, const struct row *row,
                           uint64_t value)
{
    (void)row;
    return arch_set_pc(vcpu, value);
}

/* SS has a base only outside of 64-bit mode (Intel SDM 3A 3.4.4). */
static uint64_t stack_base(struct vcpu *vcpu)
{
    return x86_code_bits(vcpu) == 64 ? 0 : x86_sys(vcpu)->ss.base;
}

static int read_linear_sp(struct vcpu *vcpu, const struct row *row,
                          uint64_t *ret)
{
    (void)row;
    *ret = stack_base(vcpu) + x86_gp(vcpu)->rsp;
    return 0;
}

static int write_linear_sp(struct vcpu *vcpu, const struct row *row,
                           uint64_t value)
{
    (void)row;
    if (value < stack_base(vcpu))
        return -EINVAL;
    x86_gp(vcpu)->rsp = value - stack_base(vcpu);
    return 0;
}

static int write_selector(struct vcpu *vcpu, const struct row *row,
                          uint64_t value)
{
    uint8_t *segment = bank_bytes(vcpu, X86_BANK_SYS) + row->offset -
                       offsetof(struct kvm_segment, selector);

    if (value > UINT16_MAX)
        return -EINVAL;
    return x86_load_segment(vcpu, (struct kvm_segment *)(void *)segment,
                            (uint16_t)value);
}

static int read_tag(struct vcpu *vcpu, const struct row *row, uint64_t *ret)
{
    (void)row;
    *ret = x87_full_tag(vcpu->arch->xsave);
    return 0;
}

static int write_tag(struct vcpu *vcpu, const struct row *row, uint64_t value)
{
    (void)row;
    if (value > UINT16_MAX)
        return -EINVAL;
    x87_set_full_tag(vcpu->arch->xsave, (uint16_t)value);
    return 0;
}
