/* SPDX-License-Identifier: MIT */
/* Names of MSRs for messages: Intel SDM 4 chapter 2, AMD APM 2 appendix A. The
 * debugger's registers have the same names (stub/x86_64/rows_msr.c; a test
 * compares them). */
#include <stddef.h>

#include "kvm/x86_64/state/msr.h"

/* clang-format off */
static const struct {
    uint32_t index;
    const char *name;
} names[] = {
    {X86_MSR_TSC, "tsc"},
    {0x17, "platform_id"},
    {X86_MSR_APIC_BASE, "apic_base"},
    {0x3a, "feature_control"},
    {X86_MSR_TSC_ADJUST, "tsc_adjust"},
    {X86_MSR_SPEC_CTRL, "spec_ctrl"},
    {0x49, "pred_cmd"},
    {0x79, "bios_updt_trig"},
    {0x8b, "bios_sign_id"},
    {0xc1, "pmc0"},
    {0xce, "platform_info"},
    {0xe7, "mperf"},
    {0xe8, "aperf"},
    {X86_MSR_MTRR_CAP, "mtrr_cap"},
    {0x10a, "arch_capabilities"},
    {0x10b, "flush_cmd"},
    {0x140, "misc_features_enables"},
    {X86_MSR_SYSENTER_CS, "sysenter_cs"},
    {X86_MSR_SYSENTER_ESP, "sysenter_esp"},
    {X86_MSR_SYSENTER_EIP, "sysenter_eip"},
    {0x179, "mcg_cap"},
    {0x17a, "mcg_status"},
    {0x17b, "mcg_ctl"},
    {0x186, "perfevtsel0"},
    {0x198, "perf_status"},
    {0x199, "perf_ctl"},
    {0x19a, "clock_modulation"},
    {0x19b, "therm_interrupt"},
    {0x19c, "therm_status"},
    {X86_MSR_MISC_ENABLE, "misc_enable"},
    {0x1a2, "temperature_target"},
    {0x1b0, "energy_perf_bias"},
    {X86_MSR_DEBUGCTL, "debugctl"},
    {X86_MSR_MTRR_FIX64K_00000, "mtrr_fix64k_00000"},
    {X86_MSR_MTRR_FIX16K_80000, "mtrr_fix16k_80000"},
    {X86_MSR_MTRR_FIX16K_A0000, "mtrr_fix16k_a0000"},
    {X86_MSR_MTRR_FIX4K_C0000, "mtrr_fix4k_c0000"},
    {X86_MSR_MTRR_FIX4K_C8000, "mtrr_fix4k_c8000"},
    {X86_MSR_MTRR_FIX4K_D0000, "mtrr_fix4k_d0000"},
    {X86_MSR_MTRR_FIX4K_D8000, "mtrr_fix4k_d8000"},
    {X86_MSR_MTRR_FIX4K_E0000, "mtrr_fix4k_e0000"},
    {X86_MSR_MTRR_FIX4K_E8000, "mtrr_fix4k_e8000"},
    {X86_MSR_MTRR_FIX4K_F0000, "mtrr_fix4k_f0000"},
    {X86_MSR_MTRR_FIX4K_F8000, "mtrr_fix4k_f8000"},
    {X86_MSR_PAT, "pat"},
    {X86_MSR_MTRR_DEF_TYPE, "mtrr_def_type"},
    {0x345, "perf_capabilities"},
    {0x38d, "fixed_ctr_ctrl"},
    {0x38f, "perf_global_ctrl"},
    {0x480, "vmx_basic"},
    {0x600, "ds_area"},
    {0x606, "rapl_power_unit"},
    {X86_MSR_U_CET, "u_cet"},
    {X86_MSR_S_CET, "s_cet"},
    {X86_MSR_PL0_SSP, "pl0_ssp"},
    {0x6a5, "pl1_ssp"},
    {0x6a6, "pl2_ssp"},
    {X86_MSR_PL3_SSP, "pl3_ssp"},
    {X86_MSR_SSP_TABLE, "ssp_table"},
    {0x6e0, "tsc_deadline"},
    {0x6e1, "pkrs"},
    {0xc80, "debug_interface"},
    {X86_MSR_XSS, "xss"},
    {X86_MSR_EFER, "efer"},
    {X86_MSR_STAR, "star"},
    {X86_MSR_LSTAR, "lstar"},
    {X86_MSR_CSTAR, "cstar"},
    {X86_MSR_SFMASK, "sfmask"},
    {X86_MSR_FS_BASE, "fs_base"},
    {X86_MSR_GS_BASE, "gs_base"},
    {X86_MSR_K_GS_BASE, "k_gs_base"},
    {X86_MSR_TSC_AUX, "tsc_aux"},
    {0xc0010010, "syscfg"},
    {0xc0010015, "hwcr"},
    {0xc001001a, "top_mem"},
    {0xc001001d, "top_mem2"},
    {0xc0010062, "pstate_ctl"},
    {0xc0010063, "pstate_status"},
    {0xc0010064, "pstate0"},
    {0xc0010114, "vm_cr"},
    {0xc0010117, "vm_hsave_pa"},
    {0xc0011029, "de_cfg"},
};

/* Rows of them. */
static const struct {
    uint32_t first, last;
    const char *name;
} ranges[] = {
    {0x200, 0x20f, "an mtrr_phys"},
    {0x280, 0x29f, "an mc_ctl2"},
    {0x400, 0x47f, "a machine check bank's"},
    {0x480, 0x493, "a vmx capability"},
    {0x800, 0x8ff, "an x2APIC register"},
    {0x40000000, 0x400000ff, "a hypervisor's"},
    {0x4b564d00, 0x4b564dff, "KVM's paravirtual"},
};
/* clang-format on */

const char *x86_msr_name(uint32_t index)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].index == index)
            return names[i].name;
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (index >= ranges[i].first && index <= ranges[i].last)
            return ranges[i].name;
    return NULL;
}
