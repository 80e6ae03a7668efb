/* SPDX-License-Identifier: MIT */
/* Error codes and descriptors in words. */
#include "kvm/x86_64/fault/explain_words.h"

#include <errno.h>
#include <stdio.h>

#include "kvm/x86_64/insn/vector.h"
#include "kvm/x86_64/paging/rights.h"
#include "kvm/x86_64/state/segment.h"
#include "kvm/x86_64/state/state.h"

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
    case X86_CP:
        (void)snprintf(text, cap, "%s", control_protection_code(code));
        break;
    default:
        break;
    }
}
