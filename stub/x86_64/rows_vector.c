/* SPDX-License-Identifier: MIT */
/*
 * SSE, AVX, AVX-512 and protection keys. GDB puts a wide register together
 * from the parts in which XSAVE keeps it (Intel SDM 1 13.4, 13.5.6):
 *
 *              511                 256 255      128 127        0
 *     zmm0-15  |       zmm0h           |   ymm0h   |   xmm0    |
 *               component 6             component 2 component 1
 *     zmm16-31 |       zmm16h          |   ymm16h  |   xmm16   |
 *               component 7, all of it
 */
#include "stub/x86_64/row.h"
#include "stub/x86_64/types.h"

/* clang-format off */
#define XMM(i, in)                                                             \
    {"xmm" #i, "vec128", X86_SSE_FEATURE, "vector", 128, in, 0,                \
     XSAVE(X86_SSE, 160 + 16 * (i), 16), PLAIN}
#define YMMH(i, in)                                                            \
    {"ymm" #i "h", "uint128", X86_AVX_FEATURE, "vector", 128, in, 0,           \
     XSAVE(X86_AVX, 16 * (i), 16), PLAIN}
#define K(i)                                                                   \
    {"k" #i, NULL, X86_AVX512, "vector", 64, ANY, 0,                           \
     XSAVE(X86_OPMASK, 8 * (i), 8), PLAIN}
#define ZMMH(i, in)                                                            \
    {"zmm" #i "h", "vec", X86_AVX512, "vector", 256, in, 0,                    \
     XSAVE(X86_ZMM_HI256, 32 * (i), 32), PLAIN}
#define HI16(name, i, type, bits, at)                                          \
    {name, type, X86_AVX512, "vector", bits, WIDE, 0,                          \
     XSAVE(X86_HI16_ZMM, 64 * ((i) - 16) + (at), (bits) / 8), PLAIN}
#define XMM_HI16(i)  HI16("xmm" #i, i, "vec128", 128, 0)
#define YMMH_HI16(i) HI16("ymm" #i "h", i, "uint128", 128, 16)
#define ZMMH_HI16(i) HI16("zmm" #i "h", i, "vec", 256, 32)

#define EIGHT(ROW, in)                                                         \
    ROW(0, in), ROW(1, in), ROW(2, in), ROW(3, in), ROW(4, in), ROW(5, in),    \
    ROW(6, in), ROW(7, in)
#define EIGHT_MORE(ROW, in)                                                    \
    ROW(8, in), ROW(9, in), ROW(10, in), ROW(11, in), ROW(12, in),             \
    ROW(13, in), ROW(14, in), ROW(15, in)
#define HIGH_SIXTEEN(ROW)                                                      \
    ROW(16), ROW(17), ROW(18), ROW(19), ROW(20), ROW(21), ROW(22), ROW(23),    \
    ROW(24), ROW(25), ROW(26), ROW(27), ROW(28), ROW(29), ROW(30), ROW(31)

static const struct row rows[] = {
    EIGHT(XMM, ANY), EIGHT_MORE(XMM, WIDE),
    {"mxcsr", "i386_mxcsr", X86_SSE_FEATURE, "vector", 32, ANY, 0,
     XSAVE(X86_SSE, 24, 4), PLAIN},

    EIGHT(YMMH, ANY), EIGHT_MORE(YMMH, WIDE),

    HIGH_SIXTEEN(XMM_HI16), HIGH_SIXTEEN(YMMH_HI16),
    K(0), K(1), K(2), K(3), K(4), K(5), K(6), K(7),
    EIGHT(ZMMH, ANY), EIGHT_MORE(ZMMH, WIDE), HIGH_SIXTEEN(ZMMH_HI16),

    {"pkru", NULL, X86_PKEYS, "system", 32, ANY, 0,
     XSAVE(X86_PKRU, 0, 4), PLAIN},
};
/* clang-format on */

ROW_TABLE(x86_rows_vector);
