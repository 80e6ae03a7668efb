/* SPDX-License-Identifier: MIT */
/*
 * The register table on a fake KVM: values go to the place that KVM looks at
 * and come back, what KVM refuses leaves no trace, and looking is cheap.
 */
#include <errno.h>
#include <string.h>

#include "kvm/image/image.h"
#include "kvm/x86_64/state/msr.h"
#include "kvm/x86_64/state/state.h"
#include "tests/unit/stub/x86_64/regs_fixture.h"
#include "tests/unit/stub/x86_64/x86_values.h"

static const enum cpu_mode modes[] = {CPU_MODE_REAL, CPU_MODE_PROT,
                                      CPU_MODE_LONG};

static int read_reg(const struct rsp_reg *reg, uint8_t *out)
{
    return stub_reg_read(cpu, reg, out);
}

static uint64_t value_of(const struct rsp_desc *desc, const char *name)
{
    const struct rsp_reg *reg = find_reg(desc, name);
    uint8_t bytes[RSP_REG_MAX_BYTES] = {0};
    uint64_t value;

    cr_assert(reg != NULL, "%s", name);
    cr_assert(eq(int, read_reg(reg, bytes), 0), "%s", name);
    memcpy(&value, bytes, sizeof value);
    return value;
}

static int set_reg(const struct rsp_desc *desc, const char *name,
                   uint64_t value, struct diag *diag)
{
    uint8_t bytes[RSP_REG_MAX_BYTES] = {0};
    const struct rsp_reg *reg = find_reg(desc, name);

    cr_assert(reg != NULL, "%s", name);
    memcpy(bytes, &value, sizeof value);
    return stub_reg_write(cpu, reg, bytes, diag);
}

/* --- round trips --- */

/* Writes something else, and reads it from what KVM has then. */
static void round_trip(const struct rsp_reg *reg)
{
    uint8_t wanted[RSP_REG_MAX_BYTES];
    uint8_t got[RSP_REG_MAX_BYTES];
    struct diag diag = {""};
    size_t n = reg->bits / 8u;

    cr_assert(eq(int, read_reg(reg, wanted), 0), "%s", reg->name);
    x86_randomize(reg, wanted);
    cr_expect(eq(int, stub_reg_write(cpu, reg, wanted, &diag), 0), "%s: %s",
              reg->name, diag.text);
    forget();
    cr_assert(eq(int, read_reg(reg, got), 0), "%s", reg->name);
    cr_expect(zero(int, memcmp(got, wanted, n)), "%s", reg->name);
}

ParameterizedTestParameters(regs, round_trips)
{
    return row_numbers(CPU_MAKES);
}

ParameterizedTest(const size_t *make, regs, round_trips)
{
    begin_cpu((enum cpu_make) * make);
    for (size_t m = 0; m <= ROWS(modes); m++) {
        bool lldb = m == ROWS(modes);

        begin_cpu((enum cpu_make) * make);
        const struct rsp_desc *desc = describe(modes[lldb ? 0 : m], lldb);

        for (size_t i = 0; i < desc->n_regs; i++)
            round_trip(&desc->regs[i]);
    }
}

/* The marks of components, Intel SDM 1 13.4.2. */
/* clang-format off */
static const struct mark_row {
    const char *name;
    uint64_t mark;
} mark_rows[] = {
    {"st7", 1}, {"fctrl", 1}, {"xmm3", 2}, {"mxcsr", 2}, {"ymm15h", 4},
    {"k1", 1 << 5}, {"zmm15h", 1 << 6}, {"zmm16h", 1 << 7}, {"xmm31", 1 << 7},
    {"ymm31h", 1 << 7}, {"pkru", 1 << 9},
};
/* clang-format on */

ParameterizedTestParameters(regs, marks)
{
    return row_numbers(ROWS(mark_rows));
}

ParameterizedTest(const size_t *i, regs, marks)
{
    const struct mark_row *row = &mark_rows[*i];
    uint64_t present;
    struct diag diag;

    begin_cpu(CPU_LARGE);
    cr_assert(eq(
        int, set_reg(describe(CPU_MODE_LONG, false), row->name, 5, &diag), 0));
    memcpy(&present, fake_kvm.xsave + 512, sizeof present);
    cr_expect(eq(u64, present, row->mark), "%s", row->name);
}

/* Where the parts are, Intel SDM 1 tables 10-2, 13.4 and figure 13-1. */
/* clang-format off */
static const struct place_row {
    const char *name;
    size_t at;
} place_rows[] = {
    {"fctrl", 0}, {"fstat", 2}, {"fop", 6}, {"fioff", 8}, {"fiseg", 12},
    {"fooff", 16}, {"foseg", 20},
    {"st1", 48}, {"xmm2", 192}, {"xmm15", 400}, {"mxcsr", 24},
    {"ymm0h", 0x240}, {"ymm15h", 0x330}, {"k7", 0x378},
    {"zmm0h", 0x380}, {"zmm15h", 0x560},
    {"xmm16", 0x580}, {"ymm16h", 0x590}, {"zmm16h", 0x5a0},
    {"xmm31", 0x940}, {"ymm31h", 0x950}, {"zmm31h", 0x960}, {"pkru", 5000},
};
/* clang-format on */

