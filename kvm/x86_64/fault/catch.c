/* SPDX-License-Identifier: MIT */
/*
 * Exceptions caught at the first instruction of their handler. KVM shows user
 * space no guest exception, but the handler's first instruction is kernel code,
 * which can be trapped on every host. What the CPU pushed is taken back from
 * the stack.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kvm/arch_cpu.h"
#include "kvm/arch_fault.h"
#include "kvm/vm/types.h"
#include "kvm/x86_64/fault/explain.h"
#include "kvm/x86_64/fault/explain_delivery.h"
#include "kvm/x86_64/fault/explain_words.h"
#include "kvm/x86_64/insn/insn.h"
#include "kvm/x86_64/insn/vector.h"
#include "kvm/x86_64/state/frame.h"
#include "kvm/x86_64/state/gate.h"
#include "kvm/x86_64/state/linear.h"
#include "kvm/x86_64/state/segment.h"
#include "kvm/x86_64/state/state.h"
#include "kvm/x86_64/step/interrupt.h"

/* Has its frame the next instruction? */
static bool is_trap(unsigned vector)
{
    return vector == X86_DB || vector == X86_BP || vector == X86_OF;
}

unsigned arch_double_fault(void)
{
    return X86_DF;
}

/* A task gate leads to no handler: the other task goes on where it was. And
 * what nobody has filled in yet is 0 in real mode, the address of the table. */
int arch_handler(struct vcpu *vcpu, unsigned vector, uint64_t *ret_gva)
{
    struct x86_gate gate;

    if (x86_gate(vcpu, vector, &gate) != X86_GATE_OK ||
        gate.type == X86_GATE_TASK ||
        (!gate.gva && !(x86_sys(vcpu)->cr0 & X86_CR0_PE)))
        return -EFAULT;
    *ret_gva = gate.gva;
    return 0;
}

/* --- the frame --- */

/* Segment registers change only with the selector: what lies behind them is
 * then in the descriptor tables. */
static int load_if_changed(struct vcpu *vcpu, struct kvm_segment *segment,
                           uint64_t selector)
{
    if (segment->selector == (uint16_t)selector)
        return 0;
    return x86_load_segment(vcpu, segment, (uint16_t)selector);
}

/* What segment registers are like in virtual-8086 mode (Intel SDM 3C
 * 27.3.1.2). */
static int load_v86(struct vcpu *vcpu, const struct x86_frame *f)
{
    struct kvm_sregs *sys = x86_sys(vcpu);
    struct kvm_segment *const segments[] = {&sys->cs, &sys->ss, &sys->es,
                                            &sys->ds, &sys->fs, &sys->gs};
    const uint16_t selectors[] = {f->cs,      f->ss,      f->data[0],
                                  f->data[1], f->data[2], f->data[3]};

    for (size_t i = 0; i < sizeof segments / sizeof segments[0]; i++)
        *segments[i] = (struct kvm_segment){.base = (uint64_t)selectors[i] << 4,
                                            .limit = UINT16_MAX,
                                            .selector = selectors[i],
                                            .type = 3,
                                            .present = 1,
                                            .dpl = 3,
                                            .s = 1};
    return 0;
}

static int load_segments(struct vcpu *vcpu, const struct x86_frame *f)
{
    struct kvm_sregs *sys = x86_sys(vcpu);
    int r;

    if (f->is_v86)
        return load_v86(vcpu, f);
    r = load_if_changed(vcpu, &sys->cs, f->cs);
    return !r && f->has_ss ? load_if_changed(vcpu, &sys->ss, f->ss) : r;
}

static int return_to(struct vcpu *vcpu, const struct x86_frame *f)
{
    struct kvm_regs *gp = x86_gp(vcpu);
    uint64_t kept = f->form.width == 2 ? gp->rflags & ~UINT64_C(0xffff) : 0;
    int r = load_segments(vcpu, f);

    if (r < 0)
        return r;
    gp->rip = f->ip;
    gp->rsp = f->sp;
    /* RF is set in a fault's image, so that breakpoints let it pass. */
    gp->rflags = (f->flags & ~X86_RFLAGS_RF) | kept;
    x86_touch(vcpu, X86_BANK_GP | X86_BANK_SYS);
    return 0;
}

/* --- which exception it was --- */

/* The frame on the stack. A handler that several vectors lead to does not know
 * by itself whether there is an error code in it. */
static int find_frame(struct vcpu *vcpu, unsigned vector, struct x86_frame *ret)
{
    struct x86_gate gate;
    struct x86_frame_form form;

    if (x86_gate(vcpu, vector, &gate) != X86_GATE_OK)
        return -EFAULT;
    form = x86_frame_form(vcpu, vector, &gate);
    if (x86_frame(vcpu, form, ret) == 0 && x86_frame_is_sound(vcpu, ret))
        return 0;
    form.error_code = !form.error_code && x86_sys(vcpu)->cr0 & X86_CR0_PE;
    if (x86_frame(vcpu, form, ret) == 0 && x86_frame_is_sound(vcpu, ret))
        return 0;
    return -EFAULT;
}

