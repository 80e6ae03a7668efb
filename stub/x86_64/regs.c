/* SPDX-License-Identifier: MIT */
/*
 * Descriptions that are cut from the register table, and values. What a guest
 * lacks is left out, by its CPUID and its MSRs, so a description is made when
 * it is first asked for. All VMs of a process have the host's CPU, so there is
 * one of each description.
 */
#include <errno.h>
#include <string.h>

#include "kvm/image/image.h"
#include "kvm/vm/types.h"
#include "kvm/x86_64/state/msr.h"
#include "stub/arch.h"
#include "stub/x86_64/row.h"
#include "stub/x86_64/types.h"

/* --- the table --- */

/* In the order of x86_features; GDB's numbers follow. */
static const struct row_table *const tables[] = {
    &x86_rows_general, &x86_rows_x87, &x86_rows_vector,
    &x86_rows_system,  &x86_rows_msr,
};

enum { N_TABLES = sizeof tables / sizeof tables[0] };

const struct row *x86_row(size_t id)
{
    for (size_t i = 0; i < N_TABLES; i++) {
        if (id < tables[i]->n)
            return &tables[i]->rows[id];
        id -= tables[i]->n;
    }
    return NULL;
}

int x86_rows_prepare(struct vcpu *vcpu)
{
    uint32_t index[X86_MSRS_MAX];
    const struct row *row;
    size_t n = 0;

    if (vcpu->arch->msrs)
        return 0;
    for (size_t id = 0; (row = x86_row(id)) && n < X86_MSRS_MAX; id++) {
        /* One MSR may have a row for each width. */
        if (row->bank == X86_BANK_MSR && (!n || index[n - 1] != row->offset))
            index[n++] = row->offset;
    }
    return x86_msr_choose(vcpu, index, n);
}

static bool component_present(const struct vcpu *vcpu, const struct row *row)
{
    const struct x86_xsave_layout *layout = &vcpu->arch->layout;
    size_t end = layout->part[row->component].offset + row->offset + row->size;

    /* Those two are there without XSAVE, too. */
    if (row->component == X86_X87 || row->component == X86_SSE)
        return true;
    return layout->components >> row->component & 1 &&
           end <= vcpu->vm->caps.xsave_size;
}

bool x86_row_present(const struct vcpu *vcpu, const struct row *row)
{
    if (row->bank == X86_BANK_XSAVE)
        return component_present(vcpu, row);
    if (row->bank == X86_BANK_MSR)
        return x86_msr_banked(vcpu, row->offset, NULL);
    if (row->bank == X86_BANK_XCR)
        return vcpu->arch->layout.components;
    return true;
}

/* --- descriptions --- */

static const char *const i8086_compatible[] = {"i386", "i386:x86-64", NULL};
static const char *const i386_compatible[] = {"i8086", "i386:x86-64", NULL};
static const char *const amd64_compatible[] = {"i386", "i8086", NULL};

/*
 * What LLDB reads at first it has for good, its target's architecture, too. A
 * 64-bit guest's list is GDB's, from which LLDB makes eax, al and ymm0; while
 * it does not, all names are there for either kind of target. LLDB makes an
 * LLVM triple of what is no GDB name, for its disassembler.
 */
enum description {
    GDB_16,
    GDB_32,
    GDB_64,
    LLDB_16,
    LLDB_32,
    LLDB_64,
    N_DESCS,
};

static struct rsp_reg regs_of[N_DESCS][X86_ROWS_MAX];
static struct rsp_feature features_of[N_DESCS][X86_FEATURES_MAX];

/* clang-format off */
static const unsigned rows_in[N_DESCS] = {
    [GDB_16] = IN_16, [LLDB_16] = IN_BOTH,
    [GDB_32] = IN_32, [LLDB_32] = IN_BOTH,
    [GDB_64] = IN_64, [LLDB_64] = IN_64,
};

/*
 * GDB's own layouts are core and SSE, up to mxcsr (gdb/arch/i386.c and
 * amd64.c, gdb/i386-tdep.c and amd64-tdep.c where there is no description).
 * For GNU/Linux, which GDB takes for the system when built there, orig_eax
 * comes behind, or orig_rax, fs_base, gs_base; for no system the latter two.
 */
#define BASE_32 .n_base = 41, .n_foreign = 1, .foreign_bits = 32
#define BASE_64 .n_base = 57, .n_foreign = 3, .foreign_bits = 64

