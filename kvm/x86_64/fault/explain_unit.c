/* SPDX-License-Identifier: MIT */
/*
 * Errors of the x87 FPU and of SSE, checks of alignment, and debug exceptions:
 * what the units' own status says. Intel SDM 1 8.6, 11.5; 3B 18.2.3.
 */
#include <stdio.h>
#include <string.h>

#include "kvm/x86_64/fault/explain_case.h"
#include "kvm/x86_64/fault/explain_kinds.h"
#include "kvm/x86_64/state/state.h"

#define CR0_NE    UINT64_C(0x20)
#define CR0_AM    UINT64_C(0x40000)
#define CR4_OSXMM UINT64_C(0x400)

/* In the legacy area of XSAVE, Intel SDM 1 table 10-2. */
enum { FCW_AT = 0, FSW_AT = 2, MXCSR_AT = 24 };
/* Six errors; in FSW and MXCSR they are bits 5:0, masks in FCW 5:0 and in MXCSR
 * 12:7. */
enum { ERRORS = 0x3f, FSW_ES = 0x80, MXCSR_MASKS = 7 };

static bool legacy_area(struct vcpu *vcpu, const uint8_t **ret)
{
    *ret = (const uint8_t *)vcpu->arch->xsave;
    return x86_fetch(vcpu, X86_BANK_XSAVE) == 0;
}

static void list_errors(unsigned errors, char *text, size_t cap)
{
    static const char *const names[] = {
        "invalid operation", "denormal operand", "division by zero",
        "overflow",          "underflow",        "inexact result",
    };
    size_t at = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < 6 && at < cap; i++)
        if (errors >> i & 1)
            at += (size_t)snprintf(text + at, cap - at, "%s%s", at ? ", " : "",
                                   names[i]);
}

/* --- x87 --- */

/* Those do not wait for an error to be handled, Intel SDM 1 8.6. */
static bool unit_waits(const struct explain *e)
{
    switch (e->at->insn.mnemonic) {
    case ZYDIS_MNEMONIC_FNINIT:
    case ZYDIS_MNEMONIC_FNSTSW:
    case ZYDIS_MNEMONIC_FNSTCW:
    case ZYDIS_MNEMONIC_FNCLEX:
    case ZYDIS_MNEMONIC_FNSTENV:
    case ZYDIS_MNEMONIC_FNSAVE:
        return false;
    default:
        return e->at->insn.meta.isa_ext == ZYDIS_ISA_EXT_X87 ||
               e->at->insn.meta.isa_ext == ZYDIS_ISA_EXT_MMX;
    }
}

static bool explain_unit_x87(struct explain *e)
{
    const uint8_t *area;
    uint16_t control;
    uint16_t status;
    char errors[100];
    char name[96];

    if (!unit_waits(e) || !legacy_area(e->vcpu, &area))
        return false;
    memcpy(&control, area + FCW_AT, sizeof control);
    memcpy(&status, area + FSW_AT, sizeof status);
    if (!(e->sys->cr0 & CR0_NE) || !(status & FSW_ES))
        return false;
    list_errors(status & ~control & ERRORS, errors, sizeof errors);
    explain_name(e, name, sizeof name);
    return explain_raise(e, X86_MF, 0,
                         "%s finds an earlier error of the FPU: %s (status "
                         "0x%x, control 0x%x)",
                         name, errors, status, control);
}

/* --- SSE --- */

/* Floating-point arithmetic, Intel SDM 2A 2.4: classes 2 and 3. */
static bool unit_computes(const struct explain *e)
{
    switch (e->at->insn.meta.exception_class) {
    case ZYDIS_EXCEPTION_CLASS_SSE2:
    case ZYDIS_EXCEPTION_CLASS_SSE3:
    case ZYDIS_EXCEPTION_CLASS_AVX2:
    case ZYDIS_EXCEPTION_CLASS_AVX3:
    case ZYDIS_EXCEPTION_CLASS_E2:
    case ZYDIS_EXCEPTION_CLASS_E3:
        return true;
    default:
        return false;
    }
}

