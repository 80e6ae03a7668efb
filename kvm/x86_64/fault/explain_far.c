/* SPDX-License-Identifier: MIT */
/*
 * Where a jump, call or return may not go: far ones by their selectors, near
 * ones by their addresses. Intel SDM 3A 5.8, 2A (CALL, IRET, JMP), 2B (RET).
 */
#include <stdio.h>

#include "kvm/x86_64/fault/explain_case.h"
#include "kvm/x86_64/fault/explain_descriptor.h"
#include "kvm/x86_64/fault/explain_kinds.h"
#include "kvm/x86_64/fault/explain_memory.h"
#include "kvm/x86_64/state/linear.h"
#include "kvm/x86_64/state/segment.h"
#include "kvm/x86_64/state/state.h"

/* System descriptors, Intel SDM 3A table 3-2. */
enum {
    TSS_16 = 1,
    CALL_GATE_16 = 4,
    TASK_GATE = 5,
    TSS = 9,
    CALL_GATE = 12,
};

static bool in_long_mode(const struct explain *e)
{
    return e->sys->efer & X86_EFER_LMA;
}

/* --- code segments --- */

/* 64-bit code has no limit, but addresses that are not canonical. */
static bool explain_target(struct explain *e, const struct kvm_segment *cs,
                           uint16_t selector, uint64_t offset)
{
    char why[96];

    if (in_long_mode(e) && cs->l) {
        if (explain_canonical(e, offset))
            return false;
        (void)snprintf(why, sizeof why, "the target 0x%llx is not canonical",
                       (unsigned long long)offset);
    } else {
        if (offset <= cs->limit)
            return false;
        (void)snprintf(why, sizeof why,
                       "the target 0x%llx is beyond the limit 0x%x",
                       (unsigned long long)offset, cs->limit);
    }
    (void)descriptor_refuse(e, X86_GP, selector, why);
    e->fault->code = 0;
    return true;
}

/* What every far transfer wants of its code segment, the privileges apart. */
static bool explain_code_type(struct explain *e, const struct kvm_segment *cs,
                              uint16_t selector)
{
    if (!cs->s || !(cs->type & TYPE_CODE))
        return descriptor_refuse(e, X86_GP, selector, "it is not code");
    return in_long_mode(e) && cs->l && cs->db &&
           descriptor_refuse(e, X86_GP, selector, "both its L and D are set");
}

static bool explain_code(struct explain *e, const struct kvm_segment *cs,
                         uint16_t selector, uint64_t offset)
{
    unsigned rpl = selector & SELECTOR_RPL;

    if (explain_code_type(e, cs, selector))
        return true;
    if (cs->type & TYPE_CONFORMING ? cs->dpl > e->cpl
                                   : rpl > e->cpl || cs->dpl != e->cpl)
        return descriptor_refuse(e, X86_GP, selector,
                                 "it cannot be entered from this CPL");
    if (!cs->present)
        return descriptor_refuse(e, X86_NP, selector, "");
    return explain_target(e, cs, selector, offset);
}

/* --- gates and tasks --- */

/* The code segment that a call gate names (Intel SDM 3A 5.8.4). */
static bool explain_gate_code(struct explain *e, uint16_t gate)
{
    struct kvm_segment cs;
    uint64_t raw;
    uint16_t selector;
    bool raised;

    if (x86_read_descriptor(e->vcpu, gate, &raw) < 0)
        return false;
    selector = (uint16_t)(raw >> 16);
    if (!(selector & ~SELECTOR_RPL))
        return descriptor_refuse(e, X86_GP, 0, "the call gate names it");
    if (!descriptor_read(e, selector, &cs, &raised))
        return raised;
    if (explain_code_type(e, &cs, selector))
        return true;
    if (cs.dpl > e->cpl)
        return descriptor_refuse(e, X86_GP, selector,
                                 "the call gate leads to fewer privileges");
    return !cs.present && descriptor_refuse(e, X86_NP, selector, "");
}

static bool explain_far_system(struct explain *e, const struct kvm_segment *s,
                               uint16_t selector)
{
    bool wide = in_long_mode(e);
    bool is_call = s->type == CALL_GATE || (!wide && s->type == CALL_GATE_16);
    bool is_task =
        !wide && (s->type == TASK_GATE || s->type == TSS || s->type == TSS_16);

    if (!is_call && !is_task)
        return descriptor_refuse(e, X86_GP, selector,
                                 "it is no code, gate or task");
    if (s->dpl < e->cpl || s->dpl < (selector & SELECTOR_RPL))
        return descriptor_refuse(e, X86_GP, selector,
                                 "its DPL is too low for this CPL and RPL");
    if (!s->present)
        return descriptor_refuse(e, X86_NP, selector, "");
    return is_call && explain_gate_code(e, selector);
}