ParameterizedTestParameters(regs, places)
{
    return row_numbers(ROWS(place_rows));
}

ParameterizedTest(const size_t *i, regs, places)
{
    const struct place_row *row = &place_rows[*i];

    begin_cpu(CPU_LARGE);
    fake_kvm.xsave[row->at] = 0x5a;
    cr_expect(
        eq(u64, value_of(describe(CPU_MODE_LONG, false), row->name), 0x5a),
        "%s", row->name);
}

/* --- what is just still taken --- */

/* clang-format off */
static const struct edge_row {
    const char *name;
    uint64_t value;
} edge_rows[] = {
    {"cr8",       15},
    {"gs_base",   (UINT64_C(1) << 47) - 1},
    {"gs_base",   -(UINT64_C(1) << 47)},
    {"gdtr_base", (UINT64_C(1) << 47) - 1},
    {"cs_base",   UINT32_MAX},
    {"ds_base",   UINT32_MAX},
    {"ds_limit",  0xfffff},
    {"cs_attr",   0x209b}, /* L: 64-bit code */
    {"cs_attr",   0x409b}, /* D: 32-bit code */
    {"cs_attr",   0x109b}, /* AVL */
};
/* clang-format on */

ParameterizedTestParameters(regs, edges)
{
    return row_numbers(ROWS(edge_rows));
}

ParameterizedTest(const size_t *i, regs, edges)
{
    const struct edge_row *row = &edge_rows[*i];
    const struct rsp_desc *desc;
    struct diag diag = {""};

    begin_cpu(CPU_LARGE);
    desc = describe(CPU_MODE_LONG, false);
    cr_expect(zero(int, set_reg(desc, row->name, row->value, &diag)), "%s: %s",
              row->name, diag.text);
    cr_expect(eq(u64, value_of(desc, row->name), row->value), "%s", row->name);
}

/* --- refusals --- */

/* clang-format off */
static const struct refusal_row {
    const char *name;
    uint64_t value;
    const char *why; /* part of the sentence */
} refusal_rows[] = {
    {"cr4",          FAKE_CR4_RESERVED,           "KVM refuses"},
    {"cr0",          0x10 | FAKE_CR0_DROPPED,     "does not keep"},
    {"cr8",          16,                          "4 bits"},
    {"efer",         0x400,                       "LMA is read-only"},
    {"efer",         2,                           "no others"},
    {"xcr0",         2,                           "KVM refuses"},
    {"eflags",       0x20002,                     "VM"},
    {"ip",           UINT64_C(1) << 32,           "CS ends"},
    {"ip",           0x10000,                     "CS ends"},
    {"rip",          0x10000,                     "does not reach"},
    {"rsp",          0x10000,                     "does not reach"},
    {"fctrl",        0x10000,                     "16 bits"},
    {"ftag",         0x10000,                     "16 bits"},
    {"ds",           0x10000,                     "no segment for it"},
    {"gs_base",      UINT64_C(1) << 47,           "not canonical"},
    {"gdtr_base",    UINT64_C(1) << 63,           "not canonical"},
    {"cs_base",      UINT64_C(1) << 32,           "32 bits"},
    {"ds_limit",     0x100000,                    "a page"},
    {"ss_attr",      0x6093,                      "exclude"},
    {"ss_attr",      0x100,                       "only bits"},
    {"tr_attr",      0x808b,                      "limit"},
    {"cs_attr",      0x10000,                     "never has"},
    {"cs_attr",      0x91,                        "never has"},
    {"ss_attr",      0x91,                        "never has"},
    {"ds_attr",      0x99,                        "never has"},
    {"fs_attr",      0x92,                        "never has"},
    {"gs_attr",      0x13,                        "never has"},
    {"ldtr_attr",    0x92,                        "never has"},
    {"tr_attr",      0x89,                        "never has"},
    {"tr_attr",      0x10000,                     "never has"},
    {"mtrr_cap",     1,                           "KVM refuses"},
    {"sysenter_eip", UINT64_C(1) << 32,           "does not keep"},
    {"rip",          UINT64_C(1) << 32,           "does not reach"},
};
/* clang-format on */

ParameterizedTestParameters(regs, refusals)
{
    return row_numbers(ROWS(refusal_rows));
}

