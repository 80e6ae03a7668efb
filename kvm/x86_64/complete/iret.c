/* SPDX-License-Identifier: MIT */
/*
 * IRET at level 0: Intel SDM 2A, "IRET/IRETD/IRETQ". To the same level or to an
 * outer one. Where the CPU would fault nothing is done.
 */
#include "kvm/arch_cpu.h"
#include "kvm/core/link.h"
#include "kvm/x86_64/complete/access.h"
#include "kvm/x86_64/complete/system.h"
#include "kvm/x86_64/state/linear.h"
#include "kvm/x86_64/state/segment.h"
#include "kvm/x86_64/state/state.h"

#define RFLAGS_FIXED UINT64_C(0x2)
#define RFLAGS_NT    UINT64_C(0x4000)
/* All flags that an IRET at level 0 loads; of 16 bits it loads the low ones. */
#define RFLAGS_IRET UINT64_C(0x3d7fd5)

enum { CODE = 8, CONFORMING = 4, WRITABLE = 2, ACCESSED = 1, RPL = 3 };

struct return_frame {
    unsigned width;
    uint64_t ip, cs, flags, sp, ss;
    bool has_stack; /* SP and SS */
    struct kvm_segment code, stack;
};

static bool pop_element(struct vcpu *vcpu, const struct return_frame *frame,
                        unsigned i, uint64_t *ret)
{
    uint64_t at = x86_stack(vcpu, (uint64_t)i * frame->width);
    struct access_fault fault;

    return x86_may_access(vcpu, at, frame->width, false, &fault) ==
               ACCESS_FINE &&
           x86_read_number(vcpu, at, frame->width, ret) == 0;
}

/* In 64-bit code the stack is always in it. */
static bool iret_read_frame(struct vcpu *vcpu, struct return_frame *frame)
{
    enum { IP, CS, FLAGS, SP, SS };

    if (!pop_element(vcpu, frame, IP, &frame->ip) ||
        !pop_element(vcpu, frame, CS, &frame->cs) ||
        !pop_element(vcpu, frame, FLAGS, &frame->flags))
        return false;
    frame->has_stack = x86_code_bits(vcpu) == 64 || frame->cs & RPL;
    return !frame->has_stack || (pop_element(vcpu, frame, SP, &frame->sp) &&
                                 pop_element(vcpu, frame, SS, &frame->ss));
}

static bool iret_read_code(struct vcpu *vcpu, struct return_frame *frame)
{
    struct kvm_segment *code = &frame->code;
    uint16_t selector = (uint16_t)frame->cs;
    unsigned rpl = selector & RPL;

    if (!(selector & ~RPL) || x86_read_segment(vcpu, selector, code) < 0 ||
        !code->present || !code->s || !(code->type & CODE))
        return false;
    code->type |= ACCESSED;
    if (code->type & CONFORMING ? code->dpl > rpl : code->dpl != rpl)
        return false;
    if (x86_is_long(vcpu) && code->l)
        return !code->db && x86_is_canonical(vcpu, frame->ip);
    return frame->ip <= code->limit;
}

/* A null SS is for 64-bit code below level 3. */
static bool read_stack(struct vcpu *vcpu, struct return_frame *frame)
{
    struct kvm_segment *stack = &frame->stack;
    uint16_t selector = (uint16_t)frame->ss;
    unsigned rpl = frame->cs & RPL;

    *stack = x86_sys(vcpu)->ss;
    if (!frame->has_stack)
        return true;
    if (!(selector & ~RPL)) {
        *stack = (struct kvm_segment){
            .selector = selector, .dpl = rpl & RPL, .unusable = 1};
        return x86_is_long(vcpu) && frame->code.l && rpl != 3 &&
               (selector & RPL) == rpl;
    }
    if (x86_read_segment(vcpu, selector, stack) < 0)
        return false;
    stack->type |= ACCESSED;
    return stack->present && stack->s && !(stack->type & CODE) &&
           stack->type & WRITABLE && stack->dpl == rpl &&
           (selector & RPL) == rpl;
}

/* Data segments that the outer level may not have become null. */
static void drop_data(struct vcpu *vcpu, unsigned level)
{
    struct kvm_sregs *sys = x86_sys(vcpu);
    struct kvm_segment *const data[] = {&sys->es, &sys->fs, &sys->gs, &sys->ds};

    for (size_t i = 0; i < sizeof data / sizeof data[0]; i++) {
        bool conforming = data[i]->type & CODE && data[i]->type & CONFORMING;

        if (data[i]->unusable || conforming || data[i]->dpl >= level)
            continue;
        data[i]->selector = 0;
        data[i]->unusable = 1;
        data[i]->present = 0;
    }
}

static void set_stack_pointer(struct vcpu *vcpu,
                              const struct return_frame *frame)
{
    enum { IP_CS_FLAGS = 3 };
    struct kvm_regs *gp = x86_gp(vcpu);
    uint64_t sp = frame->has_stack
                      ? frame->sp
                      : gp->rsp + (uint64_t)IP_CS_FLAGS * frame->width;
    const struct kvm_segment *ss = &frame->stack;

    if (x86_is_long(vcpu) && (frame->code.l || x86_code_bits(vcpu) == 64))
        gp->rsp = sp;
    else if (ss->db)
        gp->rsp = (uint32_t)sp;
    else
        gp->rsp = (gp->rsp & ~UINT64_C(0xffff)) | (uint16_t)sp;
}

/* An IRET ends the blocking of NMIs. */
static bool unblock_nmi(struct vcpu *vcpu)
{
    struct kvm_vcpu_events events;

    if (x86_events(vcpu, &events) < 0)
        return false;
    if (!events.nmi.masked)
        return true;
    events.nmi.masked = 0;
    return vcpu_ioctl(vcpu, KVM_SET_VCPU_EVENTS, &events) == 0;
}

static void load_frame(struct vcpu *vcpu, const struct return_frame *frame)
{
    uint64_t loaded = x86_low_bytes(RFLAGS_IRET, frame->width);
    struct kvm_regs *gp = x86_gp(vcpu);
    struct kvm_sregs *sys = x86_sys(vcpu);

    set_stack_pointer(vcpu, frame);
    gp->rip = frame->ip;
    gp->rflags =
        (gp->rflags & ~loaded) | (frame->flags & loaded) | RFLAGS_FIXED;
    if ((frame->cs & RPL) != (sys->cs.selector & RPL))
        drop_data(vcpu, frame->cs & RPL);
    sys->cs = frame->code;
    if (frame->has_stack)
        sys->ss = frame->stack;
    x86_touch(vcpu, X86_BANK_GP | X86_BANK_SYS);
}

bool x86_complete_iret(const struct complete *c)
{
    struct vcpu *vcpu = c->vcpu;
    struct return_frame frame = {.width = c->at.insn.operand_width / 8u};

    if (x86_is_real(vcpu) || x86_gp(vcpu)->rflags & RFLAGS_NT ||
        !iret_read_frame(vcpu, &frame) ||
        (frame.width == 4 && !x86_is_long(vcpu) &&
         frame.flags & X86_RFLAGS_VM) ||
        !iret_read_code(vcpu, &frame) || !read_stack(vcpu, &frame) ||
        !unblock_nmi(vcpu))
        return false;
    load_frame(vcpu, &frame);
    return true;
}
