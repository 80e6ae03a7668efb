/* SPDX-License-Identifier: MIT */
/*
 * The descriptions that are cut from the register table: what GDB's
 * i386-tdep.c insists on, for each make of CPU, mode and client.
 */
#include <stdio.h>
#include <string.h>

#include "kvm/image/image.h"
#include "stub/x86_64/row.h"
#include "stub/x86_64/types.h"
#include "tests/unit/stub/x86_64/regs_fixture.h"

/* --- which registers a feature of GDB's has --- */

#define X87_NAMES                                                              \
    "st0 st1 st2 st3 st4 st5 st6 st7 fctrl fstat ftag fiseg fioff foseg "      \
    "fooff fop "
#define SELECTORS "eflags cs ss ds es fs gs "
#define XMM_0_7   "xmm0 xmm1 xmm2 xmm3 xmm4 xmm5 xmm6 xmm7 "
#define XMM_8_15  "xmm8 xmm9 xmm10 xmm11 xmm12 xmm13 xmm14 xmm15 "
#define TABLES                                                                 \
    "gdtr_base gdtr_limit idtr_base idtr_limit "                               \
    "ldtr ldtr_base ldtr_limit ldtr_attr tr tr_base tr_limit tr_attr "
#define CONTROL "cr0 cr2 cr3 cr4 cr8 efer "

/* clang-format off */
static const struct names_row {
    const char *label;
    enum cpu_make make;
    enum cpu_mode mode;
    bool lldb;
    const char *feature, *names; /* "": the feature is absent */
} names_rows[] = {
    {"16-bit core", CPU_PLAIN, CPU_MODE_REAL, false, X86_CORE,
     "eax ecx edx ebx esp ebp esi edi eip " SELECTORS X87_NAMES},
    {"32-bit core", CPU_AVX512, CPU_MODE_PROT, false, X86_CORE,
     "eax ecx edx ebx esp ebp esi edi eip " SELECTORS X87_NAMES},
    {"64-bit core", CPU_AVX512, CPU_MODE_LONG, false, X86_CORE,
     "rax rbx rcx rdx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 rip "
     SELECTORS X87_NAMES},
    {"LLDB's core", CPU_AVX512, CPU_MODE_REAL, true, X86_CORE,
     "rax rbx rcx rdx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 rip "
     "eax ecx edx ebx esp ebp esi edi eip " SELECTORS X87_NAMES},
    {"LLDB's 64-bit core", CPU_AVX512, CPU_MODE_LONG, true, X86_CORE,
     "rax rbx rcx rdx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 rip "
     SELECTORS X87_NAMES},
    {"32-bit SSE", CPU_PLAIN, CPU_MODE_PROT, false, X86_SSE_FEATURE,
     XMM_0_7 "mxcsr "},
    {"64-bit SSE", CPU_PLAIN, CPU_MODE_LONG, false, X86_SSE_FEATURE,
     XMM_0_7 XMM_8_15 "mxcsr "},
    {"no AVX", CPU_PLAIN, CPU_MODE_LONG, false, X86_AVX_FEATURE, ""},
    {"32-bit AVX", CPU_AVX, CPU_MODE_REAL, false, X86_AVX_FEATURE,
     "ymm0h ymm1h ymm2h ymm3h ymm4h ymm5h ymm6h ymm7h "},
    {"64-bit AVX", CPU_AVX, CPU_MODE_LONG, false, X86_AVX_FEATURE,
     "ymm0h ymm1h ymm2h ymm3h ymm4h ymm5h ymm6h ymm7h ymm8h ymm9h ymm10h "
     "ymm11h ymm12h ymm13h ymm14h ymm15h "},
    {"no AVX-512", CPU_AVX, CPU_MODE_LONG, false, X86_AVX512, ""},
    {"32-bit AVX-512", CPU_AVX512, CPU_MODE_PROT, false, X86_AVX512,
     "k0 k1 k2 k3 k4 k5 k6 k7 "
     "zmm0h zmm1h zmm2h zmm3h zmm4h zmm5h zmm6h zmm7h "},
    {"64-bit AVX-512", CPU_AVX512, CPU_MODE_LONG, false, X86_AVX512,
     "xmm16 xmm17 xmm18 xmm19 xmm20 xmm21 xmm22 xmm23 "
     "xmm24 xmm25 xmm26 xmm27 xmm28 xmm29 xmm30 xmm31 "
     "ymm16h ymm17h ymm18h ymm19h ymm20h ymm21h ymm22h ymm23h "
     "ymm24h ymm25h ymm26h ymm27h ymm28h ymm29h ymm30h ymm31h "
     "k0 k1 k2 k3 k4 k5 k6 k7 "
     "zmm0h zmm1h zmm2h zmm3h zmm4h zmm5h zmm6h zmm7h "
     "zmm8h zmm9h zmm10h zmm11h zmm12h zmm13h zmm14h zmm15h "
     "zmm16h zmm17h zmm18h zmm19h zmm20h zmm21h zmm22h zmm23h "
     "zmm24h zmm25h zmm26h zmm27h zmm28h zmm29h zmm30h zmm31h "},
    {"no keys", CPU_AVX512, CPU_MODE_LONG, false, X86_PKEYS, ""},
    {"keys", CPU_LARGE, CPU_MODE_LONG, false, X86_PKEYS, "pkru "},
    {"64-bit bases", CPU_PLAIN, CPU_MODE_LONG, false, X86_SEGMENTS,
     "fs_base gs_base "},
    {"no 32-bit bases", CPU_PLAIN, CPU_MODE_PROT, false, X86_SEGMENTS, ""},
    {"32-bit system, no MSRs", CPU_PLAIN, CPU_MODE_PROT, false, X86_SYSTEM,
     "ip cs_base cs_limit cs_attr ss_base ss_limit ss_attr ds_base ds_limit "
     "ds_attr es_base es_limit es_attr fs_base fs_limit fs_attr gs_base "
     "gs_limit gs_attr " TABLES CONTROL},
    {"64-bit system, no MSRs", CPU_PLAIN, CPU_MODE_LONG, false, X86_SYSTEM,
     "ip cs_base cs_limit cs_attr ss_base ss_limit ss_attr ds_base ds_limit "
     "ds_attr es_base es_limit es_attr fs_limit fs_attr gs_limit gs_attr "
     TABLES CONTROL},
    {"debug registers", CPU_PLAIN, CPU_MODE_REAL, false, X86_DEBUG,
     "dr0 dr1 dr2 dr3 dr6 dr7 "},
    {"no MSRs", CPU_PLAIN, CPU_MODE_LONG, false, X86_MSR, ""},
};
/* clang-format on */

