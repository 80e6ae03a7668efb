/* SPDX-License-Identifier: MIT */
/*
 * Each flags type is a list of fields, from which its XML and its table are
 * made. Names are the manuals': Intel SDM 1 3.4.3 (EFLAGS), 10.2.3 (MXCSR),
 * 13.1 (XCR0), 3A 2.5 (CR0, CR4), 2.2.1 (EFER), 3B 18.2 (DR6, DR7), 3A
 * 12.11.2.1 (MTRR_DEF_TYPE), 3C table 25-2 (segments).
 */
#include "stub/x86_64/types.h"

#include <stddef.h>
#include <string.h>

/* clang-format off */

/* --- fields: B a bit, F a number of some bits, E one of an enum --- */

#define EFLAGS(B, F, E)                                                        \
    B("CF", 0) B("PF", 2) B("AF", 4) B("ZF", 6) B("SF", 7) B("TF", 8)          \
    B("IF", 9) B("DF", 10) B("OF", 11) F("IOPL", 12, 13) B("NT", 14)           \
    B("RF", 16) B("VM", 17) B("AC", 18) B("VIF", 19) B("VIP", 20) B("ID", 21)
#define MXCSR(B, F, E)                                                         \
    B("IE", 0) B("DE", 1) B("ZE", 2) B("OE", 3) B("UE", 4) B("PE", 5)          \
    B("DAZ", 6) B("IM", 7) B("DM", 8) B("ZM", 9) B("OM", 10) B("UM", 11)       \
    B("PM", 12) F("RC", 13, 14) B("FZ", 15)
#define SEGMENT(B, F, E)                                                       \
    F("TYPE", 0, 3) B("S", 4) F("DPL", 5, 6) B("P", 7)                         \
    B("AVL", 12) B("L", 13) B("DB", 14) B("G", 15) B("UNUSABLE", 16)
#define CR0(B, F, E)                                                           \
    B("PE", 0) B("MP", 1) B("EM", 2) B("TS", 3) B("ET", 4) B("NE", 5)          \
    B("WP", 16) B("AM", 18) B("NW", 29) B("CD", 30) B("PG", 31)
#define CR4(B, F, E)                                                           \
    B("VME", 0) B("PVI", 1) B("TSD", 2) B("DE", 3) B("PSE", 4) B("PAE", 5)     \
    B("MCE", 6) B("PGE", 7) B("PCE", 8) B("OSFXSR", 9) B("OSXMMEXCPT", 10)     \
    B("UMIP", 11) B("LA57", 12) B("VMXE", 13) B("SMXE", 14)                    \
    B("FSGSBASE", 16) B("PCIDE", 17) B("OSXSAVE", 18) B("KL", 19)              \
    B("SMEP", 20) B("SMAP", 21) B("PKE", 22) B("CET", 23) B("PKS", 24)         \
    B("UINTR", 25) B("LAM_SUP", 28)
#define EFER(B, F, E)                                                          \
    B("SCE", 0) B("LME", 8) B("LMA", 10) B("NXE", 11) B("SVME", 12)            \
    B("LMSLE", 13) B("FFXSR", 14) B("TCE", 15) B("AIBRSE", 21)
#define XCR0(B, F, E)                                                          \
    B("X87", 0) B("SSE", 1) B("AVX", 2) B("BNDREGS", 3) B("BNDCSR", 4)         \
    B("OPMASK", 5) B("ZMM_Hi256", 6) B("Hi16_ZMM", 7) B("PKRU", 9)             \
    B("TILECFG", 17) B("TILEDATA", 18) B("APX", 19)
#define DR6(B, F, E)                                                           \
    B("B0", 0) B("B1", 1) B("B2", 2) B("B3", 3) B("BLD", 11) B("BD", 13)       \
    B("BS", 14) B("BT", 15) B("RTM", 16)
#define DR7(B, F, E)                                                           \
    B("L0", 0) B("G0", 1) B("L1", 2) B("G1", 3) B("L2", 4) B("G2", 5)          \
    B("L3", 6) B("G3", 7) B("LE", 8) B("GE", 9) B("RTM", 11) B("GD", 13)       \
    E("RW0", 16, 17, "rw") E("LEN0", 18, 19, "len")                            \
    E("RW1", 20, 21, "rw") E("LEN1", 22, 23, "len")                            \
    E("RW2", 24, 25, "rw") E("LEN2", 26, 27, "len")                            \
    E("RW3", 28, 29, "rw") E("LEN3", 30, 31, "len")
#define MTRR_DEF_TYPE(B, F, E)                                                 \
    F("TYPE", 0, 7) B("FE", 10) B("E", 11)

/* --- XML --- */

