/* SPDX-License-Identifier: MIT */
/*
 * The MSRs that the author of an operating system looks at (Intel SDM 4, AMD
 * APM 2 appendix A); `monitor rdmsr` has the others. Those that a guest lacks
 * are left out. EFER and the bases of FS and GS are system registers.
 */
#include "kvm/x86_64/state/msr_index.h"
#include "stub/x86_64/row.h"
#include "stub/x86_64/types.h"

/* clang-format off */
#define REGISTER(name, type, bits, in, index)                                  \
    {name, type, X86_MSR, "msr", bits, in, 0, MSR(index), row_read_msr,        \
     row_write_msr}
#define NUMBER(name, index) REGISTER(name, NULL, 64, ANY, index)
/* An address in 64-bit code: GDB adds its symbol. */
#define CODE(name, index)                                                      \
    REGISTER(name, "code_ptr", 64, IN_64, index),                              \
    REGISTER(name, NULL, 64, NARROW, index)
#define DATA(name, index)                                                      \
    REGISTER(name, "data_ptr", 64, IN_64, index),                              \
    REGISTER(name, NULL, 64, NARROW, index)
#define MTRR(name, index)                                                      \
    {name, NULL, X86_MSR, "mtrr", 64, IN_NONE, 0, MSR(index),                  \
     row_read_msr, row_write_msr}
#define RANGE(i)                                                               \
    MTRR("mtrr_physbase" #i, X86_MSR_MTRR_PHYSBASE(i)),                        \
    MTRR("mtrr_physmask" #i, X86_MSR_MTRR_PHYSMASK(i))

static const struct row rows[] = {
    NUMBER("star",      X86_MSR_STAR),
    CODE(  "lstar",     X86_MSR_LSTAR),
    CODE(  "cstar",     X86_MSR_CSTAR),
    NUMBER("sfmask",    X86_MSR_SFMASK),
    DATA(  "k_gs_base", X86_MSR_K_GS_BASE),
    NUMBER("tsc_aux",   X86_MSR_TSC_AUX),
    NUMBER("sysenter_cs",  X86_MSR_SYSENTER_CS),
    DATA(  "sysenter_esp", X86_MSR_SYSENTER_ESP),
    CODE(  "sysenter_eip", X86_MSR_SYSENTER_EIP),
    NUMBER("apic_base",    X86_MSR_APIC_BASE),
    NUMBER("tsc",          X86_MSR_TSC),
    NUMBER("tsc_adjust",   X86_MSR_TSC_ADJUST),
    NUMBER("spec_ctrl",    X86_MSR_SPEC_CTRL),
    NUMBER("misc_enable",  X86_MSR_MISC_ENABLE),
    NUMBER("debugctl",     X86_MSR_DEBUGCTL),
    NUMBER("pat",          X86_MSR_PAT),
    NUMBER("u_cet",        X86_MSR_U_CET),
    NUMBER("s_cet",        X86_MSR_S_CET),
    DATA(  "pl0_ssp",      X86_MSR_PL0_SSP),
    DATA(  "pl3_ssp",      X86_MSR_PL3_SSP),
    DATA(  "ssp_table",    X86_MSR_SSP_TABLE),
    NUMBER("xss",          X86_MSR_XSS),
    NUMBER("mtrr_cap",     X86_MSR_MTRR_CAP),
    REGISTER("mtrr_def_type", "mtrr_def_type", 32, ANY, X86_MSR_MTRR_DEF_TYPE),

    /* Many and rarely wanted: GDB would list them in `info registers`. */
    RANGE(0), RANGE(1), RANGE(2), RANGE(3), RANGE(4), RANGE(5), RANGE(6),
    RANGE(7),
    MTRR("mtrr_fix64k_00000", X86_MSR_MTRR_FIX64K_00000),
    MTRR("mtrr_fix16k_80000", X86_MSR_MTRR_FIX16K_80000),
    MTRR("mtrr_fix16k_a0000", X86_MSR_MTRR_FIX16K_A0000),
    MTRR("mtrr_fix4k_c0000", X86_MSR_MTRR_FIX4K_C0000),
    MTRR("mtrr_fix4k_c8000", X86_MSR_MTRR_FIX4K_C8000),
    MTRR("mtrr_fix4k_d0000", X86_MSR_MTRR_FIX4K_D0000),
    MTRR("mtrr_fix4k_d8000", X86_MSR_MTRR_FIX4K_D8000),
    MTRR("mtrr_fix4k_e0000", X86_MSR_MTRR_FIX4K_E0000),
    MTRR("mtrr_fix4k_e8000", X86_MSR_MTRR_FIX4K_E8000),
    MTRR("mtrr_fix4k_f0000", X86_MSR_MTRR_FIX4K_F0000),
    MTRR("mtrr_fix4k_f8000", X86_MSR_MTRR_FIX4K_F8000),
};
/* clang-format on */

ROW_TABLE(x86_rows_msr);
