/* SPDX-License-Identifier: MIT */
/*
 * Software interrupts in protected and long mode, from level 0 to a handler at
 * level 0: Intel SDM 3A 6.12.1 and 6.14. Where anything is not as it should be
 * the CPU would fault, and that is not done here.
 */
#include <string.h>

#include "kvm/x86_64/complete/access.h"
#include "kvm/x86_64/complete/system.h"
#include "kvm/x86_64/insn/vector.h"
#include "kvm/x86_64/state/frame.h"
#include "kvm/x86_64/state/gate.h"
#include "kvm/x86_64/state/linear.h"
#include "kvm/x86_64/state/segment.h"
#include "kvm/x86_64/state/state.h"

#define RFLAGS_NT UINT64_C(0x4000)

enum { CODE = 8, ACCESSED = 1, GATE_TRAP = 1, GATE_32 = 8, RPL = 3 };

/* Where the frame goes. */
struct event_stack {
    uint64_t top; /* linear, above the frame */
    bool switched;
};

/* A handler's code segment, for level 0. */
static bool read_handler_code(struct vcpu *vcpu, const struct x86_gate *gate,
                              struct kvm_segment *ret)
{
    if (!(gate->selector & ~RPL) ||
        x86_read_segment(vcpu, gate->selector, ret) < 0 || !ret->present ||
        !ret->s || !(ret->type & CODE) || ret->dpl != 0)
        return false;
    ret->selector &= (uint16_t)~RPL;
    ret->type |= ACCESSED;
    if (x86_is_long(vcpu))
        return ret->l && !ret->db && gate->type & GATE_32;
    return gate->gva - ret->base <= ret->limit;
}

/* In long mode it is aligned, and may be one of those in the TSS: Intel SDM 3A
 * 6.14.2, 6.14.5, figure 7-11. */
static bool event_find_stack(struct vcpu *vcpu, const struct x86_gate *gate,
                             struct event_stack *ret)
{
    enum { IST_AT = 0x24, ALIGNMENT = 16 };
    const struct kvm_sregs *sys = x86_sys(vcpu);
    uint64_t at = IST_AT + UINT64_C(8) * (gate->ist - 1u);

    *ret = (struct event_stack){.top = x86_stack(vcpu, 0)};
    if (!x86_is_long(vcpu))
        return true;
    ret->switched = true;
    if (gate->ist &&
        (at + 7 > sys->tr.limit ||
         x86_read_number(vcpu, sys->tr.base + at, 8, &ret->top) < 0))
        return false;
    ret->top &= ~(uint64_t)(ALIGNMENT - 1);
    return x86_is_canonical(vcpu, ret->top);
}

/* Elements of width bytes, the first one lowest. */
static bool push_frame(struct vcpu *vcpu, const struct event_stack *stack,
                       unsigned width, const uint64_t *element, unsigned n)
{
    uint8_t frame[5 * 8];
    struct access_fault fault;
    uint64_t at = stack->top - (uint64_t)n * width;

    for (unsigned i = 0; i < n; i++)
        memcpy(frame + (size_t)i * width, &element[i], width);
    if (x86_may_access(vcpu, at, (size_t)n * width, true, &fault) !=
        ACCESS_FINE)
        return false;
    if (stack->switched)
        x86_gp(vcpu)->rsp = at;
    else if (x86_set_stack(vcpu, at) < 0)
        return false;
    x86_mark_access(vcpu, at, (size_t)n * width, true);
    return x86_write(vcpu, at, frame, (size_t)n * width) == 0;
}

static bool event_deliver(const struct complete *c, uint8_t vector)
{
    struct vcpu *vcpu = c->vcpu;
    struct kvm_regs *gp = x86_gp(vcpu);
    struct kvm_sregs *sys = x86_sys(vcpu);
    const uint64_t element[] = {gp->rip + c->at.insn.length, sys->cs.selector,
                                gp->rflags & ~X86_RFLAGS_RF, gp->rsp,
                                sys->ss.selector};
    struct event_stack stack;
    struct kvm_segment cs;
    struct x86_gate gate;
    unsigned width;

    if (x86_is_real(vcpu) || x86_gate(vcpu, vector, &gate) != X86_GATE_OK ||
        gate.type == X86_GATE_TASK || !read_handler_code(vcpu, &gate, &cs) ||
        !event_find_stack(vcpu, &gate, &stack))
        return false;
    width = x86_frame_form(vcpu, vector, &gate).width;
    if (!push_frame(vcpu, &stack, width, element, x86_is_long(vcpu) ? 5 : 3))
        return false;
    gp->rip = gate.gva - (x86_is_long(vcpu) ? 0 : cs.base);
    gp->rflags &= ~(X86_RFLAGS_TF | RFLAGS_NT | X86_RFLAGS_RF | X86_RFLAGS_VM);
    if (!(gate.type & GATE_TRAP))
        gp->rflags &= ~X86_RFLAGS_IF;
    sys->cs = cs;
    x86_touch(vcpu, X86_BANK_GP | X86_BANK_SYS);
    return true;
}

bool x86_complete_int(const struct complete *c)
{
    return event_deliver(c, (uint8_t)c->at.insn.raw.imm[0].value.u);
}

bool x86_complete_into(const struct complete *c)
{
    enum { OF = 0x800 };
    struct kvm_regs *gp = x86_gp(c->vcpu);

    if (gp->rflags & OF)
        return event_deliver(c, X86_OF);
    gp->rip += c->at.insn.length;
    x86_touch(c->vcpu, X86_BANK_GP);
    return true;
}
