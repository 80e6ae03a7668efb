/* SPDX-License-Identifier: MIT */
/*
 * What the system has and a program has not: the hidden parts of segments,
 * descriptor tables, control and debug registers. GDB knows none of them but
 * two bases, so the rest is in features of our own.
 */
#include "stub/x86_64/row.h"
#include "stub/x86_64/types.h"

/* clang-format off */
#define SEGMENT_BASE(s, in, write)                                             \
    {#s "_base", NULL, X86_SYSTEM, "segment", 64, in, 0,                       \
     SYS(s.base), NULL, write}
#define SEGMENT_REST(s)                                                        \
    {#s "_limit", NULL, X86_SYSTEM, "segment", 32, ANY, 0,                     \
     SYS(s.limit), NULL, row_write_limit},                                     \
    {#s "_attr", "segment", X86_SYSTEM, "segment", 32, ANY, 0,                 \
     SYS(s.type), row_read_attr, row_write_attr}
/* LLDT and LTR are not carried out: each part is written by itself. */
#define SYSTEM_SEGMENT(name, s)                                                \
    {name, NULL, X86_SYSTEM, "segment", 32, ANY, 0,                            \
     SYS(s.selector), PLAIN},                                                  \
    {name "_base", NULL, X86_SYSTEM, "segment", 64, ANY, 0,                    \
     SYS(s.base), NULL, row_write_base},                                       \
    {name "_limit", NULL, X86_SYSTEM, "segment", 32, ANY, 0,                   \
     SYS(s.limit), NULL, row_write_limit},                                     \
    {name "_attr", "segment", X86_SYSTEM, "segment", 32, ANY, 0,               \
     SYS(s.type), row_read_attr, row_write_attr}
#define TABLE(name, t)                                                         \
    {name "_base", "data_ptr", X86_SYSTEM, "system", 64, IN_64, 0,             \
     SYS(t.base), NULL, row_write_base},                                       \
    {name "_base", NULL, X86_SYSTEM, "system", 64, NARROW, 0,                  \
     SYS(t.base), NULL, row_write_base},                                       \
    {name "_limit", NULL, X86_SYSTEM, "system", 32, ANY, 0,                    \
     SYS(t.limit), PLAIN}
#define DR(name, type, bits, field)                                            \
    {name, type, X86_DEBUG, "debug", bits, ANY, 0, DEBUG(field), PLAIN}

/* Flags have 32 bits, all that is defined: GDB takes `set $cr0 = 0x31` for
 * those, and for 64-bit flags only a value that is a long. */
static const struct row rows[] = {
    {"fs_base", NULL, X86_SEGMENTS, "segment", 64, IN_64, 0,
     SYS(fs.base), NULL, row_write_base},
    {"gs_base", NULL, X86_SEGMENTS, "segment", 64, IN_64, 0,
     SYS(gs.base), NULL, row_write_base},

    {"ip", NULL, X86_SYSTEM, "system", 64, ANY, 0,
     GP(rip), NULL, row_write_ip},
    SEGMENT_BASE(cs, ANY, row_write_base32), SEGMENT_REST(cs),
    SEGMENT_BASE(ss, ANY, row_write_base32), SEGMENT_REST(ss),
    SEGMENT_BASE(ds, ANY, row_write_base32), SEGMENT_REST(ds),
    SEGMENT_BASE(es, ANY, row_write_base32), SEGMENT_REST(es),
    SEGMENT_BASE(fs, NARROW, row_write_base), SEGMENT_REST(fs),
    SEGMENT_BASE(gs, NARROW, row_write_base), SEGMENT_REST(gs),
    TABLE("gdtr", gdt), TABLE("idtr", idt),
    SYSTEM_SEGMENT("ldtr", ldt), SYSTEM_SEGMENT("tr", tr),

    {"cr0", "cr0", X86_SYSTEM, "system", 32, ANY, 0,
     SYS(cr0), NULL, row_write_cr0},
    {"cr2", NULL, X86_SYSTEM, "system", 64, ANY, 0, SYS(cr2), PLAIN},
    {"cr3", NULL, X86_SYSTEM, "system", 64, ANY, 0, SYS(cr3), PLAIN},
    {"cr4", "cr4", X86_SYSTEM, "system", 32, ANY, 0, SYS(cr4), PLAIN},
    {"cr8", NULL, X86_SYSTEM, "system", 64, ANY, 0,
     SYS(cr8), NULL, row_write_cr8},
    {"efer", "efer", X86_SYSTEM, "system", 32, ANY, 0,
     SYS(efer), NULL, row_write_efer},
    {"xcr0", "xcr0", X86_SYSTEM, "system", 32, ANY, 0, XCR0, PLAIN},

    DR("dr0", NULL, 64, db[0]), DR("dr1", NULL, 64, db[1]),
    DR("dr2", NULL, 64, db[2]), DR("dr3", NULL, 64, db[3]),
    DR("dr6", "dr6", 32, dr6), DR("dr7", "dr7", 32, dr7),
};
/* clang-format on */

ROW_TABLE(x86_rows_system);
