/* SPDX-License-Identifier: MIT */
/* Values that control registers, debug registers, XCR0 and the bases of
 * descriptor tables do not take: which bit, and why. Intel SDM 3A 2.5, 2.6. */
#include <stdio.h>

#include "kvm/vm/types.h"
#include "kvm/x86_64/fault/explain_case.h"
#include "kvm/x86_64/fault/explain_kinds.h"
#include "kvm/x86_64/fault/explain_memory.h"
#include "kvm/x86_64/state/cpuid.h"
#include "kvm/x86_64/state/linear.h"
#include "kvm/x86_64/state/state.h"

#define CR0_NW    (UINT64_C(1) << 29)
#define CR0_CD    (UINT64_C(1) << 30)
#define CR0_WP    (UINT64_C(1) << 16)
#define CR4_PAE   (UINT64_C(1) << 5)
#define CR4_PCIDE (UINT64_C(1) << 17)
#define CR4_CET   (UINT64_C(1) << 23)

/* Bit, why. */
static bool refuse_bit(struct explain *e, const char *reg, unsigned bit,
                       const char *why)
{
    char name[96];

    explain_name(e, name, sizeof name);
    return explain_raise(e, X86_GP, 0, "%s: bit %u of %s %s", name, bit, reg,
                         why);
}

static unsigned lowest_bit(uint64_t value)
{
    return (unsigned)__builtin_ctzll(value);
}

/* --- CR0 --- */

static bool control_is_long(const struct explain *e)
{
    return e->sys->efer & X86_EFER_LMA;
}

static bool explain_paging_on(struct explain *e)
{
    if (!(e->sys->efer & X86_EFER_LME))
        return false;
    if (!(e->sys->cr4 & CR4_PAE))
        return explain_refuse(e, X86_GP,
                              "CR0.PG (bit 31) with EFER.LME needs CR4.PAE");
    return e->sys->cs.l &&
           explain_refuse(
               e, X86_GP,
               "CR0.PG (bit 31) with EFER.LME: CS is 64-bit code already "
               "(CS.L)");
}

static bool explain_paging_off(struct explain *e)
{
    if (e->at->mode == INSN_MODE_64)
        return explain_refuse(
            e, X86_GP, "CR0.PG (bit 31) cannot be turned off in 64-bit code");
    return e->sys->cr4 & CR4_PCIDE &&
           explain_refuse(
               e, X86_GP,
               "CR0.PG (bit 31) cannot be turned off while CR4.PCIDE is "
               "set");
}

static bool explain_cr0(struct explain *e, uint64_t value)
{
    uint64_t change = value ^ e->sys->cr0;

    if (value >> 32)
        return refuse_bit(e, "CR0", lowest_bit(value >> 32) + 32,
                          "is reserved");
    if (value & X86_CR0_PG && !(value & X86_CR0_PE))
        return explain_refuse(e, X86_GP,
                              "CR0.PG (bit 31) needs CR0.PE (bit 0)");
    if (value & CR0_NW && !(value & CR0_CD))
        return explain_refuse(e, X86_GP,
                              "CR0.NW (bit 29) needs CR0.CD (bit 30)");
    if (!(value & CR0_WP) && e->sys->cr4 & CR4_CET)
        return explain_refuse(
            e, X86_GP,
            "CR0.WP (bit 16) cannot be turned off while CR4.CET "
            "is set");
    if (!(change & X86_CR0_PG))
        return false;
    return value & X86_CR0_PG ? explain_paging_on(e) : explain_paging_off(e);
}

/* --- PDPTEs --- */

/* PAE's four top entries are loaded with CR3, and when CR0.PG, CR4.PAE and the
 * like change: Intel SDM 3A 4.4.1. */
static bool explain_pdptes(struct explain *e, uint64_t cr0, uint64_t cr3,
                           uint64_t cr4)
{
    struct paging paging = x86_paging(e->vcpu);
    struct walk_fault fault;
    struct page page;
    char why[120];

    paging.cr0 = cr0;
    paging.cr3 = cr3;
    paging.cr4 = cr4;
    paging.has_pdpte = false;
    for (uint64_t i = 0; paging_is_pae(&paging) && i < PAGING_PDPTES; i++) {
        if (!paging_walk(&paging, &e->vcpu->vm->mem, i << 30, &page, &fault) ||
            fault.level != 3 || !fault.reserved)
            continue;
        (void)snprintf(why, sizeof why,
                       "entry %llu of the page directory pointer table (at "
                       "0x%llx: 0x%llx) has reserved bits set",
                       (unsigned long long)i,
                       (unsigned long long)fault.entry_gpa,
                       (unsigned long long)fault.entry);
        return explain_refuse(e, X86_GP, why);
    }
    return false;
}

