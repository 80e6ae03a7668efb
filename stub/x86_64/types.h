/* SPDX-License-Identifier: MIT */
#ifndef STUB_X86_64_TYPES_H
#define STUB_X86_64_TYPES_H

/*
 * The types that registers have in target.xml (GDB manual, "Types"). Bit names
 * are the manuals': Intel SDM 1 3.4.3 (EFLAGS), 10.2.3 (MXCSR), 3A 2.5 (CR0,
 * CR4), 3A 2.2.1 (EFER).
 */

#define FLAGS(id, size, fields)                                                \
    "<flags id=\"" id "\" size=\"" size "\">" fields "</flags>"
#define BIT(name, n)                                                           \
    "<field name=\"" name "\" start=\"" #n "\" end=\"" #n "\"/>"
#define BITS(name, lo, hi)                                                     \
    "<field name=\"" name "\" start=\"" #lo "\" end=\"" #hi                    \
    "\" type=\"uint32\"/>"
#define VECTOR(id, type, count)                                                \
    "<vector id=\"" id "\" type=\"" type "\" count=\"" #count "\"/>"
#define MEMBER(name, type) "<field name=\"" name "\" type=\"" type "\"/>"

/* clang-format off */
#define X86_CORE_TYPES                                                         \
    FLAGS("i386_eflags", "4",                                                  \
        BIT("CF", 0) BIT("", 1) BIT("PF", 2) BIT("AF", 4) BIT("ZF", 6)         \
        BIT("SF", 7) BIT("TF", 8) BIT("IF", 9) BIT("DF", 10) BIT("OF", 11)     \
        BITS("IOPL", 12, 13) BIT("NT", 14) BIT("RF", 16) BIT("VM", 17)         \
        BIT("AC", 18) BIT("VIF", 19) BIT("VIP", 20) BIT("ID", 21))

#define X86_SSE_TYPES                                                          \
    VECTOR("v4f", "ieee_single", 4) VECTOR("v2d", "ieee_double", 2)            \
    VECTOR("v16i8", "int8", 16) VECTOR("v8i16", "int16", 8)                    \
    VECTOR("v4i32", "int32", 4) VECTOR("v2i64", "int64", 2)                    \
    "<union id=\"vec128\">"                                                    \
        MEMBER("v4_float", "v4f") MEMBER("v2_double", "v2d")                   \
        MEMBER("v16_int8", "v16i8") MEMBER("v8_int16", "v8i16")                \
        MEMBER("v4_int32", "v4i32") MEMBER("v2_int64", "v2i64")                \
        MEMBER("uint128", "uint128")                                           \
    "</union>"                                                                 \
    FLAGS("i386_mxcsr", "4",                                                   \
        BIT("IE", 0) BIT("DE", 1) BIT("ZE", 2) BIT("OE", 3) BIT("UE", 4)       \
        BIT("PE", 5) BIT("DAZ", 6) BIT("IM", 7) BIT("DM", 8) BIT("ZM", 9)      \
        BIT("OM", 10) BIT("UM", 11) BIT("PM", 12) BITS("RC", 13, 14)           \
        BIT("FZ", 15))

#define X86_SYSTEM_TYPES                                                       \
    FLAGS("i386_cr0", "8",                                                     \
        BIT("PE", 0) BIT("MP", 1) BIT("EM", 2) BIT("TS", 3) BIT("ET", 4)       \
        BIT("NE", 5) BIT("WP", 16) BIT("AM", 18) BIT("NW", 29) BIT("CD", 30)   \
        BIT("PG", 31))                                                         \
    FLAGS("i386_cr4", "8",                                                     \
        BIT("VME", 0) BIT("PVI", 1) BIT("TSD", 2) BIT("DE", 3) BIT("PSE", 4)   \
        BIT("PAE", 5) BIT("MCE", 6) BIT("PGE", 7) BIT("PCE", 8)                \
        BIT("OSFXSR", 9) BIT("OSXMMEXCPT", 10) BIT("UMIP", 11)                 \
        BIT("LA57", 12) BIT("VMXE", 13) BIT("SMXE", 14) BIT("FSGSBASE", 16)    \
        BIT("PCIDE", 17) BIT("OSXSAVE", 18) BIT("SMEP", 20) BIT("SMAP", 21)    \
        BIT("PKE", 22) BIT("CET", 23) BIT("PKS", 24))                          \
    FLAGS("i386_efer", "8",                                                    \
        BIT("SCE", 0) BIT("LME", 8) BIT("LMA", 10) BIT("NXE", 11)              \
        BIT("SVME", 12) BIT("LMSLE", 13) BIT("FFXSR", 14) BIT("TCE", 15))
/* clang-format on */

#endif
