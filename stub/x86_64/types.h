/* SPDX-License-Identifier: MIT */
#ifndef STUB_X86_64_TYPES_H
#define STUB_X86_64_TYPES_H

/*
 * Features and the types that their registers have in target.xml (GDB manual,
 * "Standard Target Features", "Target Description Format").
 */

#include <stdint.h>

#include "rsp/regs.h"

#define X86_CORE        "org.gnu.gdb.i386.core"
#define X86_SSE_FEATURE "org.gnu.gdb.i386.sse"
#define X86_AVX_FEATURE "org.gnu.gdb.i386.avx"
#define X86_AVX512      "org.gnu.gdb.i386.avx512"
#define X86_PKEYS       "org.gnu.gdb.i386.pkeys"
#define X86_SEGMENTS    "org.gnu.gdb.i386.segments"
#define X86_SYSTEM      "org.kvmgdbstub.i386.system"
#define X86_DEBUG       "org.kvmgdbstub.i386.debug"
#define X86_MSR         "org.kvmgdbstub.i386.msr"

enum { X86_FEATURES_MAX = 12 };

struct x86_feature {
    const char *name;
    const char *types; /* XML, or NULL */
    const char *wide;  /* the same where xmm16 to 31 are, if that is more */
};

/* In the order of the registers; a NULL name ends it. */
extern const struct x86_feature x86_features[];

/* A named bit, or several of them: bits lo to hi. */
struct x86_flag {
    const char *name;
    uint8_t lo, hi;
};

/* The fields of a <flags> type, NULL name after the last; NULL when the type
 * is another, or none. */
const struct x86_flag *x86_flags_of(const char *type);

#endif
