/* SPDX-License-Identifier: MIT */
/* Exceptions, their error codes and descriptors in words. */
#include "kvm/x86_64/fault/explain_words.h"

#include <errno.h>
#include <stdio.h>

#include "kvm/x86_64/paging/rights.h"
#include "kvm/x86_64/state/segment.h"
#include "kvm/x86_64/state/state.h"

/* --- vectors --- */

/* Intel SDM 3A table 6-1, AMD APM 2 table 8-1. */
const char *x86_vector_name(int vector)
{
    static const char *const names[] = {
        [0] = "vector 0, divide error (#DE)",
        [1] = "vector 1, debug exception (#DB)",
        [2] = "vector 2, non-maskable interrupt (NMI)",
        [3] = "vector 3, breakpoint (#BP)",
        [4] = "vector 4, overflow (#OF)",
        [5] = "vector 5, bound range exceeded (#BR)",
        [6] = "vector 6, invalid opcode (#UD)",
        [7] = "vector 7, device not available (#NM)",
        [8] = "vector 8, double fault (#DF)",
        [9] = "vector 9, coprocessor segment overrun",
        [10] = "vector 10, invalid TSS (#TS)",
        [11] = "vector 11, segment not present (#NP)",
        [12] = "vector 12, stack fault (#SS)",
        [13] = "vector 13, general protection (#GP)",
        [14] = "vector 14, page fault (#PF)",
        [15] = "vector 15, a reserved exception",
        [16] = "vector 16, x87 error (#MF)",
        [17] = "vector 17, alignment check (#AC)",
        [18] = "vector 18, machine check (#MC)",
        [19] = "vector 19, SIMD error (#XM)",
        [20] = "vector 20, virtualization exception (#VE)",
        [21] = "vector 21, control protection (#CP)",
        [22] = "vector 22, a reserved exception",
        [23] = "vector 23, a reserved exception",
        [24] = "vector 24, a reserved exception",
        [25] = "vector 25, a reserved exception",
        [26] = "vector 26, a reserved exception",
        [27] = "vector 27, a reserved exception",
        [28] = "vector 28, hypervisor injection (#HV)",
        [29] = "vector 29, VMM communication (#VC)",
        [30] = "vector 30, security exception (#SX)",
        [31] = "vector 31, a reserved exception",
    };

    if (vector < 0)
        return "an exception of unknown kind";
    return vector < (int)(sizeof names / sizeof names[0]) ? names[vector]
                                                          : "an interrupt";
}

enum fault_class x86_fault_class(int vector)
{
    switch (vector) {
    case X86_DE:
    case X86_OF:
    case X86_MF:
    case X86_XM:
        return FAULT_ARITHMETIC;
    case X86_UD:
    case X86_NM:
        return FAULT_ILLEGAL;
    default:
        return vector < 0 ? FAULT_UNKNOWN : FAULT_MEMORY;
    }
}

/* --- descriptors --- */

/* Intel SDM 3A table 3-2: system descriptors outside of long mode, where those
 * of 16 bits do not exist. */
static const char *system_name(unsigned type)
{
    static const char *const names[] = {
        "an empty descriptor",
        "a 16-bit TSS",
        "an LDT",
        "a busy 16-bit TSS",
        "a 16-bit call gate",
        "a task gate",
        "a 16-bit interrupt gate",
        "a 16-bit trap gate",
        "a reserved type",
        "a TSS",
        "a reserved type",
        "a busy TSS",
        "a call gate",
        "a reserved type",
        "an interrupt gate",
        "a trap gate",
    };

    return names[type & 0xf];
}

/* Intel SDM 3A table 3-1. */
static const char *data_name(unsigned type)
{
    enum { WRITABLE = 2, DOWN = 4 };

    if (type & DOWN)
        return type & WRITABLE ? "expand-down data" : "read-only data";
    return type & WRITABLE ? "writable data" : "read-only data";
}

static void describe_segment(const struct kvm_segment *s, char *text,
                             size_t cap)
{
    enum { READABLE = 2, CONFORMING = 4, CODE = 8 };
    const char *absent = s->present ? "" : ", not present";

    if (!s->s)
        (void)snprintf(text, cap, "%s, DPL %u%s", system_name(s->type), s->dpl,
                       absent);
    else if (s->type & CODE)
        (void)snprintf(text, cap, "%s%s%s code, DPL %u%s",
                       s->type & CONFORMING ? "conforming " : "",
                       s->type & READABLE ? "" : "execute-only ",
                       s->l    ? "64-bit"
                       : s->db ? "32-bit"
                               : "16-bit",
                       s->dpl, absent);
    else
        (void)snprintf(text, cap, "%s, DPL %u%s", data_name(s->type), s->dpl,
                       absent);
}