/* Filled when first asked for. */
static struct rsp_desc descs[N_DESCS] = {
    [GDB_16] = {.architecture = "i8086", .title = "[16-bit code]",
                .compatible = i8086_compatible, .yields = true, BASE_32},
    [GDB_32] = {.architecture = "i386", .title = "[32-bit code]",
                .compatible = i386_compatible, BASE_32},
    [GDB_64] = {.architecture = "i386:x86-64", .title = "[64-bit code]",
                .compatible = amd64_compatible, BASE_64},
    [LLDB_16] = {.architecture = "i386-unknown-unknown-code16"},
    [LLDB_32] = {.architecture = "i386"},
    [LLDB_64] = {.architecture = "i386:x86-64"},
};
/* clang-format on */

/* GDB refuses a standard feature without its registers, so one that no row of
 * this description is in must not be named. */
static void add_feature(struct rsp_desc *desc, struct rsp_feature *list,
                        const char *name, bool wide)
{
    size_t n = desc->n_features;

    if (n && !strcmp(list[n - 1].name, name))
        return;
    for (const struct x86_feature *f = x86_features; f->name; f++)
        if (!strcmp(f->name, name))
            list[desc->n_features++] = (struct rsp_feature){
                f->name, wide && f->wide ? f->wide : f->types};
}

/* GDB has groups of its own for x86 (gdb/i386-tdep.c), and each 4 KiB of
 * description cost it a round trip. */
static struct rsp_reg reg_of(const struct row *row, size_t id, bool lldb)
{
    return (struct rsp_reg){
        .name = row->name,
        .type = row->type,
        .feature = row->feature,
        .group = lldb ? row->group : NULL,
        .bits = row->bits,
        .id = (uint16_t)id,
        .flags = row->flags,
    };
}

static void cut_description(const struct vcpu *vcpu, enum description which)
{
    struct rsp_desc *desc = &descs[which];
    const struct row *row;

    desc->osabi = "none";
    desc->features = features_of[which];
    desc->regs = regs_of[which];
    for (size_t id = 0; (row = x86_row(id)) && id < X86_ROWS_MAX; id++) {
        if (!(row->in & rows_in[which]) || !x86_row_present(vcpu, row))
            continue;
        add_feature(desc, features_of[which], row->feature,
                    rows_in[which] & WIDE);
        regs_of[which][desc->n_regs++] = reg_of(row, id, which >= LLDB_16);
    }
}

enum cpu_mode stub_code_mode(struct vcpu *vcpu)
{
    unsigned bits = x86_code_bits(vcpu);

    return bits == 16   ? CPU_MODE_REAL
           : bits == 32 ? CPU_MODE_PROT
                        : CPU_MODE_LONG;
}

/* Which symbols go with a flat image, LLDB's user knows and we do not. */
void stub_cpu(enum image_kind kind, struct rsp_host *ret)
{
    static const char *const triples[] = {
        [IMAGE_ELF32] = "i386-unknown-unknown",
        [IMAGE_ELF64] = "x86_64-unknown-unknown",
    };

    ret->triple = triples[kind];
    ret->pointer_bytes = kind == IMAGE_ELF32 ? 4 : 8;
}

static enum description description_for(enum cpu_mode mode, bool lldb)
{
    enum description which = lldb ? LLDB_16 : GDB_16;

    return mode == CPU_MODE_REAL   ? which
           : mode == CPU_MODE_PROT ? which + 1
                                   : which + 2;
}

unsigned x86_rows_in(enum cpu_mode mode)
{
    return rows_in[description_for(mode, false)];
}

const struct rsp_desc *stub_describe(struct vcpu *vcpu, enum cpu_mode mode,
                                     const struct rsp_client *client)
{
    enum description which = description_for(mode, client && client->lldb);

    (void)x86_rows_prepare(vcpu); /* if it fails, there are no MSRs */
    if (!descs[which].n_regs)
        cut_description(vcpu, which);
    return &descs[which];
}

unsigned stub_address_bits(const struct rsp_desc *desc)
{
    return rows_in[desc - descs] & WIDE ? 64 : 32;
}

/* --- values --- */

/* The banks in which KVM checks what it is given. */
union checked_bank {
    struct kvm_sregs sys;
    struct kvm_debugregs debug;
    struct kvm_xcrs xcr;
};

static size_t checked_size(enum x86_bank bank)
{
    return bank == X86_BANK_SYS     ? sizeof(struct kvm_sregs)
           : bank == X86_BANK_DEBUG ? sizeof(struct kvm_debugregs)
           : bank == X86_BANK_XCR   ? sizeof(struct kvm_xcrs)
                                    : 0;
}

static size_t wire_size(const struct row *row)
{
    return row->bits / 8u;
}

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

int x86_row_read(struct vcpu *vcpu, const struct row *row, uint8_t *out)
{
    size_t wire = wire_size(row);
    uint64_t value;

    if (x86_fetch(vcpu, row->bank) < 0)
        return -ENODATA;
    memset(out, 0, wire);
    if (!row->read) {
        memcpy(out, x86_row_at(vcpu, row), min_size(wire, row->size));
        return 0;
    }
    if (row->read(vcpu, row, &value) < 0)
        return -ENODATA;
    memcpy(out, &value, min_size(wire, sizeof value));
    return 0;
}