ParameterizedTest(const size_t *i, regs, refusals)
{
    const struct refusal_row *row = &refusal_rows[*i];
    struct fake_kvm before;
    struct diag diag = {""};
    uint64_t was;

    begin_cpu(CPU_AVX);
    const struct rsp_desc *desc = describe(CPU_MODE_LONG, false);
    before = fake_kvm;
    was = value_of(desc, row->name);
    cr_expect(lt(int, set_reg(desc, row->name, row->value, &diag), 0), "%s",
              row->name);
    cr_expect(ne(ptr, strstr(diag.text, row->why), NULL), "%s: %s", row->name,
              diag.text);
    cr_expect(eq(u64, value_of(desc, row->name), was), "%s", row->name);
    forget();
    cr_expect(eq(u64, value_of(desc, row->name), was), "%s", row->name);
    before.calls = fake_kvm.calls;
    cr_expect(zero(int, memcmp(&before, &fake_kvm, sizeof before)), "%s",
              row->name);
}

/* A CPU in real mode has the base that a selector says. */
Test(regs, a_selector_loads_its_segment)
{
    struct diag diag;

    begin_cpu(CPU_AVX);
    const struct rsp_desc *desc = describe(CPU_MODE_REAL, false);
    cr_assert(eq(int, set_reg(desc, "ds", 0x1234, &diag), 0));
    cr_expect(eq(u64, value_of(desc, "ds_base"), 0x12340));
    cr_expect(eq(u64, fake_kvm.sregs.ds.base, 0x12340));
}

/* With nothing of a descriptor's, and not in CS (Intel SDM 3A 3.4.2). */
Test(regs, a_null_selector_unloads_a_segment)
{
    struct diag diag;

    begin_cpu(CPU_AVX);
    const struct rsp_desc *desc = describe(CPU_MODE_PROT, false);
    x86_sys(cpu)->cr0 |= X86_CR0_PE;
    cr_assert(eq(int, set_reg(desc, "ds", 3, &diag), 0));
    cr_expect(eq(u64, value_of(desc, "ds"), 3));
    cr_expect(eq(u64, value_of(desc, "ds_attr"), 0x10000));
    cr_expect(lt(int, set_reg(desc, "cs", 3, &diag), 0));
}

/* In a 16-bit stack sp is SS and SP; what is above SP stays. */
Test(regs, sp_is_as_wide_as_the_stack)
{
    struct diag diag;

    begin_cpu(CPU_AVX);
    const struct rsp_desc *desc = describe(CPU_MODE_REAL, false);
    x86_gp(cpu)->rsp = 0x12345678;
    x86_sys(cpu)->ss.base = 0x10000;
    cr_expect(eq(u64, value_of(desc, "esp"), 0x15678));
    cr_assert(eq(int, set_reg(desc, "esp", 0x1abcd, &diag), 0));
    cr_expect(eq(u64, x86_gp(cpu)->rsp, 0x1234abcd));
    x86_sys(cpu)->ss.db = 1;
    cr_expect(eq(u64, value_of(desc, "esp"), 0x1235abcd));
}

/* A CPU's pc wraps at 4 GiB, and so does a wish for one. */
Test(regs, pc_wraps)
{
    struct diag diag;

    begin_cpu(CPU_AVX);
    const struct rsp_desc *desc = describe(CPU_MODE_PROT, false);
    x86_sys(cpu)->cs.base = 0xfffff000;
    cr_assert(eq(int, set_reg(desc, "eip", 0x10, &diag), 0));
    cr_expect(eq(u64, value_of(desc, "ip"), 0x1010));
    cr_expect(eq(u64, value_of(desc, "eip"), 0x10));
}

/* Both let a halted CPU go on elsewhere. */
Test(regs, a_new_pc_ends_a_halt)
{
    static const char *const names[] = {"eip", "ip"};
    struct diag diag;

    begin_cpu(CPU_AVX);
    const struct rsp_desc *desc = describe(CPU_MODE_REAL, false);
    for (size_t i = 0; i < ROWS(names); i++) {
        cpu->halted = true;
        cr_assert(eq(int, set_reg(desc, names[i], i + 1, &diag), 0));
        cr_expect(not(cpu->halted), "%s", names[i]);
    }
}

/* Paging on with LME is long mode (Intel SDM 3A 10.8.5). */
Test(regs, lma_follows_paging)
{
    struct diag diag;

    begin_cpu(CPU_AVX);
    const struct rsp_desc *desc = describe(CPU_MODE_LONG, false);
    cr_assert(eq(int, set_reg(desc, "efer", 0x100, &diag), 0));
    cr_assert(eq(int, set_reg(desc, "cr0", 0x80000011, &diag), 0));
    cr_expect(eq(u64, value_of(desc, "efer"), 0x500));
    cr_assert(eq(int, set_reg(desc, "cr0", 0x11, &diag), 0));
    cr_expect(eq(u64, value_of(desc, "efer"), 0x100));
}

