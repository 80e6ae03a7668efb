/* SPDX-License-Identifier: MIT */
/* What is no instruction, and instructions that the CPU does not have or that
 * its control registers forbid: #UD and #NM. */
#include <stdio.h>
#include <string.h>

#include "kvm/x86_64/fault/explain_case.h"
#include "kvm/x86_64/fault/explain_kinds.h"
#include "kvm/x86_64/state/cpuid.h"
#include "kvm/x86_64/state/state.h"

/* Intel SDM 3A 2.5, 2.2.1. */
#define CR0_MP       UINT64_C(0x2)
#define CR0_EM       UINT64_C(0x4)
#define CR0_TS       UINT64_C(0x8)
#define CR4_DE       UINT64_C(0x8)
#define CR4_OSFXSR   UINT64_C(0x200)
#define CR4_VMXE     UINT64_C(0x2000)
#define CR4_FSGSBASE UINT64_C(0x10000)
#define CR4_OSXSAVE  UINT64_C(0x40000)
#define CR4_PKE      UINT64_C(0x400000)
#define EFER_SCE     UINT64_C(0x1)
#define EFER_SVME    UINT64_C(0x1000)

#define XCR0_AVX    UINT64_C(0x6)
#define XCR0_AVX512 UINT64_C(0xe6)

/* --- what is no instruction --- */

static bool is_made_to_fault(const struct explain *e)
{
    return e->at->insn.mnemonic == ZYDIS_MNEMONIC_UD0 ||
           e->at->insn.mnemonic == ZYDIS_MNEMONIC_UD1 ||
           e->at->insn.mnemonic == ZYDIS_MNEMONIC_UD2;
}

static const char *why_undecodable(ZyanStatus status)
{
    switch (status) {
    case ZYDIS_STATUS_ILLEGAL_LOCK:
        return "the LOCK prefix before an instruction that takes none";
    case ZYDIS_STATUS_BAD_REGISTER:
        return "a register that this instruction does not take (as mov to CS)";
    default:
        return "these bytes are no instruction here";
    }
}

static void list_bytes(const struct explain *e, char *text, size_t cap)
{
    size_t at = 0;

    text[0] = '\0';
    for (size_t i = 0; i < e->at->n_bytes && i < 8 && at < cap; i++)
        at += (size_t)snprintf(text + at, cap - at, "%s%02x", i ? " " : "",
                               e->at->bytes[i]);
}

/* Zydis knows neither in real mode, where they are instructions that fault. */
static bool explain_feature_sysenter(struct explain *e)
{
    enum { PREFIX = 0x0f, SYSENTER = 0x34, SYSEXIT = 0x35 };

    if (e->sys->cr0 & X86_CR0_PE || e->at->n_bytes < 2 ||
        e->at->bytes[0] != PREFIX ||
        (e->at->bytes[1] != SYSENTER && e->at->bytes[1] != SYSEXIT))
        return false;
    return explain_raise(e, X86_GP, 0, "%s: it needs protected mode",
                         e->at->bytes[1] == SYSENTER ? "sysenter" : "sysexit");
}

bool explain_opcode(struct explain *e)
{
    char bytes[32];

    if (ZYAN_SUCCESS(e->at->status)) {
        if (is_made_to_fault(e))
            return explain_raise(e, X86_UD, 0,
                                 "an instruction that is made to fault");
        return false;
    }
    if (explain_feature_sysenter(e))
        return true;
    if (e->at->status == ZYDIS_STATUS_INSTRUCTION_TOO_LONG)
        return explain_raise(e, X86_GP, 0,
                             "an instruction of more than 15 bytes");
    list_bytes(e, bytes, sizeof bytes);
    return explain_raise(e, X86_UD, 0, "%s: %s", why_undecodable(e->at->status),
                         bytes);
}

/* --- what the CPU has not --- */