/* --- CR3 --- */

static bool explain_cr3(struct explain *e, uint64_t value)
{
    enum { NO_FLUSH = 63 };
    unsigned width = e->vcpu->arch->maxphyaddr;
    uint64_t beyond = width && width < 63 ? value >> width << width : 0;

    if (e->sys->cr4 & CR4_PCIDE)
        beyond &= ~(UINT64_C(1) << NO_FLUSH);
    if (control_is_long(e) && beyond)
        return refuse_bit(e, "CR3", lowest_bit(beyond),
                          "is reserved: beyond the CPU's physical addresses");
    return explain_pdptes(e, e->sys->cr0, value, e->sys->cr4);
}

/* --- CR4 --- */

/* Bits of CR4 and what says that the CPU has them; leaf 0: any CPU. */
/* clang-format off */
static const struct {
    unsigned bit;
    const char *name;
    struct cpuid_bit needs;
} cr4_bits[] = {
    {0,  "VME",        LEAF1_EDX(1)},
    {1,  "PVI",        LEAF1_EDX(1)},
    {2,  "TSD",        LEAF1_EDX(4)},
    {3,  "DE",         LEAF1_EDX(2)},
    {4,  "PSE",        LEAF1_EDX(3)},
    {5,  "PAE",        LEAF1_EDX(6)},
    {6,  "MCE",        LEAF1_EDX(7)},
    {7,  "PGE",        LEAF1_EDX(13)},
    {8,  "PCE",        {0, 0, CPUID_EAX, 0}},
    {9,  "OSFXSR",     LEAF1_EDX(24)},
    {10, "OSXMMEXCPT", LEAF1_EDX(25)},
    {11, "UMIP",       LEAF7_ECX(2)},
    {12, "LA57",       LEAF7_ECX(16)},
    {13, "VMXE",       LEAF1_ECX(5)},
    {14, "SMXE",       LEAF1_ECX(6)},
    {16, "FSGSBASE",   LEAF7_EBX(0)},
    {17, "PCIDE",      LEAF1_ECX(17)},
    {18, "OSXSAVE",    LEAF1_ECX(26)},
    {20, "SMEP",       LEAF7_EBX(7)},
    {21, "SMAP",       LEAF7_EBX(20)},
    {22, "PKE",        LEAF7_ECX(3)},
    {23, "CET",        LEAF7_ECX(7)},
    {24, "PKS",        LEAF7_ECX(31)},
    {28, "LAM_SUP",    {7, 1, CPUID_EAX, 26}},
};
/* clang-format on */

/* A bit that is to be set, and is not yet. */
static bool explain_cr4_bit(struct explain *e, unsigned bit)
{
    char what[96];

    for (size_t i = 0; i < sizeof cr4_bits / sizeof cr4_bits[0]; i++) {
        if (cr4_bits[i].bit != bit)
            continue;
        if (!cr4_bits[i].needs.leaf ||
            x86_cpuid_has(e->vcpu, &cr4_bits[i].needs))
            return false;
        (void)snprintf(what, sizeof what,
                       "CR4.%s (bit %u): the guest's CPU has no such feature",
                       cr4_bits[i].name, bit);
        return explain_refuse(e, X86_GP, what);
    }
    return refuse_bit(e, "CR4", bit, "is reserved");
}

static bool explain_pcide(struct explain *e)
{
    if (!control_is_long(e))
        return explain_refuse(e, X86_GP, "CR4.PCIDE (bit 17) needs long mode");
    return e->sys->cr3 & 0xfff &&
           explain_refuse(
               e, X86_GP,
               "CR4.PCIDE (bit 17) needs a CR3 whose bits 11:0 are 0");
}

static bool explain_cr4(struct explain *e, uint64_t value)
{
    uint64_t change = value ^ e->sys->cr4;

    for (uint64_t more = change & value; more; more &= more - 1)
        if (explain_cr4_bit(e, lowest_bit(more)))
            return true;
    if (control_is_long(e) && !(value & CR4_PAE))
        return explain_refuse(
            e, X86_GP, "CR4.PAE (bit 5) cannot be turned off in long mode");
    if (control_is_long(e) && change & X86_CR4_LA57)
        return explain_refuse(
            e, X86_GP, "CR4.LA57 (bit 12) cannot be changed in long mode");
    if (change & value & CR4_PCIDE && explain_pcide(e))
        return true;
    if (value & CR4_CET && !(e->sys->cr0 & CR0_WP))
        return explain_refuse(e, X86_GP, "CR4.CET (bit 23) needs CR0.WP");
    return explain_pdptes(e, e->sys->cr0, e->sys->cr3, value);
}

