/* SPDX-License-Identifier: MIT */
/*
 * What segment registers do not take: mov, pop, lds and the like, lldt, ltr.
 * Intel SDM 3A 5.5 to 5.7, 2A (MOV, POP, LDS), 2B (LTR).
 */
#include <errno.h>
#include <stdio.h>

#include "kvm/x86_64/fault/explain_case.h"
#include "kvm/x86_64/fault/explain_descriptor.h"
#include "kvm/x86_64/fault/explain_kinds.h"
#include "kvm/x86_64/fault/explain_memory.h"
#include "kvm/x86_64/fault/explain_words.h"
#include "kvm/x86_64/paging/rights.h"
#include "kvm/x86_64/state/linear.h"
#include "kvm/x86_64/state/segment.h"
#include "kvm/x86_64/state/state.h"

/* --- descriptors --- */

bool descriptor_refuse(struct explain *e, int vector, uint16_t selector,
                       const char *why)
{
    char name[96];
    char what[200];

    explain_name(e, name, sizeof name);
    x86_describe_selector(e->vcpu, selector, what, sizeof what);
    return explain_raise(e, vector, selector & SELECTOR_CODE, "%s: %s%s%s",
                         name, what, *why ? "; " : "", why);
}

/* The CPU reads the tables as the supervisor, whoever makes it. */
static bool explain_unreadable(struct explain *e, uint16_t selector)
{
    static const struct page_access read = {.write = false};
    bool local = selector & SELECTOR_TI;
    uint64_t base = local ? e->sys->ldt.base : e->sys->gdt.base;

    return explain_pages(e, base + (selector & SELECTOR_INDEX), 8, &read,
                         local ? "read of the LDT at" : "read of the GDT at");
}

bool descriptor_read(struct explain *e, uint16_t selector,
                     struct kvm_segment *ret, bool *ret_raised)
{
    int r = x86_read_segment(e->vcpu, selector, ret);

    *ret_raised = false;
    if (r == -EINVAL)
        *ret_raised = descriptor_refuse(e, X86_GP, selector, "");
    else if (r < 0)
        *ret_raised = explain_unreadable(e, selector);
    return r == 0;
}

/* --- data segments --- */

static bool explain_data(struct explain *e, uint16_t selector)
{
    struct kvm_segment s;
    unsigned rpl = selector & SELECTOR_RPL;
    bool raised;

    if (!(selector & ~SELECTOR_RPL))
        return false;
    if (!descriptor_read(e, selector, &s, &raised))
        return raised;
    if (!s.s || (s.type & TYPE_CODE && !(s.type & TYPE_READABLE)))
        return descriptor_refuse(e, X86_GP, selector,
                                 "it is neither data nor readable code");
    if (!(s.type & TYPE_CODE && s.type & TYPE_CONFORMING) &&
        (rpl > s.dpl || e->cpl > s.dpl))
        return descriptor_refuse(e, X86_GP, selector,
                                 "its DPL is too low for this CPL and RPL");
    return !s.present && descriptor_refuse(e, X86_NP, selector, "");
}

/* Intel SDM 3A 5.7; in 64-bit code SS may be null but for the user. */
static bool explain_null_stack(struct explain *e, uint16_t selector)
{
    if (e->at->mode == INSN_MODE_64 && e->cpl != 3 &&
        (selector & SELECTOR_RPL) == e->cpl)
        return false;
    return descriptor_refuse(e, X86_GP, selector, "SS cannot be null");
}

static bool explain_load_stack(struct explain *e, uint16_t selector)
{
    struct kvm_segment s;
    bool raised;

    if (!(selector & ~SELECTOR_RPL))
        return explain_null_stack(e, selector);
    if (!descriptor_read(e, selector, &s, &raised))
        return raised;
    if ((selector & SELECTOR_RPL) != e->cpl || s.dpl != e->cpl)
        return descriptor_refuse(e, X86_GP, selector,
                                 "a stack's RPL and DPL must be the CPL");
    if (!s.s || s.type & TYPE_CODE || !(s.type & TYPE_WRITABLE))
        return descriptor_refuse(e, X86_GP, selector,
                                 "a stack must be writable data");
    return !s.present && descriptor_refuse(e, X86_SS, selector, "");
}

/* --- LDTR and TR --- */

static bool explain_load_system(struct explain *e, uint16_t selector,
                                bool is_tss)
{
    enum { TSS_16 = 1, LDT = 2, TSS = 9 };
    struct kvm_segment s;
    bool raised;
    bool fits;

    if (!(selector & ~SELECTOR_RPL))
        return is_tss &&
               descriptor_refuse(e, X86_GP, selector, "TR cannot be null");
    if (selector & SELECTOR_TI)
        return descriptor_refuse(e, X86_GP, selector,
                                 "it must be one of the GDT");
    if (!descriptor_read(e, selector, &s, &raised))
        return raised;
    fits = !s.s &&
           (!is_tss ? s.type == LDT
                    : s.type == TSS ||
                          (s.type == TSS_16 && !(e->sys->efer & X86_EFER_LMA)));
    if (!fits)
        return descriptor_refuse(e, X86_GP, selector,
                                 is_tss ? "it is no TSS that is available"
                                        : "it is no LDT");
    return !s.present && descriptor_refuse(e, X86_NP, selector, "");
}

/* --- instructions --- */

static ZydisRegister load_destination(const struct explain *e)
{
    for (unsigned i = 0; i < e->at->insn.operand_count; i++) {
        const ZydisDecodedOperand *op = &e->at->op[i];

        if (op->type == ZYDIS_OPERAND_TYPE_REGISTER &&
            op->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE &&
            (ZydisRegisterGetClass(op->reg.value) == ZYDIS_REGCLASS_SEGMENT ||
             op->reg.value == ZYDIS_REGISTER_LDTR ||
             op->reg.value == ZYDIS_REGISTER_TR))
            return op->reg.value;
    }
    return ZYDIS_REGISTER_NONE;
}

/* Behind the pointer's offset, on the stack, or the operand itself. */
static bool load_source(const struct explain *e, uint16_t *ret)
{
    uint64_t value = 0;
    bool known = false;

    if (e->at->insn.meta.category == ZYDIS_CATEGORY_SEGOP && e->at->n_accesses)
        known = x86_read_number(e->vcpu,
                                e->at->access[0].gva +
                                    e->at->insn.operand_width / 8,
                                2, &value) == 0;
    else if (e->at->insn.meta.category == ZYDIS_CATEGORY_POP &&
             e->at->n_accesses)
        known = x86_read_number(e->vcpu, e->at->access[0].gva, 2, &value) == 0;
    else
        known = explain_operand(e, e->at->insn.mnemonic == ZYDIS_MNEMONIC_MOV,
                                &value);
    *ret = (uint16_t)value;
    return known;
}

bool explain_load(struct explain *e)
{
    ZydisRegister to = load_destination(e);
    uint16_t selector;

    if (e->is_real || to == ZYDIS_REGISTER_NONE || explain_is_far(e) ||
        e->at->insn.meta.category == ZYDIS_CATEGORY_SYSCALL ||
        !load_source(e, &selector))
        return false;
    switch (to) {
    case ZYDIS_REGISTER_SS:
        return explain_load_stack(e, selector);
    case ZYDIS_REGISTER_LDTR:
        return explain_load_system(e, selector, false);
    case ZYDIS_REGISTER_TR:
        return explain_load_system(e, selector, true);
    default:
        return explain_data(e, selector);
    }
}