/* Intel SDM 2A table 3-8 (CPUID), AMD APM 3 E. */
/* clang-format off */
static const struct {
    ZydisISASet set;
    const char *name;
    struct cpuid_bit bit;
} features[] = {
    {ZYDIS_ISA_SET_X87,          "an x87 FPU",  LEAF1_EDX(0)},
    {ZYDIS_ISA_SET_RDPMC,        "RDPMC",       LEAF1_EDX(2)},
    {ZYDIS_ISA_SET_CMOV,         "CMOV",        LEAF1_EDX(15)},
    {ZYDIS_ISA_SET_CLFSH,        "CLFLUSH",     LEAF1_EDX(19)},
    {ZYDIS_ISA_SET_PENTIUMMMX,   "MMX",         LEAF1_EDX(23)},
    {ZYDIS_ISA_SET_FXSAVE,       "FXSAVE",      LEAF1_EDX(24)},
    {ZYDIS_ISA_SET_SSE,          "SSE",         LEAF1_EDX(25)},
    {ZYDIS_ISA_SET_SSE2,         "SSE2",        LEAF1_EDX(26)},
    {ZYDIS_ISA_SET_SSE3,         "SSE3",        LEAF1_ECX(0)},
    {ZYDIS_ISA_SET_SSE3X87,      "SSE3",        LEAF1_ECX(0)},
    {ZYDIS_ISA_SET_PCLMULQDQ,    "PCLMULQDQ",   LEAF1_ECX(1)},
    {ZYDIS_ISA_SET_VTX,          "VMX",         LEAF1_ECX(5)},
    {ZYDIS_ISA_SET_SMX,          "SMX",         LEAF1_ECX(6)},
    {ZYDIS_ISA_SET_SSSE3,        "SSSE3",       LEAF1_ECX(9)},
    {ZYDIS_ISA_SET_SSSE3MMX,     "SSSE3",       LEAF1_ECX(9)},
    {ZYDIS_ISA_SET_FMA,          "FMA",         LEAF1_ECX(12)},
    {ZYDIS_ISA_SET_CMPXCHG16B,   "CMPXCHG16B",  LEAF1_ECX(13)},
    {ZYDIS_ISA_SET_SSE4,         "SSE4.1",      LEAF1_ECX(19)},
    {ZYDIS_ISA_SET_SSE42,        "SSE4.2",      LEAF1_ECX(20)},
    {ZYDIS_ISA_SET_MOVBE,        "MOVBE",       LEAF1_ECX(22)},
    {ZYDIS_ISA_SET_POPCNT,       "POPCNT",      LEAF1_ECX(23)},
    {ZYDIS_ISA_SET_AES,          "AES",         LEAF1_ECX(25)},
    {ZYDIS_ISA_SET_XSAVE,        "XSAVE",       LEAF1_ECX(26)},
    {ZYDIS_ISA_SET_AVX,          "AVX",         LEAF1_ECX(28)},
    {ZYDIS_ISA_SET_F16C,         "F16C",        LEAF1_ECX(29)},
    {ZYDIS_ISA_SET_RDRAND,       "RDRAND",      LEAF1_ECX(30)},
    {ZYDIS_ISA_SET_RDWRFSGS,     "FSGSBASE",    LEAF7_EBX(0)},
    {ZYDIS_ISA_SET_SGX,          "SGX",         LEAF7_EBX(2)},
    {ZYDIS_ISA_SET_BMI1,         "BMI1",        LEAF7_EBX(3)},
    {ZYDIS_ISA_SET_AVX2,         "AVX2",        LEAF7_EBX(5)},
    {ZYDIS_ISA_SET_AVX2GATHER,   "AVX2",        LEAF7_EBX(5)},
    {ZYDIS_ISA_SET_BMI2,         "BMI2",        LEAF7_EBX(8)},
    {ZYDIS_ISA_SET_INVPCID,      "INVPCID",     LEAF7_EBX(10)},
    {ZYDIS_ISA_SET_RTM,          "RTM",         LEAF7_EBX(11)},
    {ZYDIS_ISA_SET_AVX512F_512,  "AVX-512",     LEAF7_EBX(16)},
    {ZYDIS_ISA_SET_AVX512F_KOP,  "AVX-512",     LEAF7_EBX(16)},
    {ZYDIS_ISA_SET_RDSEED,       "RDSEED",      LEAF7_EBX(18)},
    {ZYDIS_ISA_SET_ADOX_ADCX,    "ADX",         LEAF7_EBX(19)},
    {ZYDIS_ISA_SET_SMAP,         "SMAP",        LEAF7_EBX(20)},
    {ZYDIS_ISA_SET_CLFLUSHOPT,   "CLFLUSHOPT",  LEAF7_EBX(23)},
    {ZYDIS_ISA_SET_CLWB,         "CLWB",        LEAF7_EBX(24)},
    {ZYDIS_ISA_SET_SHA,          "SHA",         LEAF7_EBX(29)},
    {ZYDIS_ISA_SET_PKU,          "PKU",         LEAF7_ECX(3)},
    {ZYDIS_ISA_SET_WAITPKG,      "WAITPKG",     LEAF7_ECX(5)},
    {ZYDIS_ISA_SET_GFNI,         "GFNI",        LEAF7_ECX(8)},
    {ZYDIS_ISA_SET_RDPID,        "RDPID",       LEAF7_ECX(22)},
    {ZYDIS_ISA_SET_MOVDIR,       "MOVDIRI",     LEAF7_ECX(27)},
    {ZYDIS_ISA_SET_SVM,          "SVM",         EXT_ECX(2)},
    {ZYDIS_ISA_SET_LZCNT,        "LZCNT",       EXT_ECX(5)},
    {ZYDIS_ISA_SET_SSE4A,        "SSE4A",       EXT_ECX(6)},
    {ZYDIS_ISA_SET_XOP,          "XOP",         EXT_ECX(11)},
    {ZYDIS_ISA_SET_FMA4,         "FMA4",        EXT_ECX(16)},
    {ZYDIS_ISA_SET_TBM,          "TBM",         EXT_ECX(21)},
    {ZYDIS_ISA_SET_MONITORX,     "MONITORX",    EXT_ECX(29)},
    {ZYDIS_ISA_SET_RDTSCP,       "RDTSCP",      EXT_EDX(27)},
    {ZYDIS_ISA_SET_AMD3DNOW,     "3DNow!",      EXT_EDX(31)},
    {ZYDIS_ISA_SET_XSAVEOPT,     "XSAVEOPT",    XSAVE_EAX(0)},
    {ZYDIS_ISA_SET_XSAVEC,       "XSAVEC",      XSAVE_EAX(1)},
    {ZYDIS_ISA_SET_XSAVES,       "XSAVES",      XSAVE_EAX(3)},
};
/* clang-format on */

