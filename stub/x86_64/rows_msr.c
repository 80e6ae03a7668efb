/* SPDX-License-Identifier: MIT */
/*
 * The MSRs that the author of an operating system looks at (Intel SDM 4, AMD
 * APM 2 appendix A); `monitor rdmsr` has the others. Those that a guest lacks
 * are left out. EFER and the bases of FS and GS are system registers.
 */
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
    MTRR("mtrr_physbase" #i, 0x200 + 2 * (i)),                                 \
    MTRR("mtrr_physmask" #i, 0x201 + 2 * (i))

static const struct row rows[] = {
    NUMBER("star",      0xc0000081),
    CODE(  "lstar",     0xc0000082),
    CODE(  "cstar",     0xc0000083),
    NUMBER("sfmask",    0xc0000084),
    DATA(  "k_gs_base", 0xc0000102),
    NUMBER("tsc_aux",   0xc0000103),
    NUMBER("sysenter_cs",  0x174),
    DATA(  "sysenter_esp", 0x175),
    CODE(  "sysenter_eip", 0x176),
    NUMBER("apic_base",    0x1b),
    NUMBER("tsc",          0x10),
    NUMBER("tsc_adjust",   0x3b),
    NUMBER("spec_ctrl",    0x48),
    NUMBER("misc_enable",  0x1a0),
    NUMBER("debugctl",     0x1d9),
    NUMBER("pat",          0x277),
    NUMBER("u_cet",        0x6a0),
    NUMBER("s_cet",        0x6a2),
    DATA(  "pl0_ssp",      0x6a4),
    DATA(  "pl3_ssp",      0x6a7),
    DATA(  "ssp_table",    0x6a8),
    NUMBER("xss",          0xda0),
    NUMBER("mtrr_cap",      0xfe),
    REGISTER("mtrr_def_type", "mtrr_def_type", 32, ANY, 0x2ff),

    /* Many and rarely wanted: GDB would list them in `info registers`. */
    RANGE(0), RANGE(1), RANGE(2), RANGE(3), RANGE(4), RANGE(5), RANGE(6),
    RANGE(7),
    MTRR("mtrr_fix64k_00000", 0x250), MTRR("mtrr_fix16k_80000", 0x258),
    MTRR("mtrr_fix16k_a0000", 0x259), MTRR("mtrr_fix4k_c0000", 0x268),
    MTRR("mtrr_fix4k_c8000",  0x269), MTRR("mtrr_fix4k_d0000", 0x26a),
    MTRR("mtrr_fix4k_d8000",  0x26b), MTRR("mtrr_fix4k_e0000", 0x26c),
    MTRR("mtrr_fix4k_e8000",  0x26d), MTRR("mtrr_fix4k_f0000", 0x26e),
    MTRR("mtrr_fix4k_f8000",  0x26f),
};
/* clang-format on */

ROW_TABLE(x86_rows_msr);