/* Does the vector lead to this handler, with an error code or without? */
static bool leads_to(struct vcpu *vcpu, unsigned vector, uint64_t handler,
                     bool error_code)
{
    struct x86_gate gate;

    return x86_gate(vcpu, vector, &gate) == X86_GATE_OK &&
           gate.gva == handler &&
           x86_frame_form(vcpu, vector, &gate).error_code == error_code;
}

/* Of the vectors that share a handler the one that the instruction explains,
 * else the likeliest. */
static unsigned which_of(struct vcpu *vcpu, unsigned vector, int found,
                         bool error_code)
{
    uint64_t handler;

    if (arch_handler(vcpu, vector, &handler) < 0)
        return vector;
    if (found >= 0 && leads_to(vcpu, (unsigned)found, handler, error_code))
        return (unsigned)found;
    if (leads_to(vcpu, X86_GP, handler, error_code))
        return X86_GP;
    if (leads_to(vcpu, vector, handler, error_code))
        return vector;
    for (unsigned other = 0; other < ARCH_VECTORS; other++)
        if (leads_to(vcpu, other, handler, error_code))
            return other;
    return vector;
}

/* Did INT n lead here? It pushes the frame of a trap, and no error code. */
static bool is_call(struct vcpu *vcpu, const struct fault *fault)
{
    uint8_t insn[X86_INT_SIZE];

    return !fault->is_explained && !fault->is_trap && !fault->has_code &&
           x86_read(vcpu, arch_pc(vcpu) - sizeof insn, insn, sizeof insn) ==
               sizeof insn &&
           insn[0] == X86_INT_OPCODE && insn[1] == fault->vector;
}

/* --- words --- */

/* Of the one that was raised: what the instruction would do is told if it is
 * that, else what can be said of it. */
static void say_why(struct vcpu *vcpu, unsigned vector, struct x86_fault *found)
{
    if (is_trap(vector)) /* pc is behind its instruction */
        x86_explain_trap(vcpu, vector, found);
    else if (vector != X86_DF && found->vector != (int)vector)
        (void)x86_explain_fault(vcpu, (int)vector, found);
}

/* A selector that was told already is not told again. */
static void catch_say_code(struct vcpu *vcpu, const struct x86_fault *found,
                           const struct fault *fault, char *text, size_t cap)
{
    bool told = found->vector == (int)fault->vector &&
                found->code == fault->code && fault->vector != X86_PF;
    char words[220] = "";
    char cr2[32] = "";

    text[0] = '\0';
    if (!fault->has_code || (fault->vector != X86_PF && !fault->code))
        return;
    if (!told)
        x86_describe_code(vcpu, fault->vector, fault->code, words,
                          sizeof words);
    if (fault->vector == X86_PF)
        (void)snprintf(cr2, sizeof cr2, "; CR2 0x%llx",
                       (unsigned long long)x86_sys(vcpu)->cr2);
    (void)snprintf(text, cap, "; error code 0x%llx%s%s%s",
                   (unsigned long long)fault->code, *words ? ": " : "", words,
                   cr2);
}

static void catch_describe(struct vcpu *vcpu, struct x86_fault *found,
                           struct fault *ret)
{
    bool is_double = ret->vector == X86_DF;
    char delivery[260] = "";
    char where[64];
    char code[280];

    arch_where(vcpu, where, sizeof where);
    if (is_double)
        x86_explain_delivery(vcpu, found->vector, delivery, sizeof delivery);
    say_why(vcpu, ret->vector, found);
    catch_say_code(vcpu, found, ret, code, sizeof code);
    (void)snprintf(ret->text, sizeof ret->text, "at %s: %s%s%s%s%s%s", where,
                   is_double ? x86_vector_name(X86_DF) : "",
                   is_double ? " after " : "", found->text, code,
                   *delivery ? "; " : "", delivery);
    ret->kind = x86_fault_class((int)ret->vector);
}

int arch_undeliver(struct vcpu *vcpu, unsigned vector, struct fault *ret)
{
    struct x86_frame frame;
    struct x86_fault found;

    if (find_frame(vcpu, vector, &frame) < 0 ||
        x86_is_interrupt_frame(vcpu, vector, &frame))
        return -EFAULT;
    vcpu->arch->caught_gp = *x86_gp(vcpu);
    vcpu->arch->caught_sys = *x86_sys(vcpu);
    if (return_to(vcpu, &frame) < 0) {
        arch_redeliver(vcpu);
        return -EFAULT;
    }
    (void)x86_explain_fault(vcpu, X86_NO_VECTOR, &found);
    vector = which_of(vcpu, vector, found.vector, frame.form.error_code);
    *ret = (struct fault){.vector = vector,
                          .is_explained = found.vector == (int)vector,
                          .is_trap = is_trap(vector),
                          .has_code = frame.form.error_code,
                          .code = frame.code};
    ret->is_call = is_call(vcpu, ret);
    catch_describe(vcpu, &found, ret);
    return 0;
}

void arch_redeliver(struct vcpu *vcpu)
{
    *x86_gp(vcpu) = vcpu->arch->caught_gp;
    *x86_sys(vcpu) = vcpu->arch->caught_sys;
    x86_touch(vcpu, X86_BANK_GP | X86_BANK_SYS);
}