/* lzcnt and tzcnt are bsr and bsf to a CPU that does not know them, and hints
 * are nops. */
static bool is_harmless(const struct explain *e)
{
    return e->at->insn.mnemonic == ZYDIS_MNEMONIC_LZCNT ||
           e->at->insn.mnemonic == ZYDIS_MNEMONIC_TZCNT ||
           e->at->insn.meta.category == ZYDIS_CATEGORY_WIDENOP ||
           e->at->insn.meta.category == ZYDIS_CATEGORY_PREFETCH;
}

static bool explain_missing(struct explain *e)
{
    for (size_t i = 0; i < sizeof features / sizeof features[0]; i++) {
        if (features[i].set != e->at->insn.meta.isa_set || is_harmless(e) ||
            x86_cpuid_has(e->vcpu, &features[i].bit))
            continue;
        return explain_raise(e, X86_UD, 0, "%s: the guest's CPU has no %s",
                             ZydisMnemonicGetString(e->at->insn.mnemonic),
                             features[i].name);
    }
    return false;
}

/* --- what control registers forbid --- */

static bool has_operand(const struct explain *e, ZydisRegisterClass class)
{
    for (unsigned i = 0; i < e->at->insn.operand_count; i++)
        if (e->at->op[i].type == ZYDIS_OPERAND_TYPE_REGISTER &&
            ZydisRegisterGetClass(e->at->op[i].reg.value) == class)
            return true;
    return false;
}