static bool explain_direct(struct explain *e, uint16_t selector,
                           uint64_t offset)
{
    struct kvm_segment s;
    bool raised;

    if (!(selector & ~SELECTOR_RPL))
        return descriptor_refuse(e, X86_GP, selector, "");
    if (!descriptor_read(e, selector, &s, &raised))
        return raised;
    return s.s ? explain_code(e, &s, selector, offset)
               : explain_far_system(e, &s, selector);
}

/* --- returns --- */

/* The stack that a return to fewer privileges, or any in 64-bit code, loads. */
static bool explain_outer_stack(struct explain *e, uint16_t selector,
                                unsigned rpl, bool to_long)
{
    struct kvm_segment ss;
    bool raised;

    if (!(selector & ~SELECTOR_RPL))
        return (!to_long || rpl == 3) &&
               descriptor_refuse(e, X86_GP, selector, "SS cannot be null");
    if (!descriptor_read(e, selector, &ss, &raised))
        return raised;
    if ((selector & SELECTOR_RPL) != rpl || ss.dpl != rpl)
        return descriptor_refuse(e, X86_GP, selector,
                                 "a stack's RPL and DPL must be the new CPL");
    if (!ss.s || ss.type & TYPE_CODE || !(ss.type & TYPE_WRITABLE))
        return descriptor_refuse(e, X86_GP, selector,
                                 "a stack must be writable data");
    return !ss.present && descriptor_refuse(e, X86_SS, selector, "");
}

/* What lies on the stack: IP, CS, and for an iret the flags, then SP, SS. */
struct frame {
    uint64_t ip, cs, flags, ss;
    bool has_ss;
};

/* Bytes of an element. */
static unsigned far_frame_width(const struct explain *e)
{
    return e->at->insn.operand_width / 8u;
}

static bool far_read_element(const struct explain *e, unsigned i, uint64_t *ret)
{
    unsigned width = far_frame_width(e);

    return x86_read_number(e->vcpu, x86_stack(e->vcpu, (uint64_t)i * width),
                           width, ret) == 0;
}

static bool explain_far_read_frame(const struct explain *e, bool is_iret,
                                   struct frame *ret)
{
    unsigned stack = is_iret ? 3 : 2;

    *ret = (struct frame){.flags = 0};
    if (!far_read_element(e, 0, &ret->ip) ||
        !far_read_element(e, 1, &ret->cs) ||
        (is_iret && !far_read_element(e, 2, &ret->flags)))
        return false;
    if (e->at->insn.mnemonic == ZYDIS_MNEMONIC_RET)
        stack += e->at->insn.raw.imm[0].size
                     ? (unsigned)e->at->op[0].imm.value.u /
                           (e->at->insn.operand_width / 8)
                     : 0;
    ret->has_ss = (is_iret && e->at->mode == INSN_MODE_64) ||
                  (ret->cs & SELECTOR_RPL) > e->cpl;
    return !ret->has_ss || far_read_element(e, stack + 1, &ret->ss);
}

static bool explain_far_return(struct explain *e, const struct frame *frame)
{
    uint16_t selector = (uint16_t)frame->cs;
    unsigned rpl = selector & SELECTOR_RPL;
    struct kvm_segment cs;
    bool raised;

    if (!(selector & ~SELECTOR_RPL))
        return descriptor_refuse(e, X86_GP, selector, "");
    if (!descriptor_read(e, selector, &cs, &raised))
        return raised;
    if (explain_code_type(e, &cs, selector))
        return true;
    if (rpl < e->cpl)
        return descriptor_refuse(e, X86_GP, selector,
                                 "a return cannot lead to more privileges");
    if (cs.type & TYPE_CONFORMING ? cs.dpl > rpl : cs.dpl != rpl)
        return descriptor_refuse(e, X86_GP, selector, "its DPL is not its RPL");
    if (!cs.present)
        return descriptor_refuse(e, X86_NP, selector, "");
    if (frame->has_ss && explain_outer_stack(e, (uint16_t)frame->ss, rpl,
                                             in_long_mode(e) && cs.l))
        return true;
    return explain_target(e, &cs, selector, frame->ip);
}