/* --- mov to control and debug registers --- */

static bool explain_cr8(struct explain *e, uint64_t value)
{
    return value >> 4 &&
           refuse_bit(e, "CR8", lowest_bit(value >> 4) + 4, "is reserved");
}

static bool explain_dr(struct explain *e, ZydisRegister reg, uint64_t value)
{
    bool status = reg == ZYDIS_REGISTER_DR6 || reg == ZYDIS_REGISTER_DR4;
    bool control = reg == ZYDIS_REGISTER_DR7 || reg == ZYDIS_REGISTER_DR5;

    if (!(status || control) || !(value >> 32))
        return false;
    return refuse_bit(e, status ? "DR6" : "DR7", lowest_bit(value >> 32) + 32,
                      "is reserved");
}

static bool explain_mov(struct explain *e)
{
    ZydisRegister reg = e->at->op[0].reg.value;
    uint64_t value;

    if (e->at->insn.mnemonic != ZYDIS_MNEMONIC_MOV ||
        e->at->op[0].type != ZYDIS_OPERAND_TYPE_REGISTER ||
        !explain_operand(e, 1, &value))
        return false;
    if (reg == ZYDIS_REGISTER_CR0)
        return explain_cr0(e, value) ||
               (!(e->sys->efer & X86_EFER_LME) &&
                explain_pdptes(e, value, e->sys->cr3, e->sys->cr4));
    if (reg == ZYDIS_REGISTER_CR3)
        return explain_cr3(e, value);
    if (reg == ZYDIS_REGISTER_CR4)
        return explain_cr4(e, value);
    if (reg == ZYDIS_REGISTER_CR8)
        return explain_cr8(e, value);
    return explain_dr(e, reg, value);
}

/* --- XCR0 --- */

/* Intel SDM 1 13.3: which components go together. */
static bool explain_components(struct explain *e, uint64_t value)
{
    enum { X87 = 1, SSE = 2, AVX = 4, AVX512 = 0xe0 };
    uint64_t absent = value & ~e->vcpu->arch->layout.components;

    if (!(value & X87))
        return explain_refuse(e, X86_GP,
                              "bit 0 of XCR0 (x87) cannot be turned off");
    if (value & AVX && !(value & SSE))
        return explain_refuse(e, X86_GP,
                              "bit 2 of XCR0 (AVX) needs bit 1 (SSE)");
    if (value & AVX512 && ((value & AVX512) != AVX512 || !(value & AVX)))
        return explain_refuse(
            e, X86_GP,
            "bits 5, 6 and 7 of XCR0 (AVX-512) go together, and "
            "with bit 2 (AVX)");
    return absent && refuse_bit(e, "XCR0", lowest_bit(absent),
                                "is a component that the guest's CPU has not");
}

static bool explain_xsetbv(struct explain *e)
{
    uint64_t value = (uint32_t)e->gp->rax | e->gp->rdx << 32;
    char what[64];

    if (e->at->insn.mnemonic != ZYDIS_MNEMONIC_XSETBV &&
        e->at->insn.mnemonic != ZYDIS_MNEMONIC_XGETBV)
        return false;
    if ((uint32_t)e->gp->rcx) {
        (void)snprintf(what, sizeof what, "there is no XCR%u (ECX)",
                       (uint32_t)e->gp->rcx);
        return (uint32_t)e->gp->rcx != 1 ||
                       e->at->insn.mnemonic == ZYDIS_MNEMONIC_XSETBV
                   ? explain_refuse(e, X86_GP, what)
                   : false;
    }
    return e->at->insn.mnemonic == ZYDIS_MNEMONIC_XSETBV &&
           explain_components(e, value);
}

/* --- descriptor tables --- */

static bool explain_table(struct explain *e)
{
    uint64_t base;
    char what[96];

    if (e->at->mode != INSN_MODE_64 || !e->at->n_accesses ||
        (e->at->insn.mnemonic != ZYDIS_MNEMONIC_LGDT &&
         e->at->insn.mnemonic != ZYDIS_MNEMONIC_LIDT) ||
        x86_read_number(e->vcpu, e->at->access[0].gva + 2, 8, &base) < 0 ||
        explain_canonical(e, base))
        return false;
    (void)snprintf(what, sizeof what, "the base 0x%llx is not canonical",
                   (unsigned long long)base);
    return explain_refuse(e, X86_GP, what);
}

/* lmsw cannot turn CR0.PE off, and raises nothing then. */
bool explain_control(struct explain *e)
{
    return explain_mov(e) || explain_xsetbv(e) || explain_table(e);
}