static bool explain_feature_x87(struct explain *e)
{
    uint64_t cr0 = e->sys->cr0;

    if (e->at->insn.meta.isa_ext != ZYDIS_ISA_EXT_X87)
        return false;
    if (e->at->insn.mnemonic == ZYDIS_MNEMONIC_FWAIT)
        return cr0 & CR0_TS && cr0 & CR0_MP &&
               explain_refuse(e, X86_NM, "CR0.TS and CR0.MP are set");
    if (cr0 & CR0_EM)
        return explain_refuse(e, X86_NM,
                              "CR0.EM is set: x87 is to be emulated");
    return cr0 & CR0_TS &&
           explain_refuse(e, X86_NM, "CR0.TS is set: the task was switched");
}

/* MMX: Intel SDM 3A 12.1. */
static bool explain_mmx(struct explain *e)
{
    if (!has_operand(e, ZYDIS_REGCLASS_MMX) &&
        e->at->insn.mnemonic != ZYDIS_MNEMONIC_EMMS)
        return false;
    if (e->sys->cr0 & CR0_EM)
        return explain_refuse(e, X86_UD, "CR0.EM is set, which forbids MMX");
    return e->sys->cr0 & CR0_TS &&
           explain_refuse(e, X86_NM, "CR0.TS is set: the task was switched");
}

/* SSE: Intel SDM 3A 13.1. */
static bool is_sse(const struct explain *e)
{
    return e->at->insn.encoding == ZYDIS_INSTRUCTION_ENCODING_LEGACY &&
           (has_operand(e, ZYDIS_REGCLASS_XMM) ||
            e->at->insn.meta.isa_set == ZYDIS_ISA_SET_SSEMXCSR);
}

static bool explain_sse(struct explain *e)
{
    if (!is_sse(e))
        return false;
    if (e->sys->cr0 & CR0_EM)
        return explain_refuse(e, X86_UD, "CR0.EM is set, which forbids SSE");
    if (!(e->sys->cr4 & CR4_OSFXSR))
        return explain_refuse(e, X86_UD,
                              "CR4.OSFXSR is clear, so there is no SSE");
    return e->sys->cr0 & CR0_TS &&
           explain_refuse(e, X86_NM, "CR0.TS is set: the task was switched");
}

static uint64_t xcr0(struct vcpu *vcpu)
{
    if (x86_fetch(vcpu, X86_BANK_XCR) < 0 || !vcpu->arch->xcrs.nr_xcrs)
        return 0;
    return vcpu->arch->xcrs.xcrs[0].value;
}

/* AVX and AVX-512: Intel SDM 1 14.1.3, 15.2. */
static bool explain_avx(struct explain *e)
{
    bool is_evex = e->at->insn.encoding == ZYDIS_INSTRUCTION_ENCODING_EVEX;
    bool is_mask = has_operand(e, ZYDIS_REGCLASS_MASK);
    uint64_t needed = is_evex || is_mask ? XCR0_AVX512 : XCR0_AVX;

    if (!is_evex && (e->at->insn.encoding != ZYDIS_INSTRUCTION_ENCODING_VEX ||
                     !(is_mask || has_operand(e, ZYDIS_REGCLASS_XMM) ||
                       has_operand(e, ZYDIS_REGCLASS_YMM) ||
                       e->at->insn.meta.isa_ext == ZYDIS_ISA_EXT_AVX)))
        return false;
    if (!(e->sys->cr4 & CR4_OSXSAVE))
        return explain_refuse(e, X86_UD,
                              "CR4.OSXSAVE is clear, so there is no AVX");
    if ((xcr0(e->vcpu) & needed) != needed)
        return explain_refuse(
            e, X86_UD,
            needed == XCR0_AVX
                ? "XCR0 has not turned on AVX (bits 1 and 2)"
                : "XCR0 has not turned on AVX-512 (bits 1, 2, 5, 6 "
                  "and 7)");
    return e->sys->cr0 & CR0_TS &&
           explain_refuse(e, X86_NM, "CR0.TS is set: the task was switched");
}

