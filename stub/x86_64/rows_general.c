/* SPDX-License-Identifier: MIT */
/*
 * General registers, flags and selectors: GDB's core feature, first part.
 *
 * pc and sp are linear (segment base added), also in real mode: that is what
 * breakpoints, symbols and memory reads are in. The raw offset of pc is `ip`;
 * of a 16-bit stack, sp is SP and not ESP.
 */
#include "stub/x86_64/row.h"
#include "stub/x86_64/types.h"

enum { EXP = RSP_REG_EXPEDITE, GEN = RSP_REG_GENERAL };

#define PC GP(rip), row_read_pc, row_write_pc
#define SP GP(rsp), row_read_sp, row_write_sp

/* clang-format off */
#define GPR64(name, field)                                                     \
    {name, NULL, X86_CORE, "general", 64, WIDE, GEN, GP(field), PLAIN}
#define GPR32(name, field)                                                     \
    {name, NULL, X86_CORE, "general", 32, NARROW, GEN, GP(field), PLAIN}
#define SELECTOR(s)                                                            \
    {#s, NULL, X86_CORE, "general", 32, ANY, GEN, SYS(s.selector),             \
     NULL, row_write_selector}

/* GDB's data_ptr and code_ptr are as wide as its architecture's pointers, so
 * where both widths are together the types are plain numbers. */
static const struct row rows[] = {
    GPR64("rax", rax), GPR64("rbx", rbx), GPR64("rcx", rcx),
    GPR64("rdx", rdx), GPR64("rsi", rsi), GPR64("rdi", rdi),
    {"rbp", "data_ptr", X86_CORE, "general", 64, IN_64,   EXP | GEN,
     GP(rbp), PLAIN},
    {"rbp", NULL,       X86_CORE, "general", 64, IN_BOTH, EXP | GEN,
     GP(rbp), PLAIN},
    {"rsp", "data_ptr", X86_CORE, "general", 64, IN_64,   EXP | GEN, SP},
    {"rsp", NULL,       X86_CORE, "general", 64, IN_BOTH, EXP | GEN, SP},
    GPR64("r8", r8), GPR64("r9", r9), GPR64("r10", r10), GPR64("r11", r11),
    GPR64("r12", r12), GPR64("r13", r13), GPR64("r14", r14),
    GPR64("r15", r15),
    {"rip", "code_ptr", X86_CORE, "general", 64, IN_64,   EXP | GEN, PC},
    {"rip", NULL,       X86_CORE, "general", 64, IN_BOTH, EXP | GEN, PC},

    GPR32("eax", rax), GPR32("ecx", rcx), GPR32("edx", rdx),
    GPR32("ebx", rbx),
    {"esp", "data_ptr", X86_CORE, "general", 32, IN_16 | IN_32, EXP | GEN, SP},
    {"esp", NULL,       X86_CORE, "general", 32, IN_BOTH,       GEN, SP},
    {"ebp", "data_ptr", X86_CORE, "general", 32, IN_16 | IN_32, EXP | GEN,
     GP(rbp), PLAIN},
    {"ebp", NULL,       X86_CORE, "general", 32, IN_BOTH,       GEN,
     GP(rbp), PLAIN},
    GPR32("esi", rsi), GPR32("edi", rdi),
    {"eip", "code_ptr", X86_CORE, "general", 32, IN_16 | IN_32, EXP | GEN, PC},
    {"eip", NULL,       X86_CORE, "general", 32, IN_BOTH,       GEN, PC},

    {"eflags", "i386_eflags", X86_CORE, "general", 32, ANY, GEN,
     GP(rflags), NULL, row_write_eflags},
    SELECTOR(cs), SELECTOR(ss), SELECTOR(ds), SELECTOR(es), SELECTOR(fs),
    SELECTOR(gs),
};
/* clang-format on */

ROW_TABLE(x86_rows_general);