/* KVM_RUN takes CR8 from the run page (KVM api.rst, "kvm_run"). */
Test(regs, cr8_is_in_the_run_page)
{
    struct diag diag;

    begin_cpu(CPU_AVX);
    cr_assert(
        eq(int, set_reg(describe(CPU_MODE_LONG, false), "cr8", 5, &diag), 0));
    cr_expect(eq(u64, cpu->run->cr8, 5));
    cr_expect(eq(u64, fake_kvm.sregs.cr8, 5));
}

/* --- what it costs --- */

/* clang-format off */
static const struct cost_row {
    const char *name;
    unsigned calls;
} cost_rows[] = {
    {"rip", 0}, {"eflags", 0}, {"cs", 0}, {"cs_attr", 0}, {"cr0", 0},
    {"efer", 0}, {"gdtr_base", 0},
    {"st0", 1}, {"xmm0", 1}, {"zmm31h", 1}, {"xcr0", 1}, {"dr7", 1},
    {"lstar", 1}, {"tsc", 1},
};
/* clang-format on */

ParameterizedTestParameters(regs, costs)
{
    return row_numbers(ROWS(cost_rows));
}

ParameterizedTest(const size_t *i, regs, costs)
{
    const struct cost_row *row = &cost_rows[*i];

    begin_cpu(CPU_AVX512);
    const struct rsp_desc *desc = describe(CPU_MODE_LONG, false);
    fake_kvm.calls = 0;
    (void)value_of(desc, row->name);
    cr_expect(eq(uint, fake_kvm.calls, row->calls), "%s", row->name);
}

/* XSAVE, XCR0, debug registers, MSRs: one each, however many registers. */
Test(regs, all_of_them_cost_four_calls)
{
    uint8_t value[RSP_REG_MAX_BYTES];

    begin_cpu(CPU_AVX512);
    const struct rsp_desc *desc = describe(CPU_MODE_LONG, false);
    fake_kvm.calls = 0;
    for (size_t i = 0; i < desc->n_regs; i++)
        cr_expect(eq(int, read_reg(&desc->regs[i], value), 0), "%s",
                  desc->regs[i].name);
    cr_expect(eq(uint, fake_kvm.calls, 4));
}

/* What GDB does after it has called a function of the guest; MTRR_CAP cannot
 * be written at all. */
Test(regs, the_same_value_is_no_write)
{
    uint8_t value[RSP_REG_MAX_BYTES];
    struct diag diag;

    begin_cpu(CPU_AVX512);
    const struct rsp_desc *desc = describe(CPU_MODE_LONG, false);
    cr_assert(eq(int,
                 x86_fetch(cpu, X86_BANK_XSAVE | X86_BANK_XCR | X86_BANK_DEBUG |
                                    X86_BANK_MSR),
                 0));
    fake_kvm.calls = 0;
    for (size_t i = 0; i < desc->n_regs; i++) {
        const struct rsp_reg *reg = &desc->regs[i];

        cr_assert(eq(int, read_reg(reg, value), 0), "%s", reg->name);
        cr_expect(eq(int, stub_reg_write(cpu, reg, value, &diag), 0), "%s",
                  reg->name);
    }
    cr_expect(zero(uint, fake_kvm.calls));
}

/* --- MSRs --- */

Test(regs, msrs_by_index)
{
    uint64_t value;

    begin_cpu(CPU_AVX);
    cr_expect(eq(int, x86_msr_write(cpu, 0xc0000081, 7), 0));
    cr_expect(eq(int, x86_msr_read(cpu, 0xc0000081, &value), 0));
    cr_expect(eq(u64, value, 7));
    cr_expect(eq(int, x86_msr_read(cpu, 0x12345, &value), -ENOENT));
    cr_expect(eq(int, x86_msr_write(cpu, 0x12345, 0), -EINVAL));
    cr_expect(eq(int, x86_msr_write(cpu, FAKE_MSR_CONSTANT, 0), -EINVAL));
    cr_expect(eq(int, x86_msr_write(cpu, X86_MSR_EFER, 0x100), 0));
    x86_sys(cpu)->cr0 |= X86_CR0_PG;
    cr_expect(eq(int, x86_msr_write(cpu, X86_MSR_EFER, 0x100), -EINVAL));
}

/* EFER and the like are system registers too, which then are another. */
Test(regs, an_msr_write_is_seen_everywhere)
{
    begin_cpu(CPU_AVX);
    const struct rsp_desc *desc = describe(CPU_MODE_LONG, false);
    (void)value_of(desc, "star");
    fake_kvm.sregs.efer = 0x800; /* as KVM would, by the write below */
    cr_assert(eq(int, x86_msr_write(cpu, 0xc0000081, 9), 0));
    cr_expect(eq(u64, value_of(desc, "star"), 9));
    cr_expect(eq(u64, value_of(desc, "efer"), 0x800));
}