/* Instructions that save and load all of that. */
static bool explain_save(struct explain *e)
{
    bool is_fxsave = e->at->insn.meta.isa_set == ZYDIS_ISA_SET_FXSAVE ||
                     e->at->insn.meta.isa_set == ZYDIS_ISA_SET_FXSAVE64;
    bool is_xsave = e->at->insn.meta.category == ZYDIS_CATEGORY_XSAVE ||
                    e->at->insn.meta.category == ZYDIS_CATEGORY_XSAVEOPT;
    bool is_xcr = e->at->insn.mnemonic == ZYDIS_MNEMONIC_XGETBV ||
                  e->at->insn.mnemonic == ZYDIS_MNEMONIC_XSETBV;

    if (is_xsave && !(e->sys->cr4 & CR4_OSXSAVE))
        return explain_refuse(e, X86_UD, "CR4.OSXSAVE is clear");
    if (is_fxsave && e->sys->cr0 & CR0_EM)
        return explain_refuse(e, X86_NM, "CR0.EM is set");
    return (is_fxsave || (is_xsave && !is_xcr)) && e->sys->cr0 & CR0_TS &&
           explain_refuse(e, X86_NM, "CR0.TS is set: the task was switched");
}

/* Turned on by a bit of their own. */
/* clang-format off */
static const struct {
    ZydisISASet set;
    bool is_efer;
    uint64_t bit;
    const char *why;
} switches[] = {
    {ZYDIS_ISA_SET_RDWRFSGS, false, CR4_FSGSBASE, "CR4.FSGSBASE is clear"},
    {ZYDIS_ISA_SET_PKU,      false, CR4_PKE,      "CR4.PKE is clear"},
    {ZYDIS_ISA_SET_VTX,      false, CR4_VMXE,     "CR4.VMXE is clear"},
    {ZYDIS_ISA_SET_SVM,      true,  EFER_SVME,    "EFER.SVME is clear"},
};
/* clang-format on */

static bool is_hypercall(const struct explain *e)
{
    return e->at->insn.mnemonic == ZYDIS_MNEMONIC_VMCALL ||
           e->at->insn.mnemonic == ZYDIS_MNEMONIC_VMMCALL;
}

static bool explain_switch(struct explain *e)
{
    for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++) {
        uint64_t value = switches[i].is_efer ? e->sys->efer : e->sys->cr4;

        if (switches[i].set == e->at->insn.meta.isa_set &&
            !(value & switches[i].bit) && !is_hypercall(e))
            return explain_refuse(e, X86_UD, switches[i].why);
    }
    if ((e->at->insn.mnemonic == ZYDIS_MNEMONIC_SYSCALL ||
         e->at->insn.mnemonic == ZYDIS_MNEMONIC_SYSRET) &&
        !(e->sys->efer & EFER_SCE))
        return explain_refuse(e, X86_UD,
                              "EFER.SCE is clear, so there is no SYSCALL");
    return false;
}

/* mov to and from DR4 and DR5, Intel SDM 3B 18.2.2. */
static bool explain_debug_alias(struct explain *e)
{
    for (unsigned i = 0; i < 2 && i < e->at->insn.operand_count; i++)
        if (e->at->op[i].type == ZYDIS_OPERAND_TYPE_REGISTER &&
            (e->at->op[i].reg.value == ZYDIS_REGISTER_DR4 ||
             e->at->op[i].reg.value == ZYDIS_REGISTER_DR5) &&
            e->sys->cr4 & CR4_DE)
            return explain_refuse(e, X86_UD,
                                  "CR4.DE is set, so there is no DR4 and DR5");
    return false;
}

/* SIMD instructions whose own error has no exception of its own. */
bool explain_feature(struct explain *e)
{
    return explain_missing(e) || explain_feature_x87(e) || explain_mmx(e) ||
           explain_sse(e) || explain_avx(e) || explain_save(e) ||
           explain_switch(e) || explain_debug_alias(e);
}
