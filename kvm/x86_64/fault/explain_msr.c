/* SPDX-License-Identifier: MIT */
/* MSRs that do not exist or do not take a value, and instructions that depend
 * on MSRs: Intel SDM 4 chapter 2, 2B (WRMSR, SYSENTER, SYSEXIT, SYSRET). */
#include <errno.h>
#include <stdio.h>

#include "kvm/x86_64/fault/explain_case.h"
#include "kvm/x86_64/fault/explain_kinds.h"
#include "kvm/x86_64/fault/explain_memory.h"
#include "kvm/x86_64/state/cpuid.h"
#include "kvm/x86_64/state/msr.h"
#include "kvm/x86_64/state/state.h"

enum { NAME_MAX = 64 };

static void name_msr(uint32_t index, char text[NAME_MAX])
{
    const char *name = x86_msr_name(index);

    (void)snprintf(text, NAME_MAX, name ? "MSR 0x%x (%s)" : "MSR 0x%x", index,
                   name);
}

/* --- wrmsr --- */

/* Bits of EFER and what says that the CPU has them. */
/* clang-format off */
static const struct {
    unsigned bit;
    const char *name;
    struct cpuid_bit needs; /* leaf 0: any 64-bit CPU */
} efer_bits[] = {
    {0,  "SCE",   {0x80000001, 0, CPUID_EDX, 11}},
    {8,  "LME",   {0x80000001, 0, CPUID_EDX, 29}},
    {10, "LMA",   {0, 0, CPUID_EAX, 0}},
    {11, "NXE",   {0x80000001, 0, CPUID_EDX, 20}},
    {12, "SVME",  {0x80000001, 0, CPUID_ECX, 2}},
    {13, "LMSLE", {0, 0, CPUID_EAX, 0}},
    {14, "FFXSR", {0x80000001, 0, CPUID_EDX, 25}},
    {15, "TCE",   {0x80000001, 0, CPUID_ECX, 17}},
    {21, "AIBRSE", {0x80000021, 0, CPUID_EAX, 8}},
};
/* clang-format on */

static bool explain_efer_bit(struct explain *e, unsigned bit)
{
    for (size_t i = 0; i < sizeof efer_bits / sizeof efer_bits[0]; i++) {
        if (efer_bits[i].bit != bit)
            continue;
        if (!efer_bits[i].needs.leaf ||
            x86_cpuid_has(e->vcpu, &efer_bits[i].needs))
            return false;
        return explain_raise(e, X86_GP, 0,
                             "wrmsr to efer: EFER.%s (bit %u): the guest's CPU "
                             "has no such feature",
                             efer_bits[i].name, bit);
    }
    return explain_raise(e, X86_GP, 0,
                         "wrmsr to efer: bit %u of EFER is reserved", bit);
}

static bool explain_efer(struct explain *e, uint64_t value)
{
    uint64_t change = value ^ e->sys->efer;

    for (uint64_t more = change & value; more; more &= more - 1)
        if (explain_efer_bit(e, (unsigned)__builtin_ctzll(more)))
            return true;
    return change & X86_EFER_LME && e->sys->cr0 & X86_CR0_PG &&
           explain_raise(e, X86_GP, 0,
                         "wrmsr to efer: EFER.LME (bit 8) cannot be changed "
                         "while CR0.PG is set");
}

/* AMD's CPUs take any address in the last two (AMD APM 2 6.1.2). */
static bool is_address(const struct explain *e, uint32_t index)
{
    return index == X86_MSR_LSTAR || index == X86_MSR_CSTAR ||
           index == X86_MSR_FS_BASE || index == X86_MSR_GS_BASE ||
           index == X86_MSR_K_GS_BASE ||
           (!e->vcpu->arch->is_amd &&
            (index == X86_MSR_SYSENTER_ESP || index == X86_MSR_SYSENTER_EIP));
}

/* Memory types are 0, 1 and 4 to 7 (Intel SDM 3A 12.12.2). */
static bool explain_pat(struct explain *e, uint64_t value)
{
    enum { TYPES = 0xf3 };

    for (unsigned i = 0; i < 8; i++) {
        unsigned type = value >> 8 * i & 0xff;

        if (type > 7 || !(TYPES >> type & 1))
            return explain_raise(e, X86_GP, 0,
                                 "wrmsr to pat: entry %u is %u, which is no "
                                 "memory type",
                                 i, type);
    }
    return false;
}

static bool explain_value_of(struct explain *e, uint32_t index, uint64_t value)
{
    char name[NAME_MAX];

    if (index == X86_MSR_EFER)
        return explain_efer(e, value);
    if (index == X86_MSR_PAT)
        return explain_pat(e, value);
    if (!is_address(e, index) || explain_canonical(e, value))
        return false;
    name_msr(index, name);
    return explain_raise(e, X86_GP, 0,
                         "wrmsr: %s does not take 0x%llx, which is not "
                         "canonical",
                         name, (unsigned long long)value);
}

