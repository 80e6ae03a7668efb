/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/insn/vector.h"

#include <stddef.h>

struct vector_row {
    const char *key;  /* what the user types; NULL: not to be caught */
    const char *name; /* as x86_vector_name() */
    bool has_code;
    enum fault_class kind; /* FAULT_UNKNOWN, 0: FAULT_MEMORY, as most are */
};

/* clang-format off */
static const struct vector_row rows[ARCH_VECTORS] = {
    [X86_DE] = {"de", "vector 0, divide error (#DE)", false, FAULT_ARITHMETIC},
    [X86_DB] = {"db", "vector 1, debug exception (#DB)", false, 0},
    [X86_NMI] = {"nmi", "vector 2, non-maskable interrupt (NMI)", false, 0},
    [X86_BP] = {"bp", "vector 3, breakpoint (#BP)", false, 0},
    [X86_OF] = {"of", "vector 4, overflow (#OF)", false, FAULT_ARITHMETIC},
    [X86_BR] = {"br", "vector 5, bound range exceeded (#BR)", false, 0},
    [X86_UD] = {"ud", "vector 6, invalid opcode (#UD)", false, FAULT_ILLEGAL},
    [X86_NM] = {"nm", "vector 7, device not available (#NM)", false,
                FAULT_ILLEGAL},
    [X86_DF] = {"df", "vector 8, double fault (#DF)", true, 0},
    [9] = {NULL, "vector 9, coprocessor segment overrun", false, 0},
    [X86_TS] = {"ts", "vector 10, invalid TSS (#TS)", true, 0},
    [X86_NP] = {"np", "vector 11, segment not present (#NP)", true, 0},
    [X86_SS] = {"ss", "vector 12, stack fault (#SS)", true, 0},
    [X86_GP] = {"gp", "vector 13, general protection (#GP)", true, 0},
    [X86_PF] = {"pf", "vector 14, page fault (#PF)", true, 0},
    [15] = {NULL, "vector 15, a reserved exception", false, 0},
    [X86_MF] = {"mf", "vector 16, x87 error (#MF)", false, FAULT_ARITHMETIC},
    [X86_AC] = {"ac", "vector 17, alignment check (#AC)", true, 0},
    [X86_MC] = {"mc", "vector 18, machine check (#MC)", false, 0},
    [X86_XM] = {"xm", "vector 19, SIMD error (#XM)", false, FAULT_ARITHMETIC},
    [X86_VE] = {NULL, "vector 20, virtualization exception (#VE)", false, 0},
    [X86_CP] = {"cp", "vector 21, control protection (#CP)", true, 0},
    [22] = {NULL, "vector 22, a reserved exception", false, 0},
    [23] = {NULL, "vector 23, a reserved exception", false, 0},
    [24] = {NULL, "vector 24, a reserved exception", false, 0},
    [25] = {NULL, "vector 25, a reserved exception", false, 0},
    [26] = {NULL, "vector 26, a reserved exception", false, 0},
    [27] = {NULL, "vector 27, a reserved exception", false, 0},
    [X86_HV] = {NULL, "vector 28, hypervisor injection (#HV)", false, 0},
    [X86_VC] = {NULL, "vector 29, VMM communication (#VC)", true, 0},
    [X86_SX] = {NULL, "vector 30, security exception (#SX)", true, 0},
    [31] = {NULL, "vector 31, a reserved exception", false, 0},
};
/* clang-format on */

const char *x86_vector_name(int vector)
{
    if (vector < 0)
        return "an exception of unknown kind";
    return vector < ARCH_VECTORS ? rows[vector].name : "an interrupt";
}

bool x86_vector_has_code(int vector)
{
    return vector >= 0 && vector < ARCH_VECTORS && rows[vector].has_code;
}

enum fault_class x86_fault_class(int vector)
{
    if (vector < 0)
        return FAULT_UNKNOWN;
    if (vector < ARCH_VECTORS && rows[vector].kind)
        return rows[vector].kind;
    return FAULT_MEMORY;
}

const char *arch_vector_name(unsigned vector)
{
    return vector < ARCH_VECTORS ? rows[vector].key : NULL;
}
