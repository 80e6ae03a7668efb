/* SPDX-License-Identifier: MIT */
/* Why an exception finds no handler: the interrupt table, the handler's code
 * segment, its memory, the stack for its frame. Intel SDM 3A 6.12, 6.14. */
#include "kvm/x86_64/fault/explain_delivery.h"

#include <stdio.h>

#include "kvm/core/mem.h"
#include "kvm/vm/types.h"
#include "kvm/x86_64/fault/explain_words.h"
#include "kvm/x86_64/insn/insn.h"
#include "kvm/x86_64/paging/rights.h"
#include "kvm/x86_64/state/gate.h"
#include "kvm/x86_64/state/linear.h"
#include "kvm/x86_64/state/segment.h"
#include "kvm/x86_64/state/state.h"

struct delivery {
    struct vcpu *vcpu;
    unsigned vector;
    struct x86_gate gate;
    unsigned cpl, handler_cpl;
    char *text;
    size_t cap;
};

static bool is_protected(const struct delivery *d)
{
    return x86_sys(d->vcpu)->cr0 & X86_CR0_PE;
}

static bool delivery_is_long(const struct delivery *d)
{
    return x86_sys(d->vcpu)->efer & X86_EFER_LMA;
}

/* --- the table --- */

static bool explain_gate(struct delivery *d)
{
    static const char *const why[] = {
        [X86_GATE_LIMIT] = "has no entry for it",
        [X86_GATE_MEMORY] = "is not mapped",
        [X86_GATE_ABSENT] = "has an entry that is not present",
        [X86_GATE_TYPE] = "has an entry that is no gate",
    };
    const struct kvm_sregs *sys = x86_sys(d->vcpu);
    enum x86_gate_fault fault = x86_gate(d->vcpu, d->vector, &d->gate);

    if (fault == X86_GATE_OK)
        return false;
    (void)snprintf(d->text, d->cap, "the IDT (base 0x%llx, limit 0x%x) %s",
                   (unsigned long long)sys->idt.base, sys->idt.limit,
                   why[fault]);
    return true;
}

/* --- the handler's segment --- */

static const char *refuse_code(const struct delivery *d,
                               const struct kvm_segment *cs)
{
    enum { CONFORMING = 4, CODE = 8 };

    if (!cs->s || !(cs->type & CODE))
        return "it is not code";
    if (cs->dpl > d->cpl)
        return "its DPL is above the CPL";
    if (!cs->present)
        return "it is not present";
    if (delivery_is_long(d) && (!cs->l || cs->db))
        return "in long mode it must be 64-bit code";
    return NULL;
}

static bool explain_handler_segment(struct delivery *d)
{
    enum { CONFORMING = 4, RPL = 3 };
    uint16_t selector = d->gate.selector;
    struct kvm_segment cs;
    const char *why = NULL;
    char what[200];

    if (!is_protected(d) || d->gate.type == X86_GATE_TASK)
        return false;
    if (selector & ~RPL && x86_read_segment(d->vcpu, selector, &cs) == 0) {
        why = refuse_code(d, &cs);
        if (!why) {
            d->handler_cpl = cs.type & CONFORMING ? d->cpl : cs.dpl;
            return false;
        }
    }
    x86_describe_selector(d->vcpu, selector, what, sizeof what);
    (void)snprintf(d->text, d->cap, "its handler's code segment: %s%s%s", what,
                   why ? "; " : "", why ? why : "");
    return true;
}

/* --- memory --- */

static bool can_access(const struct delivery *d, uint64_t gva, bool write)
{
    const struct paging paging = x86_paging(d->vcpu);
    const struct page_access access = {.write = write, .fetch = !write};
    struct page_verdict verdict;
    uint64_t run;
    uint64_t gpa;

    page_check(&paging, &d->vcpu->vm->mem, gva, &access, &verdict);
    if (verdict.refusal != PAGE_ALLOWED)
        return false;
    return arch_translate(d->vcpu, gva, &gpa, &run) == 0 &&
           mem_has(&d->vcpu->vm->mem, gpa, 1);
}

