/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_STATE_MSR_INDEX_H
#define KVM_X86_64_STATE_MSR_INDEX_H

/*
 * Numbers of model-specific registers: the one place for those that code uses.
 * Intel SDM 4 table 2-2, AMD APM 2 appendix A. Others have a name for messages
 * only (kvm/x86_64/state/msr_names.c).
 */

#include <stdint.h>

#define X86_MSR_TSC               UINT32_C(0x10)
#define X86_MSR_APIC_BASE         UINT32_C(0x1b)
#define X86_MSR_TSC_ADJUST        UINT32_C(0x3b)
#define X86_MSR_SPEC_CTRL         UINT32_C(0x48)
#define X86_MSR_MTRR_CAP          UINT32_C(0xfe)
#define X86_MSR_SYSENTER_CS       UINT32_C(0x174)
#define X86_MSR_SYSENTER_ESP      UINT32_C(0x175)
#define X86_MSR_SYSENTER_EIP      UINT32_C(0x176)
#define X86_MSR_MISC_ENABLE       UINT32_C(0x1a0)
#define X86_MSR_DEBUGCTL          UINT32_C(0x1d9)
#define X86_MSR_MTRR_FIX64K_00000 UINT32_C(0x250)
#define X86_MSR_MTRR_FIX16K_80000 UINT32_C(0x258)
#define X86_MSR_MTRR_FIX16K_A0000 UINT32_C(0x259)
#define X86_MSR_MTRR_FIX4K_C0000  UINT32_C(0x268)
#define X86_MSR_MTRR_FIX4K_C8000  UINT32_C(0x269)
#define X86_MSR_MTRR_FIX4K_D0000  UINT32_C(0x26a)
#define X86_MSR_MTRR_FIX4K_D8000  UINT32_C(0x26b)
#define X86_MSR_MTRR_FIX4K_E0000  UINT32_C(0x26c)
#define X86_MSR_MTRR_FIX4K_E8000  UINT32_C(0x26d)
#define X86_MSR_MTRR_FIX4K_F0000  UINT32_C(0x26e)
#define X86_MSR_MTRR_FIX4K_F8000  UINT32_C(0x26f)
#define X86_MSR_PAT               UINT32_C(0x277)
#define X86_MSR_MTRR_DEF_TYPE     UINT32_C(0x2ff)
#define X86_MSR_U_CET             UINT32_C(0x6a0)
#define X86_MSR_S_CET             UINT32_C(0x6a2)
#define X86_MSR_PL0_SSP           UINT32_C(0x6a4)
#define X86_MSR_PL3_SSP           UINT32_C(0x6a7)
#define X86_MSR_SSP_TABLE         UINT32_C(0x6a8)
#define X86_MSR_XSS               UINT32_C(0xda0)
#define X86_MSR_EFER              UINT32_C(0xc0000080)
#define X86_MSR_STAR              UINT32_C(0xc0000081)
#define X86_MSR_LSTAR             UINT32_C(0xc0000082)
#define X86_MSR_CSTAR             UINT32_C(0xc0000083)
#define X86_MSR_SFMASK            UINT32_C(0xc0000084)
#define X86_MSR_FS_BASE           UINT32_C(0xc0000100)
#define X86_MSR_GS_BASE           UINT32_C(0xc0000101)
#define X86_MSR_K_GS_BASE         UINT32_C(0xc0000102)
#define X86_MSR_TSC_AUX           UINT32_C(0xc0000103)

/* The variable-range MTRRs, i from 0 (Intel SDM 3A 12.11.2.3). */
#define X86_MSR_MTRR_PHYSBASE(i) (UINT32_C(0x200) + 2 * (i))
#define X86_MSR_MTRR_PHYSMASK(i) (UINT32_C(0x201) + 2 * (i))

#endif