ParameterizedTestParameters(descriptions, names)
{
    return row_numbers(ROWS(names_rows));
}

ParameterizedTest(const size_t *i, descriptions, names)
{
    const struct names_row *row = &names_rows[*i];
    char names[1024] = "";

    begin_cpu(row->make);
    const struct rsp_desc *desc = describe(row->mode, row->lldb);
    for (size_t r = 0; r < desc->n_regs; r++) {
        if (strcmp(desc->regs[r].feature, row->feature) != 0)
            continue;
        strcat(strcat(names, desc->regs[r].name), " ");
    }
    cr_expect(eq(str, names, (char *)(uintptr_t)row->names), "%s", row->label);
}

/* --- what holds of all descriptions --- */

static const enum cpu_mode modes[] = {CPU_MODE_REAL, CPU_MODE_PROT,
                                      CPU_MODE_LONG};

/* GDB in each mode, then LLDB. */
enum { CLIENTS = 2 * ROWS(modes), CASES = CPU_MAKES * CLIENTS };

static const struct rsp_desc *begin_case(size_t i)
{
    size_t client = i % CLIENTS;

    begin_cpu((enum cpu_make)(i / CLIENTS));
    return describe(modes[client % ROWS(modes)], client >= ROWS(modes));
}

ParameterizedTestParameters(descriptions, unique)
{
    return row_numbers(CASES);
}

ParameterizedTest(const size_t *i, descriptions, unique)
{
    const struct rsp_desc *desc = begin_case(*i);

    for (size_t a = 0; a < desc->n_regs; a++)
        for (size_t b = 0; b < a; b++)
            cr_expect(strcmp(desc->regs[a].name, desc->regs[b].name) != 0, "%s",
                      desc->regs[a].name);
}

/* Each feature is named once, has registers, and has all of its own. */
ParameterizedTestParameters(descriptions, features)
{
    return row_numbers(CASES);
}

ParameterizedTest(const size_t *i, descriptions, features)
{
    const struct rsp_desc *desc = begin_case(*i);
    size_t at = 0;

    for (size_t f = 0; f < desc->n_features; f++) {
        size_t first = at;

        while (at < desc->n_regs &&
               !strcmp(desc->regs[at].feature, desc->features[f].name))
            at++;
        cr_expect(gt(sz, at, first), "%s", desc->features[f].name);
    }
    cr_expect(eq(sz, at, desc->n_regs));
    cr_expect(le(sz, desc->n_features, X86_FEATURES_MAX));
}

/* clang-format off */
static const struct {
    const char *type;
    uint16_t bits[2]; /* in 32- and in 64-bit architectures */
} builtins[] = {
    {"uint128",  {128, 128}}, {"i387_ext", {80, 80}},
    {"code_ptr", {32, 64}},   {"data_ptr", {32, 64}},
    {"vec128",   {128, 128}}, {"vec",      {256, 256}},
};
/* clang-format on */