static void describe_table(struct vcpu *vcpu, uint16_t selector, char *text,
                           size_t cap)
{
    enum { LOCAL = 4 };
    const struct kvm_sregs *sys = x86_sys(vcpu);
    const char *name = selector & LOCAL ? "LDT" : "GDT";
    struct kvm_segment segment;
    int r = x86_read_segment(vcpu, selector, &segment);

    if (!r)
        describe_segment(&segment, text, cap);
    else if (r == -EFAULT)
        (void)snprintf(text, cap,
                       "it is not in memory: the %s's base is "
                       "0x%llx",
                       name,
                       (unsigned long long)(selector & LOCAL ? sys->ldt.base
                                                             : sys->gdt.base));
    else if (selector & LOCAL && sys->ldt.unusable)
        (void)snprintf(text, cap, "there is no LDT");
    else
        (void)snprintf(text, cap, "the %s ends at 0x%x", name,
                       selector & LOCAL ? sys->ldt.limit : sys->gdt.limit);
}

void x86_describe_selector(struct vcpu *vcpu, uint16_t selector, char *text,
                           size_t cap)
{
    enum { RPL = 3, LOCAL = 4, INDEX_SHIFT = 3 };
    char what[120];

    if (!(selector & ~RPL)) {
        (void)snprintf(text, cap, "selector 0x%x, the null selector", selector);
        return;
    }
    describe_table(vcpu, selector, what, sizeof what);
    (void)snprintf(text, cap, "selector 0x%x (%s entry %u): %s", selector,
                   selector & LOCAL ? "LDT" : "GDT", selector >> INDEX_SHIFT,
                   what);
}

/* --- error codes --- */

static void page_fault_code(uint64_t code, char *text, size_t cap)
{
    (void)snprintf(text, cap, "%s, %s, %s%s%s",
                   code & PAGE_FAULT_P ? "protection" : "not present",
                   code & PAGE_FAULT_I   ? "fetch"
                   : code & PAGE_FAULT_W ? "write"
                                         : "read",
                   code & PAGE_FAULT_U ? "user" : "supervisor",
                   code & PAGE_FAULT_RSVD ? ", reserved bit" : "",
                   code & PAGE_FAULT_PK ? ", protection key" : "");
}

/* Intel SDM 3A figure 6-7: bit 0 an event from outside was being delivered,
 * bit 1 the index is the IDT's. */
static void selector_code(struct vcpu *vcpu, uint16_t code, char *text,
                          size_t cap)
{
    enum { EXT = 1, IDT = 2, INDEX = 0xfff8, TI = 4 };
    char what[180];

    if (code & IDT)
        (void)snprintf(what, sizeof what, "entry %u of the IDT", code >> 3);
    else
        x86_describe_selector(vcpu, code & (INDEX | TI), what, sizeof what);
    (void)snprintf(text, cap, "%s%s", what,
                   code & EXT ? ", while an event was being delivered" : "");
}

/* Intel SDM 3A 6.15, "Interrupt 21". */
static const char *control_protection_code(uint64_t code)
{
    static const char *const names[] = {
        "",         "near return", "far return or iret", "no endbranch",
        "rstorssp", "setssbsy",
    };

    return code < sizeof names / sizeof names[0] ? names[code] : "";
}

void x86_describe_code(struct vcpu *vcpu, unsigned vector, uint64_t code,
                       char *text, size_t cap)
{
    enum { CP = 21 };

    *text = '\0';
    switch (vector) {
    case X86_PF:
        page_fault_code(code, text, cap);
        break;
    case X86_TS:
    case X86_NP:
    case X86_SS:
    case X86_GP:
        if (code)
            selector_code(vcpu, (uint16_t)code, text, cap);
        break;
    case CP:
        (void)snprintf(text, cap, "%s", control_protection_code(code));
        break;
    default:
        break;
    }
}

const char *arch_vector_name(unsigned vector)
{
    static const char *const names[ARCH_VECTORS] = {
        [0] = "de",  [1] = "db",  [2] = "nmi", [3] = "bp",  [4] = "of",
        [5] = "br",  [6] = "ud",  [7] = "nm",  [8] = "df",  [10] = "ts",
        [11] = "np", [12] = "ss", [13] = "gp", [14] = "pf", [16] = "mf",
        [17] = "ac", [18] = "mc", [19] = "xm", [21] = "cp",
    };

    return vector < ARCH_VECTORS ? names[vector] : NULL;
}
