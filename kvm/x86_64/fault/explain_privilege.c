/* SPDX-License-Identifier: MIT */
/* What code with few privileges may not do: Intel SDM 3A 5.9, 1 19.5. */
#include <stdio.h>

#include "kvm/x86_64/fault/explain_case.h"
#include "kvm/x86_64/fault/explain_kinds.h"
#include "kvm/x86_64/state/linear.h"
#include "kvm/x86_64/state/state.h"

#define CR4_TSD  UINT64_C(0x4)
#define CR4_PCE  UINT64_C(0x100)
#define CR4_UMIP UINT64_C(0x800)

static unsigned iopl(const struct explain *e)
{
    return e->gp->rflags >> 12 & 3;
}

/* --- ports --- */

static bool is_io(const struct explain *e)
{
    return e->at->insn.meta.category == ZYDIS_CATEGORY_IO ||
           e->at->insn.meta.category == ZYDIS_CATEGORY_IOSTRINGOP;
}

static uint16_t port_of(const struct explain *e)
{
    for (unsigned i = 0; i < e->at->insn.operand_count; i++) {
        if (e->at->op[i].type == ZYDIS_OPERAND_TYPE_IMMEDIATE)
            return (uint8_t)e->at->op[i].imm.value.u;
        if (e->at->op[i].type == ZYDIS_OPERAND_TYPE_REGISTER &&
            e->at->op[i].reg.value == ZYDIS_REGISTER_DX)
            break;
    }
    return (uint16_t)e->gp->rdx;
}

/* Of the port: that of AL, AX or EAX, or of what is stored. */
static unsigned io_size(const struct explain *e)
{
    return e->at->insn.operand_width / 8 ? e->at->insn.operand_width / 8 : 1;
}

/* The bitmap in the task state has a bit for each port, set where it is
 * forbidden. */
static bool bitmap_allows(const struct explain *e, uint16_t port, unsigned size)
{
    enum { BASE_AT = 0x66 };
    const struct kvm_segment *tr = &e->sys->tr;
    uint64_t base;
    uint64_t bits;

    if (x86_read_number(e->vcpu, tr->base + BASE_AT, 2, &base) < 0 ||
        base + port / 8 + 1 > tr->limit ||
        x86_read_number(e->vcpu, tr->base + base + port / 8, 2, &bits) < 0)
        return false;
    return !(bits >> port % 8 & ((1u << size) - 1));
}

static bool explain_port(struct explain *e)
{
    uint16_t port = port_of(e);
    char name[96];

    if (!is_io(e) || (e->cpl <= iopl(e) && !e->is_real) ||
        !(e->sys->cr0 & X86_CR0_PE) || bitmap_allows(e, port, io_size(e)))
        return false;
    explain_name(e, name, sizeof name);
    return explain_raise(e, X86_GP, 0,
                         "%s: port 0x%x at CPL %u, while RFLAGS.IOPL is %u and "
                         "the task's I/O bitmap does not allow it",
                         name, port, e->cpl, iopl(e));
}

/* --- flags --- */

static bool explain_interrupt_flag(struct explain *e)
{
    bool is_flag = e->at->insn.mnemonic == ZYDIS_MNEMONIC_CLI ||
                   e->at->insn.mnemonic == ZYDIS_MNEMONIC_STI;
    char name[96];

    if (!is_flag || e->cpl <= iopl(e))
        return false;
    explain_name(e, name, sizeof name);
    return explain_raise(e, X86_GP, 0, "%s at CPL %u, while RFLAGS.IOPL is %u",
                         name, e->cpl, iopl(e));
}

/* Virtual-8086 mode without IOPL 3, Intel SDM 3B 21.2.7. */
static bool explain_virtual_8086(struct explain *e)
{
    if (!(e->gp->rflags & X86_RFLAGS_VM) || iopl(e) == 3)
        return false;
    switch (e->at->insn.mnemonic) {
    case ZYDIS_MNEMONIC_PUSHF:
    case ZYDIS_MNEMONIC_PUSHFD:
    case ZYDIS_MNEMONIC_POPF:
    case ZYDIS_MNEMONIC_POPFD:
    case ZYDIS_MNEMONIC_IRET:
    case ZYDIS_MNEMONIC_IRETD:
    case ZYDIS_MNEMONIC_INT:
        return explain_refuse(e, X86_GP,
                              "virtual-8086 mode with RFLAGS.IOPL below 3");
    default:
        return false;
    }
}

/* --- instructions --- */

/* Control register bits that take an instruction from the user. */
/* clang-format off */
static const struct {
    ZydisMnemonic mnemonic;
    uint64_t bit;
    bool when_set;
    const char *why;
} withheld[] = {
    {ZYDIS_MNEMONIC_RDTSC,  CR4_TSD,  true,  "CR4.TSD keeps it for CPL 0"},
    {ZYDIS_MNEMONIC_RDTSCP, CR4_TSD,  true,  "CR4.TSD keeps it for CPL 0"},
    {ZYDIS_MNEMONIC_RDPMC,  CR4_PCE,  false, "CR4.PCE is clear: CPL 0 only"},
    {ZYDIS_MNEMONIC_SGDT,   CR4_UMIP, true,  "CR4.UMIP keeps it for CPL 0"},
    {ZYDIS_MNEMONIC_SIDT,   CR4_UMIP, true,  "CR4.UMIP keeps it for CPL 0"},
    {ZYDIS_MNEMONIC_SLDT,   CR4_UMIP, true,  "CR4.UMIP keeps it for CPL 0"},
    {ZYDIS_MNEMONIC_SMSW,   CR4_UMIP, true,  "CR4.UMIP keeps it for CPL 0"},
    {ZYDIS_MNEMONIC_STR,    CR4_UMIP, true,  "CR4.UMIP keeps it for CPL 0"},
};
/* clang-format on */

static bool explain_withheld(struct explain *e)
{
    for (size_t i = 0; i < sizeof withheld / sizeof withheld[0]; i++)
        if (withheld[i].mnemonic == e->at->insn.mnemonic && e->cpl > 0 &&
            !(e->sys->cr4 & withheld[i].bit) != withheld[i].when_set)
            return explain_refuse(e, X86_GP, withheld[i].why);
    return false;
}

/* Zydis leaves some out. */
static bool is_privileged(const struct explain *e)
{
    return e->at->insn.attributes & ZYDIS_ATTRIB_IS_PRIVILEGED ||
           e->at->insn.mnemonic == ZYDIS_MNEMONIC_LGDT ||
           e->at->insn.mnemonic == ZYDIS_MNEMONIC_LIDT ||
           (e->at->insn.meta.isa_set == ZYDIS_ISA_SET_SVM &&
            e->at->insn.mnemonic != ZYDIS_MNEMONIC_VMMCALL);
}

static bool explain_privileged(struct explain *e)
{
    char name[96];

    if (!is_privileged(e) || e->cpl == 0)
        return false;
    explain_name(e, name, sizeof name);
    if (e->at->insn.meta.isa_set == ZYDIS_ISA_SET_SMAP) /* clac, stac */
        return explain_raise(e, X86_UD, 0, "%s at CPL %u: it takes CPL 0", name,
                             e->cpl);
    return explain_raise(e, X86_GP, 0,
                         "%s: a privileged instruction at CPL %u (user mode)",
                         name, e->cpl);
}

bool explain_privilege(struct explain *e)
{
    return explain_privileged(e) || explain_port(e) ||
           explain_interrupt_flag(e) || explain_virtual_8086(e) ||
           explain_withheld(e);
}