/* Of GDB's own, or one that the register's feature defines. */
static bool is_known(const struct rsp_desc *desc, const struct rsp_reg *reg)
{
    char definition[64];

    if (!reg->type)
        return true;
    (void)snprintf(definition, sizeof definition, " id=\"%s\"", reg->type);
    for (size_t f = 0; f < desc->n_features; f++)
        if (!strcmp(desc->features[f].name, reg->feature) &&
            desc->features[f].types &&
            strstr(desc->features[f].types, definition))
            return true;
    return strncmp(reg->type, "v", 1) != 0 && !x86_flags_of(reg->type);
}

static uint16_t bits_of(const char *type, bool wide)
{
    for (size_t i = 0; i < ROWS(builtins); i++)
        if (!strcmp(builtins[i].type, type))
            return builtins[i].bits[wide];
    return x86_flags_of(type) ? 32 : UINT16_MAX;
}

/* The g packet is laid out by the sizes of the types. GDB has an integer for
 * plain numbers of 32 and 64 bits. */
ParameterizedTestParameters(descriptions, types)
{
    return row_numbers(CASES);
}

ParameterizedTest(const size_t *i, descriptions, types)
{
    const struct rsp_desc *desc = begin_case(*i);
    bool wide = strstr(desc->architecture, "64") != NULL;

    for (size_t r = 0; r < desc->n_regs; r++) {
        const struct rsp_reg *reg = &desc->regs[r];
        uint16_t bits = reg->type        ? bits_of(reg->type, wide)
                        : reg->bits > 32 ? 64
                                         : 32;

        cr_expect(is_known(desc, reg), "%s: %s", reg->name, reg->type);
        cr_expect(eq(uint, bits, reg->bits), "%s: %s", reg->name, reg->type);
        cr_expect(le(uint, reg->bits, 8 * RSP_REG_MAX_BYTES), "%s", reg->name);
        cr_expect(zero(uint, reg->bits % 8), "%s", reg->name);
    }
}

static bool is_pointer(const struct rsp_reg *reg)
{
    return reg->type && strstr(reg->type, "_ptr");
}

/* Where LLDB gets the names of both widths, pointers would change their size
 * with the architecture. */
Test(descriptions, lldb_has_no_core_pointers)
{
    begin_cpu(CPU_AVX512);
    const struct rsp_desc *desc = describe(CPU_MODE_PROT, true);

    for (size_t r = 0; r < desc->n_regs; r++)
        cr_expect(zero(int, is_pointer(&desc->regs[r])), "%s",
                  desc->regs[r].name);
}

/* Expedited registers have two-digit numbers: LLDB reads no others. */
ParameterizedTestParameters(descriptions, expedited)
{
    return row_numbers(CASES);
}

ParameterizedTest(const size_t *i, descriptions, expedited)
{
    const struct rsp_desc *desc = begin_case(*i);
    unsigned n = 0;

    for (size_t r = 0; r < desc->n_regs; r++) {
        n += desc->regs[r].flags & RSP_REG_EXPEDITE ? 1 : 0;
        if (desc->regs[r].flags & (RSP_REG_EXPEDITE | RSP_REG_GENERAL))
            cr_expect(lt(sz, r, 0x100), "%s", desc->regs[r].name);
    }
    cr_expect(eq(uint, n, 3), "pc, sp, fp");
}

/* --- the table itself --- */

Test(descriptions, the_table_fits)
{
    size_t n = 0;

    while (x86_row(n))
        n++;
    cr_expect(le(sz, n, X86_ROWS_MAX));
    for (size_t id = 0; id < n; id++) {
        const struct row *row = x86_row(id);

        cr_expect(row->name && row->feature && row->group, "row %zu", id);
        cr_expect(eq(int, row->read != NULL && row->bank == X86_BANK_MSR,
                     row->bank == X86_BANK_MSR),
                  "%s", row->name);
    }
}

/* at: "<flags id=...", of which every field must be in the table. */
static void compare_flags(const char *at)
{
    const char *end = strstr(at, "</flags>");
    char type[32];
    char field[64];

    cr_assert(eq(int, sscanf(at, "<flags id=\"%31[^\"]\"", type), 1));
    const struct x86_flag *flag = x86_flags_of(type);
    cr_assert(flag != NULL, "%s", type);
    for (; flag->name; flag++) {
        (void)snprintf(field, sizeof field,
                       "name=\"%s\" start=\"%u\" end=\"%u\"", flag->name,
                       flag->lo, flag->hi);
        const char *found = strstr(at, field);
        cr_expect(found && found < end, "%s: %s", type, flag->name);
    }
}

/* The names that `monitor registers` prints are those of the XML. */
Test(descriptions, flags_are_in_the_xml)
{
    static const char start[] = "<flags id=";

    for (const struct x86_feature *f = x86_features; f->name; f++)
        for (const char *at = f->types; at && (at = strstr(at, start)); at++)
            compare_flags(at);
}
