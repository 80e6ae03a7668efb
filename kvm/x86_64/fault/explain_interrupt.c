/* SPDX-License-Identifier: MIT */
/* Software interrupts: what the IDT, the handler's code segment and its stack
 * make of them. Intel SDM 3A 6.12.1, 6.13, 6.14, 2A (INT n). */
#include <stdio.h>

#include "kvm/arch_fault.h"
#include "kvm/x86_64/fault/explain_case.h"
#include "kvm/x86_64/fault/explain_descriptor.h"
#include "kvm/x86_64/fault/explain_kinds.h"
#include "kvm/x86_64/fault/explain_memory.h"
#include "kvm/x86_64/paging/rights.h"
#include "kvm/x86_64/state/frame.h"
#include "kvm/x86_64/state/gate.h"
#include "kvm/x86_64/state/linear.h"
#include "kvm/x86_64/state/segment.h"
#include "kvm/x86_64/state/state.h"

/* Error codes name an entry of the IDT, Intel SDM 3A 6.13. */
static uint32_t idt_code(unsigned vector)
{
    enum { IDT = 2 };

    return vector << 3 | IDT;
}

/* Why the gate does not let it pass; X86_NO_VECTOR: it does. */
static int gate_refuses(struct explain *e, unsigned vector,
                        struct x86_gate *gate, const char **ret)
{
    switch (x86_gate(e->vcpu, vector, gate)) {
    case X86_GATE_LIMIT:
        *ret = "ends before it";
        return X86_GP;
    case X86_GATE_TYPE:
        *ret = "has no gate for it";
        return X86_GP;
    case X86_GATE_ABSENT:
        *ret = "has a gate for it that is not present";
        return X86_NP;
    case X86_GATE_OK:
        *ret = "has a gate for it whose DPL is below the CPL";
        return e->sys->cr0 & X86_CR0_PE && gate->dpl < e->cpl ? X86_GP
                                                              : X86_NO_VECTOR;
    case X86_GATE_MEMORY:
        break;
    }
    return X86_NO_VECTOR;
}

/* The handler's code segment; in long mode it is 64-bit code. */
static bool explain_gate_handler_code(struct explain *e,
                                      const struct x86_gate *gate)
{
    uint16_t selector = gate->selector;
    struct kvm_segment cs;
    bool raised;

    if (!(selector & ~SELECTOR_RPL))
        return descriptor_refuse(e, X86_GP, 0, "the gate names it");
    if (!descriptor_read(e, selector, &cs, &raised))
        return raised;
    if (!cs.s || !(cs.type & TYPE_CODE) || cs.dpl > e->cpl)
        return descriptor_refuse(e, X86_GP, selector,
                                 "no handler for this CPL can be in it");
    if (x86_is_long(e->vcpu) && (!cs.l || cs.db))
        return descriptor_refuse(e, X86_GP, selector,
                                 "in long mode it must be 64-bit code");
    return !cs.present && descriptor_refuse(e, X86_NP, selector, "");
}

/* The frame of a handler at the same level; in long mode the stack is aligned,
 * and may be one of the TSS's own (Intel SDM 3A 6.14.2). */
static bool explain_gate_handler_stack(struct explain *e,
                                       const struct x86_gate *gate)
{
    const struct page_access write = {.write = true};
    bool wide = x86_is_long(e->vcpu);
    unsigned n = wide ? 5 : 3;
    unsigned width = x86_frame_form(e->vcpu, 0, gate).width;
    uint64_t top = x86_stack(e->vcpu, 0);

    if (e->cpl || gate->ist)
        return false;
    if (wide)
        top &= ~UINT64_C(15);
    return explain_pages(e, top - (uint64_t)n * width, (uint64_t)n * width,
                         &write, "write of the handler's frame to");
}

static bool explain_gate_handler(struct explain *e, const struct x86_gate *gate)
{
    return e->sys->cr0 & X86_CR0_PE && !e->is_real &&
           gate->type != X86_GATE_TASK &&
           (explain_gate_handler_code(e, gate) ||
            explain_gate_handler_stack(e, gate));
}

/* INT n comes to what the gate says. The short ones are told by their own
 * names, unless it is known that it was another; x86_explain_delivery() then
 * says why that led to no handler. */
static bool explain_software(struct explain *e, unsigned vector)
{
    bool is_int_n = e->at->insn.mnemonic == ZYDIS_MNEMONIC_INT;
    const char *why = "";
    struct x86_gate gate = {.type = X86_GATE_TASK};
    int refused = gate_refuses(e, vector, &gate, &why);
    char name[32];

    explain_name(e, name, sizeof name);
    if (refused >= 0 && (is_int_n || e->raised == refused))
        return explain_raise(e, refused, idt_code(vector), "%s: the IDT %s",
                             name, why);
    if (is_int_n && explain_gate_handler(e, &gate))
        return true;
    e->fault->is_software = true;
    (void)explain_raise(e, (int)vector, 0, "%s", name);
    if (vector >= ARCH_VECTORS)
        (void)snprintf(e->fault->text, sizeof e->fault->text,
                       "software interrupt 0x%x (%s)", vector, name);
    return true;
}

bool explain_interrupt(struct explain *e)
{
    switch (e->at->insn.mnemonic) {
    case ZYDIS_MNEMONIC_INT:
        return explain_software(e, e->at->op[0].imm.value.u & 0xff);
    case ZYDIS_MNEMONIC_INT3:
        return explain_software(e, X86_BP);
    case ZYDIS_MNEMONIC_INT1:
        return explain_software(e, X86_DB);
    default:
        return false;
    }
}