/* --- rdmsr and wrmsr --- */

static bool msr_is_access(const struct explain *e)
{
    return e->at->insn.mnemonic == ZYDIS_MNEMONIC_RDMSR ||
           e->at->insn.mnemonic == ZYDIS_MNEMONIC_WRMSR;
}

static bool explain_msr_access(struct explain *e)
{
    uint32_t index = (uint32_t)e->gp->rcx;
    uint64_t value = (uint32_t)e->gp->rax | e->gp->rdx << 32;
    bool is_write = e->at->insn.mnemonic == ZYDIS_MNEMONIC_WRMSR;
    const char *insn = is_write ? "wrmsr" : "rdmsr";
    char name[NAME_MAX];
    uint64_t old;

    name_msr(index, name);
    if (x86_msr_read(e->vcpu, index, &old) == -ENOENT)
        return explain_raise(e, X86_GP, 0, "%s: the guest has no %s", insn,
                             name);
    if (is_write && explain_value_of(e, index, value))
        return true;
    if (!explain_may(e, X86_GP))
        return false;
    if (is_write)
        return explain_raise(e, X86_GP, 0, "wrmsr: %s does not take 0x%llx",
                             name, (unsigned long long)value);
    return explain_raise(e, X86_GP, 0, "rdmsr: %s cannot be read by the guest",
                         name);
}

/* --- what depends on MSRs --- */

static bool msr_is_null_selector(struct explain *e)
{
    uint64_t value;

    return x86_msr_read(e->vcpu, X86_MSR_SYSENTER_CS, &value) == 0 &&
           !(value & 0xfffc);
}

static bool explain_msr_sysenter(struct explain *e)
{
    const char *insn = e->at->insn.mnemonic == ZYDIS_MNEMONIC_SYSENTER
                           ? "sysenter"
                           : "sysexit";

    char name[NAME_MAX];

    if (!msr_is_null_selector(e))
        return false;
    name_msr(X86_MSR_SYSENTER_CS, name);
    return explain_raise(e, X86_GP, 0, "%s: %s holds the null selector", insn,
                         name);
}

/* The return address of SYSRET and SYSEXIT. */
static bool explain_msr_return(struct explain *e, const char *insn,
                               const char *reg, uint64_t target)
{
    return e->at->insn.operand_width == 64 && !explain_canonical(e, target) &&
           explain_raise(e, X86_GP, 0,
                         "%s: %s is 0x%llx, which is not "
                         "canonical",
                         insn, reg, (unsigned long long)target);
}

/* wrfsbase, wrgsbase: 64 bits of them are an address. */
static bool explain_base(struct explain *e)
{
    uint64_t value;

    return e->at->insn.operand_width == 64 && explain_operand(e, 0, &value) &&
           !explain_canonical(e, value) &&
           explain_raise(e, X86_GP, 0, "%s: 0x%llx is not canonical",
                         ZydisMnemonicGetString(e->at->insn.mnemonic),
                         (unsigned long long)value);
}

static bool explain_key(struct explain *e)
{
    bool high =
        e->at->insn.mnemonic == ZYDIS_MNEMONIC_WRPKRU && (uint32_t)e->gp->rdx;

    if (!(uint32_t)e->gp->rcx && !high)
        return false;
    return explain_raise(e, X86_GP, 0, "%s: %s is not 0",
                         ZydisMnemonicGetString(e->at->insn.mnemonic),
                         high ? "EDX" : "ECX");
}

static bool explain_counter(struct explain *e)
{
    return explain_may(e, X86_GP) &&
           explain_raise(e, X86_GP, 0, "rdpmc: the guest has no counter 0x%x",
                         (uint32_t)e->gp->rcx);
}

bool explain_msr(struct explain *e)
{
    if (msr_is_access(e))
        return explain_msr_access(e);
    switch (e->at->insn.mnemonic) {
    case ZYDIS_MNEMONIC_SYSENTER:
        return explain_msr_sysenter(e);
    case ZYDIS_MNEMONIC_SYSEXIT:
        return explain_msr_sysenter(e) ||
               explain_msr_return(e, "sysexit", "RDX", e->gp->rdx) ||
               explain_msr_return(e, "sysexit", "RCX", e->gp->rcx);
    case ZYDIS_MNEMONIC_SYSRET:
        return explain_msr_return(e, "sysret", "RCX", e->gp->rcx);
    case ZYDIS_MNEMONIC_WRFSBASE:
    case ZYDIS_MNEMONIC_WRGSBASE:
        return explain_base(e);
    case ZYDIS_MNEMONIC_RDPKRU:
    case ZYDIS_MNEMONIC_WRPKRU:
        return explain_key(e);
    case ZYDIS_MNEMONIC_RDPMC:
        return explain_counter(e);
    default:
        return false;
    }
}