#define XML_BIT(name, n)                                                       \
    "<field name=\"" name "\" start=\"" #n "\" end=\"" #n "\"/>"
#define XML_BITS(name, lo, hi)                                                 \
    "<field name=\"" name "\" start=\"" #lo "\" end=\"" #hi "\"/>"
#define XML_ENUM(name, lo, hi, type)                                           \
    "<field name=\"" name "\" start=\"" #lo "\" end=\"" #hi                    \
    "\" type=\"" type "\"/>"
#define FLAGS(id, size, fields)                                                \
    "<flags id=\"" id "\" size=\"" size "\">"                                  \
    fields(XML_BIT, XML_BITS, XML_ENUM) "</flags>"
#define VALUE(name, value)                                                     \
    "<evalue name=\"" name "\" value=\"" #value "\"/>"
#define ENUM(id, values) "<enum id=\"" id "\" size=\"4\">" values "</enum>"
#define VECTOR(id, type, count)                                                \
    "<vector id=\"" id "\" type=\"" type "\" count=\"" #count "\"/>"
#define MEMBER(name, type) "<field name=\"" name "\" type=\"" type "\"/>"

/* A feature sees no other feature's types, so two have this one. */
#define VEC128                                                                 \
    VECTOR("v4f", "ieee_single", 4) VECTOR("v2d", "ieee_double", 2)            \
    VECTOR("v16i8", "int8", 16) VECTOR("v8i16", "int16", 8)                    \
    VECTOR("v4i32", "int32", 4) VECTOR("v2i64", "int64", 2)                    \
    "<union id=\"vec128\">"                                                    \
        MEMBER("v4_float", "v4f") MEMBER("v2_double", "v2d")                   \
        MEMBER("v16_int8", "v16i8") MEMBER("v8_int16", "v8i16")                \
        MEMBER("v4_int32", "v4i32") MEMBER("v2_int64", "v2i64")                \
        MEMBER("uint128", "uint128")                                           \
    "</union>"

#define DR7_ENUMS                                                              \
    ENUM("rw", VALUE("exec", 0) VALUE("write", 1) VALUE("io", 2)               \
        VALUE("access", 3))                                                    \
    ENUM("len", VALUE("1", 0) VALUE("2", 1) VALUE("8", 2) VALUE("4", 3))

const struct x86_feature x86_features[] = {
    {X86_CORE, FLAGS("i386_eflags", "4", EFLAGS), NULL},
    {X86_SSE_FEATURE, VEC128 FLAGS("i386_mxcsr", "4", MXCSR), NULL},
    {X86_AVX_FEATURE, NULL, NULL},
    {X86_AVX512, VECTOR("vec", "uint128", 2),
     VEC128 VECTOR("vec", "uint128", 2)},
    {X86_PKEYS, NULL, NULL},
    {X86_SEGMENTS, NULL, NULL},
    {X86_SYSTEM,
     FLAGS("segment", "4", SEGMENT) FLAGS("cr0", "4", CR0)
     FLAGS("cr4", "4", CR4) FLAGS("efer", "4", EFER)
     FLAGS("xcr0", "4", XCR0), NULL},
    {X86_DEBUG, FLAGS("dr6", "4", DR6) DR7_ENUMS FLAGS("dr7", "4", DR7), NULL},
    {X86_MSR, FLAGS("mtrr_def_type", "4", MTRR_DEF_TYPE), NULL},
    {NULL, NULL, NULL},
};

/* --- tables --- */

#define TABLE_BIT(name, n) {name, n, n},
#define TABLE_BITS(name, lo, hi) {name, lo, hi},
#define TABLE_ENUM(name, lo, hi, type) {name, lo, hi},
#define TABLE(fields)                                                          \
    (const struct x86_flag[]){                                                 \
        fields(TABLE_BIT, TABLE_BITS, TABLE_ENUM) {NULL, 0, 0}}

static const struct {
    const char *type;
    const struct x86_flag *flags;
} flags_types[] = {
    {"i386_eflags", TABLE(EFLAGS)},
    {"i386_mxcsr", TABLE(MXCSR)},
    {"segment", TABLE(SEGMENT)},
    {"cr0", TABLE(CR0)},
    {"cr4", TABLE(CR4)},
    {"efer", TABLE(EFER)},
    {"xcr0", TABLE(XCR0)},
    {"dr6", TABLE(DR6)},
    {"dr7", TABLE(DR7)},
    {"mtrr_def_type", TABLE(MTRR_DEF_TYPE)},
};
/* clang-format on */

const struct x86_flag *x86_flags_of(const char *type)
{
    for (size_t i = 0; type && i < sizeof flags_types / sizeof flags_types[0];
         i++)
        if (!strcmp(flags_types[i].type, type))
            return flags_types[i].flags;
    return NULL;
}