int stub_reg_read(struct vcpu *vcpu, const struct rsp_reg *reg, uint8_t *out)
{
    return x86_row_read(vcpu, x86_row(reg->id), out);
}

/* A 32-bit name of a general register stands for all of it: the upper half is
 * cleared, as an instruction would. */
static int write_plain(struct vcpu *vcpu, const struct row *row,
                       const uint8_t *in, struct diag *diag)
{
    uint8_t *to = x86_row_at(vcpu, row);
    size_t wire = wire_size(row);

    for (size_t i = row->size; i < wire; i++)
        if (in[i])
            return diag_set(diag, -EINVAL, "%s has %u bits", row->name,
                            8u * row->size);
    if (row->bank == X86_BANK_GP)
        memset(to, 0, row->size);
    memcpy(to, in, min_size(wire, row->size));
    return 0;
}

static int write_row(struct vcpu *vcpu, const struct row *row,
                     const uint8_t *in, struct diag *diag)
{
    uint64_t value = 0;

    if (!row->write)
        return write_plain(vcpu, row, in, diag);
    memcpy(&value, in, min_size(wire_size(row), sizeof value));
    return row->write(vcpu, row, value, diag);
}

/* KVM checks SYS, DEBUG and XCR, but not all of it: bits that it drops without
 * a word are a refusal, too, and what it made of them is undone. */
static int commit_checked(struct vcpu *vcpu, const struct row *row,
                          const uint8_t *in, const union checked_bank *before,
                          struct diag *diag)
{
    uint8_t got[RSP_REG_MAX_BYTES];
    int r = x86_commit(vcpu, row->bank);

    if (!r)
        r = x86_row_read(vcpu, row, got);
    if (r < 0 || !memcmp(got, in, wire_size(row)))
        return r;
    memcpy(x86_bank_data(vcpu, row->bank), before, checked_size(row->bank));
    (void)x86_commit(vcpu, row->bank);
    return diag_set(diag, -EINVAL, "KVM does not keep this value of %s",
                    row->name);
}

static int change_checked(struct vcpu *vcpu, const struct row *row,
                          const uint8_t *in, struct diag *diag)
{
    union checked_bank before;
    int r = x86_flush(vcpu); /* a refusal shall be about this change */

    if (r < 0)
        return r;
    memcpy(&before, x86_bank_data(vcpu, row->bank), checked_size(row->bank));
    r = write_row(vcpu, row, in, diag);
    return r < 0 ? r : commit_checked(vcpu, row, in, &before, diag);
}

static int change_xsave(struct vcpu *vcpu, const struct row *row,
                        const uint8_t *in, struct diag *diag)
{
    int r = x86_flush(vcpu);

    if (!r)
        r = write_row(vcpu, row, in, diag);
    if (r < 0)
        return r;
    x86_xsave_mark(vcpu->arch->xsave, row->component);
    return x86_commit(vcpu, X86_BANK_XSAVE);
}

static int change_row(struct vcpu *vcpu, const struct row *row,
                      const uint8_t *in, struct diag *diag)
{
    int r;

    if (row->bank == X86_BANK_XSAVE)
        return change_xsave(vcpu, row, in, diag);
    if (checked_size(row->bank))
        return change_checked(vcpu, row, in, diag);
    r = write_row(vcpu, row, in, diag);
    /* General registers take what comes, so they wait for the next run. */
    if (!r && row->bank == X86_BANK_GP)
        x86_touch(vcpu, X86_BANK_GP);
    return r;
}

/*
 * The value that is there already is always taken: after a call of a guest's
 * function GDB writes back each register that it knows, those that cannot be
 * written and selectors with a hidden part too.
 */
int stub_reg_write(struct vcpu *vcpu, const struct rsp_reg *reg,
                   const uint8_t *in, struct diag *diag)
{
    const struct row *row = x86_row(reg->id);
    uint8_t now[RSP_REG_MAX_BYTES];
    int r = x86_row_read(vcpu, row, now);

    *diag = (struct diag){""};
    if (!r && !memcmp(now, in, wire_size(row)))
        return 0;
    if (!r)
        r = change_row(vcpu, row, in, diag);
    if (r < 0 && !diag->text[0])
        (void)diag_set(diag, r,
                       "KVM refuses this value of %s: bits that are reserved "
                       "or that this CPU lacks, or a contradiction to its mode",
                       row->name);
    return r;
}

int stub_set_pc(struct vcpu *vcpu, uint64_t pc, struct diag *diag)
{
    static const struct row row = {.name = "pc"};

    return row_write_pc(vcpu, &row, pc, diag);
}