/* The flags are set before the exception is raised, and stay. Without
 * CR4.OSXMMEXCPT it is an invalid opcode. */
static bool explain_simd(struct explain *e)
{
    int vector = e->sys->cr4 & CR4_OSXMM ? X86_XM : X86_UD;
    const uint8_t *area;
    uint32_t mxcsr;
    char errors[100];
    char name[96];

    if (!explain_may(e, vector) || !unit_computes(e) ||
        !legacy_area(e->vcpu, &area))
        return false;
    memcpy(&mxcsr, area + MXCSR_AT, sizeof mxcsr);
    if (!(mxcsr & ~(mxcsr >> MXCSR_MASKS) & ERRORS))
        return false;
    list_errors(mxcsr & ~(mxcsr >> MXCSR_MASKS) & ERRORS, errors,
                sizeof errors);
    explain_name(e, name, sizeof name);
    return explain_raise(
        e, vector, 0, "%s: %s (MXCSR 0x%x)%s", name, errors, mxcsr,
        vector == X86_UD ? ", while CR4.OSXMMEXCPT is clear" : "");
}

/* The state that is to be loaded: reserved bits of MXCSR, of XRSTOR's header.
 */
static bool explain_state(struct explain *e)
{
    char name[96];

    switch (e->at->insn.mnemonic) {
    case ZYDIS_MNEMONIC_LDMXCSR:
    case ZYDIS_MNEMONIC_FXRSTOR:
    case ZYDIS_MNEMONIC_FXRSTOR64:
    case ZYDIS_MNEMONIC_XRSTOR:
    case ZYDIS_MNEMONIC_XRSTOR64:
    case ZYDIS_MNEMONIC_XRSTORS:
    case ZYDIS_MNEMONIC_XRSTORS64:
        break;
    default:
        return false;
    }
    explain_name(e, name, sizeof name);
    return explain_may(e, X86_GP) &&
           explain_raise(e, X86_GP, 0,
                         "%s: what it loads has reserved bits set", name);
}

/* --- alignment --- */

/* Intel SDM 3A 6.15, "Interrupt 17". */
static bool explain_unaligned(struct explain *e)
{
    char name[96];

    if (e->cpl != 3 || !(e->sys->cr0 & CR0_AM) ||
        !(e->gp->rflags & X86_RFLAGS_AC))
        return false;
    for (unsigned i = 0; i < e->at->n_accesses; i++) {
        const struct operand *o = &e->at->access[i];

        if (o->size < 2 || o->size > 8 || o->gva % o->size == 0)
            continue;
        explain_name(e, name, sizeof name);
        return explain_raise(e, X86_AC, 0,
                             "%s: 0x%llx is not a multiple of %u, while CR0.AM "
                             "and RFLAGS.AC are set",
                             name, (unsigned long long)o->gva, o->size);
    }
    return false;
}

/* --- debug exceptions --- */

/* DR6, Intel SDM 3B 18.2.3. */
bool explain_debug(struct explain *e)
{
    enum { POINTS = 0xf, BD = 0x2000, BS = 0x4000, BT = 0x8000 };
    uint64_t dr6;

    if (e->raised != X86_DB || x86_fetch(e->vcpu, X86_BANK_DEBUG) < 0)
        return false;
    dr6 = e->vcpu->arch->debugregs.dr6;
    return explain_raise(
        e, X86_DB, 0, "%s (DR6 0x%llx)",
        dr6 & POINTS ? "a breakpoint in the guest's debug registers"
        : dr6 & BD   ? "an access to a debug register, while DR7.GD was set"
        : dr6 & BS   ? "a single step: RFLAGS.TF was set"
        : dr6 & BT   ? "a task switch, to a TSS with its T bit set"
                     : "of unknown cause",
        (unsigned long long)dr6);
}

bool explain_unit(struct explain *e)
{
    return explain_unit_x87(e) || explain_unaligned(e) || explain_simd(e) ||
           explain_state(e) || explain_debug(e);
}
