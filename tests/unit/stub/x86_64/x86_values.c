/* SPDX-License-Identifier: MIT */
#include "tests/unit/stub/x86_64/x86_values.h"

#include <string.h>

#define CANONICAL UINT64_C(0x7fffffffffff) /* user half, four levels */

/*
 * The bits of a register that may be changed at will; all of them for those
 * that are not listed. A name that starts with * is an ending. None for what
 * a host may not let a guest change.
 */
/* clang-format off */
static const struct {
    const char *name;
    uint64_t mask;
} masks[] = {
    {"rip", 0xffff}, {"eip", 0xffff}, {"ip", 0xffff},
    {"rsp", 0xffff}, {"esp", 0xffff}, /* a 16-bit stack */
    {"eflags", 0x3d7fd5},          /* not VM */
    {"cs", 0xffff}, {"ss", 0xffff}, {"ds", 0xffff},
    {"es", 0xffff}, {"fs", 0xffff}, {"gs", 0xffff},
    {"ldtr", 0xffff}, {"tr", 0xffff},
    {"fctrl", 0xffff}, {"fstat", 0xffff}, {"fiseg", 0xffff},
    {"foseg", 0xffff}, {"fop",   0xffff},
    {"ftag",  0},                  /* what it reads depends on the values */
    {"mxcsr", 0xffff},
    {"cs_base", UINT32_MAX}, {"ss_base", UINT32_MAX},
    {"ds_base", UINT32_MAX}, {"es_base", UINT32_MAX},
    {"apic_base", 0},
    {"*_base",  CANONICAL},
    {"*_limit", 0xf000},           /* it ends with a page */
    {"*_attr",  0x1060},           /* DPL, AVL: hosts may fix the others */
    {"cr0",     0x5002e},          /* MP EM TS NE WP AM */
    {"cr3",     UINT64_C(0xffffff000)},
    {"cr4",     0x64c},            /* TSD DE MCE OSFXSR OSXMMEXCPT */
    {"cr8",     0xf},
    {"efer",    0x801},            /* SCE NXE */
    {"xcr0",    2},                /* SSE */
    {"dr0", CANONICAL}, {"dr1", CANONICAL},
    {"dr2", CANONICAL}, {"dr3", CANONICAL},
    {"dr6", 0xe00f}, {"dr7", 0xffff00ff},
    {"lstar", CANONICAL}, {"cstar", CANONICAL}, {"k_gs_base", CANONICAL},
    {"sfmask", UINT32_MAX}, {"tsc_aux", UINT32_MAX},
    {"sysenter_cs", 0xffff},
    {"sysenter_esp", INT32_MAX}, {"sysenter_eip", INT32_MAX}, /* AMD */
    {"pat", UINT64_C(0x0101010101010101)},
    {"mtrr_def_type", 0xc00},      /* E FE */
    {"tsc", 0}, {"tsc_adjust", 0}, {"spec_ctrl", 0}, {"misc_enable", 0},
    {"debugctl", 0}, {"u_cet", 0}, {"s_cet", 0},
    {"pl0_ssp", 0}, {"pl3_ssp", 0}, {"ssp_table", 0}, {"xss", 0},
    {"mtrr_cap", 0},
};
/* clang-format on */

static bool matches(const char *pattern, const char *name)
{
    size_t n = strlen(pattern) - 1;

    if (pattern[0] != '*')
        return !strcmp(pattern, name);
    return strlen(name) > n && !strcmp(name + strlen(name) - n, pattern + 1);
}

static uint64_t mask_of(const char *name)
{
    for (size_t i = 0; i < sizeof masks / sizeof masks[0]; i++)
        if (matches(masks[i].name, name))
            return masks[i].mask;
    return UINT64_MAX;
}

/* xorshift64 (Marsaglia): the same values in each run. */
static uint64_t next_random(void)
{
    static uint64_t state = UINT64_C(0x9e3779b97f4a7c15);

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

void x86_randomize(const struct rsp_reg *reg, uint8_t *value)
{
    uint64_t mask = mask_of(reg->name);

    for (size_t i = 0; i < reg->bits / 8u; i++) {
        uint8_t change = (uint8_t)(next_random() & mask >> 8 * (i % 8));

        if (i < 8 || mask == UINT64_MAX)
            value[i] ^= change;
    }
}

bool x86_moves(const struct rsp_reg *reg)
{
    return !strcmp(reg->name, "tsc");
}