static bool explain_handler(struct delivery *d)
{
    if (d->gate.type == X86_GATE_TASK || can_access(d, d->gate.gva, false))
        return false;
    (void)snprintf(d->text, d->cap, "its handler at 0x%llx is not to be had",
                   (unsigned long long)d->gate.gva);
    return true;
}

/* --- the stack --- */

/* In the task state: of that privilege, or by an entry of its interrupt stack
 * table (Intel SDM 3A 7.2.1, 7.7). False: it is not in memory. */
static bool task_stack(const struct delivery *d, uint64_t *ret)
{
    enum { TSS_32 = 8, RSP0 = 4, IST1 = 0x24, ESP0 = 4, SP0 = 2 };
    const struct kvm_segment *tr = &x86_sys(d->vcpu)->tr;
    bool wide = tr->type & TSS_32;
    uint64_t at = d->gate.ist ? IST1 + 8 * (d->gate.ist - UINT64_C(1))
                              : RSP0 + UINT64_C(8) * d->handler_cpl;

    if (!delivery_is_long(d))
        at = wide ? ESP0 + UINT64_C(8) * d->handler_cpl
                  : SP0 + UINT64_C(4) * d->handler_cpl;
    return x86_read_number(d->vcpu, tr->base + at,
                           delivery_is_long(d) ? 8
                           : wide              ? 4
                                               : 2,
                           ret) == 0;
}

/* A stack of 16 or 32-bit code has a limit, too (Intel SDM 3A 5.3). */
static bool explain_delivery_limit(struct delivery *d, uint64_t word)
{
    enum { DOWN = 4 };
    const struct kvm_segment *ss = &x86_sys(d->vcpu)->ss;
    uint64_t offset =
        (x86_gp(d->vcpu)->rsp - word) & (ss->db ? UINT32_MAX : UINT16_MAX);

    if (ss->unusable || ss->type & DOWN || offset + word - 1 <= ss->limit)
        return false;
    (void)snprintf(d->text, d->cap,
                   "the stack at SS:0x%llx is beyond the limit of SS (0x%x)",
                   (unsigned long long)offset, ss->limit);
    return true;
}

/* The frame lies below the stack's top; one word tells. */
static bool explain_delivery_stack(struct delivery *d)
{
    bool switches = d->gate.ist || d->handler_cpl < d->cpl;
    uint64_t top = x86_stack(d->vcpu, 0);
    uint64_t word = delivery_is_long(d) ? 8 : is_protected(d) ? 4 : 2;

    if (d->gate.type == X86_GATE_TASK)
        return false;
    if (switches && !task_stack(d, &top)) {
        (void)snprintf(d->text, d->cap,
                       "the task state at 0x%llx, with the handler's stack, is "
                       "not to be had",
                       (unsigned long long)x86_sys(d->vcpu)->tr.base);
        return true;
    }
    if (!switches && !delivery_is_long(d) && explain_delivery_limit(d, word))
        return true;
    if (delivery_is_long(d))
        top &= ~UINT64_C(15);
    if (!is_protected(d))
        top = x86_stack(d->vcpu, -word) + word;
    if (can_access(d, top - word, true))
        return false;
    (void)snprintf(d->text, d->cap,
                   "the stack at 0x%llx%s cannot take its frame",
                   (unsigned long long)(top - word),
                   switches ? ", from the task state," : "");
    return true;
}

void x86_explain_delivery(struct vcpu *vcpu, int vector, char *text, size_t cap)
{
    unsigned cpl = x86_cpl(vcpu);
    struct delivery d = {
        .vcpu = vcpu,
        .vector = vector < 0 ? X86_GP : (unsigned)vector,
        .cpl = cpl,
        .handler_cpl = cpl,
        .text = text,
        .cap = cap,
    };

    text[0] = '\0';
    if (explain_gate(&d) || explain_handler_segment(&d) || explain_handler(&d))
        return;
    (void)explain_delivery_stack(&d);
}