static bool explain_iret(struct explain *e)
{
    enum { NT = 0x4000 };
    struct frame frame;

    if (e->is_real)
        return false;
    if (e->gp->rflags & NT && in_long_mode(e))
        return explain_raise(e, X86_GP, 0,
                             "iret: RFLAGS.NT is set, and long mode has no "
                             "tasks to return to");
    if (e->gp->rflags & NT)
        return explain_may(e, X86_TS) &&
               explain_raise(e, X86_TS, 0,
                             "iret: RFLAGS.NT is set, and the task's back link "
                             "leads to no busy task");
    if (!explain_far_read_frame(e, true, &frame))
        return false;
    if (frame.flags & X86_RFLAGS_VM && !in_long_mode(e) && !e->cpl)
        return false;
    return explain_far_return(e, &frame);
}

/* --- instructions --- */

/* In the instruction, or in memory: the offset, and then the selector. */
static bool far_pointer(const struct explain *e, uint16_t *ret_selector,
                        uint64_t *ret_offset)
{
    unsigned width = e->at->insn.operand_width / 8;
    uint64_t selector;

    if (e->at->op[0].type == ZYDIS_OPERAND_TYPE_POINTER) {
        *ret_selector = e->at->op[0].ptr.segment;
        *ret_offset = e->at->op[0].ptr.offset;
        return true;
    }
    if (!e->at->n_accesses ||
        x86_read_number(e->vcpu, e->at->access[0].gva, width, ret_offset) < 0 ||
        x86_read_number(e->vcpu, e->at->access[0].gva + width, 2, &selector) <
            0)
        return false;
    *ret_selector = (uint16_t)selector;
    return true;
}

static bool explain_far_insn(struct explain *e)
{
    struct frame frame;
    uint16_t selector;
    uint64_t offset;

    switch (e->at->insn.mnemonic) {
    case ZYDIS_MNEMONIC_IRET:
    case ZYDIS_MNEMONIC_IRETD:
    case ZYDIS_MNEMONIC_IRETQ:
        return explain_iret(e);
    case ZYDIS_MNEMONIC_RET:
        return !e->is_real && explain_far_read_frame(e, false, &frame) &&
               explain_far_return(e, &frame);
    case ZYDIS_MNEMONIC_JMP:
    case ZYDIS_MNEMONIC_CALL:
        return !e->is_real && far_pointer(e, &selector, &offset) &&
               explain_direct(e, selector, offset);
    default:
        return false;
    }
}

/* A near transfer by register, memory or stack. */
static bool near_target(const struct explain *e, uint64_t *ret)
{
    switch (e->at->insn.meta.category) {
    case ZYDIS_CATEGORY_RET:
        return e->at->n_accesses &&
               x86_read_number(e->vcpu, e->at->access[0].gva,
                               e->at->access[0].size, ret) == 0;
    case ZYDIS_CATEGORY_CALL:
    case ZYDIS_CATEGORY_UNCOND_BR:
        if (e->at->op[0].type == ZYDIS_OPERAND_TYPE_IMMEDIATE)
            return ZYAN_SUCCESS(ZydisCalcAbsoluteAddress(
                &e->at->insn, &e->at->op[0], e->gp->rip, ret));
        return explain_operand(e, 0, ret);
    default:
        return false;
    }
}

static bool explain_near(struct explain *e)
{
    const struct kvm_segment *cs = &e->sys->cs;
    char name[96];
    uint64_t target;

    if (!near_target(e, &target))
        return false;
    explain_name(e, name, sizeof name);
    if (e->at->mode == INSN_MODE_64)
        return !explain_canonical(e, target) &&
               explain_raise(e, X86_GP, 0,
                             "%s: the target 0x%llx is not canonical", name,
                             (unsigned long long)target);
    return target > cs->limit &&
           explain_raise(e, X86_GP, 0,
                         "%s: the target 0x%llx is beyond the limit of CS "
                         "(selector 0x%x, limit 0x%x)",
                         name, (unsigned long long)target, cs->selector,
                         cs->limit);
}

/* Zydis does not count iret. */
bool explain_far(struct explain *e)
{
    if (explain_is_far(e))
        return explain_far_insn(e);
    return explain_near(e);
}
