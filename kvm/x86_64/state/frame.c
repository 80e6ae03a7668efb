/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/state/frame.h"

#include <errno.h>

#include "kvm/x86_64/insn/vector.h"
#include "kvm/x86_64/state/linear.h"
#include "kvm/x86_64/state/segment.h"
#include "kvm/x86_64/state/state.h"

enum { GATE_32 = 8 }; /* of the type field */

#define RFLAGS_ALWAYS UINT64_C(0x2)
#define RFLAGS_FIXED  (~UINT64_C(0x3f7fd5)) /* those that cannot change */

static uint8_t frame_width_of(struct vcpu *vcpu, const struct x86_gate *gate)
{
    const struct kvm_sregs *sys = x86_sys(vcpu);

    if (!(sys->cr0 & X86_CR0_PE))
        return 2;
    if (sys->efer & X86_EFER_LMA)
        return 8;
    return gate->type & GATE_32 ? 4 : 2;
}

struct x86_frame_form x86_frame_form(struct vcpu *vcpu, unsigned vector,
                                     const struct x86_gate *gate)
{
    return (struct x86_frame_form){
        .width = frame_width_of(vcpu, gate),
        .error_code =
            x86_sys(vcpu)->cr0 & X86_CR0_PE && x86_vector_has_code((int)vector),
    };
}

/* Is SS:SP in the frame? */
static bool has_stack(struct vcpu *vcpu, const struct x86_frame *frame)
{
    const struct kvm_sregs *sys = x86_sys(vcpu);

    if (frame->form.width == 8)
        return true;
    if (x86_is_real(vcpu))
        return false;
    return frame->flags & X86_RFLAGS_VM ||
           (frame->cs & 3) != (sys->cs.selector & 3);
}

/* Element i above the error code. */
static int frame_read_element(struct vcpu *vcpu, struct x86_frame_form form,
                              unsigned i, uint64_t *ret)
{
    uint64_t at = (uint64_t)(i + form.error_code) * form.width;

    return x86_read_number(vcpu, x86_stack(vcpu, at), form.width, ret);
}

/*   from virtual-8086 mode:            5 - 8  es, ds, fs, gs
 *   64-bit, and from another privilege:   4  ss
 *                                         3  sp
 *                                         2  flags
 *                                         1  cs
 *                                         0  ip
 *   some exceptions:                         error code   <- stack pointer */
enum { IP, CS, FLAGS, SP, SS, V86_DATA };

/* Intel SDM 3B 21.3.1. */
static int read_v86(struct vcpu *vcpu, struct x86_frame *ret)
{
    ret->is_v86 = ret->form.width == 4 && ret->has_ss &&
                  ret->flags & X86_RFLAGS_VM &&
                  !(x86_sys(vcpu)->efer & X86_EFER_LMA);
    for (unsigned i = 0; ret->is_v86 && i < 4; i++) {
        uint64_t selector;

        if (frame_read_element(vcpu, ret->form, V86_DATA + i, &selector) < 0)
            return -EFAULT;
        ret->data[i] = (uint16_t)selector;
    }
    return 0;
}

int x86_frame(struct vcpu *vcpu, struct x86_frame_form form,
              struct x86_frame *ret)
{
    uint64_t cs;
    uint64_t ss;
    uint64_t code = form.error_code ? form.width : 0;

    *ret = (struct x86_frame){.form = form};
    if (frame_read_element(vcpu, form, IP, &ret->ip) < 0 ||
        frame_read_element(vcpu, form, CS, &cs) < 0 ||
        frame_read_element(vcpu, form, FLAGS, &ret->flags) < 0 ||
        x86_read_number(vcpu, x86_stack(vcpu, 0), form.width, &ret->code) < 0)
        return -EFAULT;
    ret->cs = (uint16_t)cs;
    ret->flags_gva = x86_stack(vcpu, code + FLAGS * (uint64_t)form.width);
    ret->has_ss = has_stack(vcpu, ret);
    ret->ss = x86_sys(vcpu)->ss.selector;
    ret->sp = x86_gp(vcpu)->rsp + code + SP * (uint64_t)form.width;
    if (!ret->has_ss)
        return 0;
    if (frame_read_element(vcpu, form, SP, &ret->sp) < 0 ||
        frame_read_element(vcpu, form, SS, &ss) < 0)
        return -EFAULT;
    ret->ss = (uint16_t)ss;
    return read_v86(vcpu, ret);
}

unsigned x86_frame_size(const struct x86_frame *frame)
{
    enum { IP_CS_FLAGS = 3, SP_SS = 2 };
    unsigned n = IP_CS_FLAGS + (frame->has_ss ? SP_SS : 0);

    return (n + frame->form.error_code) * frame->form.width;
}

/* CS is one of code, and the flags' fixed bits are as they must be (Intel SDM
 * 3A figure 2-5): what lies beside a frame hardly ever looks like that. */
bool x86_frame_is_sound(struct vcpu *vcpu, const struct x86_frame *frame)
{
    enum { CODE = 8 };
    struct kvm_segment cs;

    if ((frame->flags & RFLAGS_FIXED) != RFLAGS_ALWAYS)
        return false;
    if (!(x86_sys(vcpu)->cr0 & X86_CR0_PE) || frame->flags & X86_RFLAGS_VM ||
        frame->cs == x86_sys(vcpu)->cs.selector)
        return true;
    return x86_read_segment(vcpu, frame->cs, &cs) == 0 && cs.s &&
           cs.type & CODE;
}

/* Where the task's CS begins: in virtual-8086 mode, in the LDT that it brings
 * with it, or in the GDT. */
static int task_code_base(struct vcpu *vcpu, uint16_t cs, uint16_t ldt,
                          bool virtual86, uint64_t *ret)
{
    enum { TI = 4 };
    struct kvm_segment *own = &x86_sys(vcpu)->ldt;
    const struct kvm_segment kept = *own;
    struct kvm_segment code;
    int r = 0;

    *ret = (uint64_t)cs << 4;
    if (virtual86)
        return 0;
    if (cs & TI)
        r = x86_read_segment(vcpu, ldt, own);
    if (!r)
        r = x86_read_segment(vcpu, cs, &code);
    *own = kept;
    *ret = code.base;
    return r;
}

/* Intel SDM 3A 7.2.1 and 7.6: task-state segments of 32 and of 16 bits. */
static const struct task_layout {
    unsigned width, ip, flags, cs, ldt;
} task_layouts[] = {
    {2, 0x0e, 0x10, 0x12, 0x2a},
    {4, 0x20, 0x24, 0x4c, 0x60},
};

int x86_task_entry(struct vcpu *vcpu, uint16_t selector, uint64_t *ret_gva)
{
    enum { TSS_32 = 8 };
    const struct task_layout *layout;
    struct kvm_segment tss;
    uint64_t ip;
    uint64_t flags;
    uint64_t cs;
    uint64_t ldt;

    if (x86_read_segment(vcpu, selector, &tss) < 0)
        return -EFAULT;
    layout = &task_layouts[(tss.type & TSS_32) != 0];
    if (x86_read_number(vcpu, tss.base + layout->ip, layout->width, &ip) < 0 ||
        x86_read_number(vcpu, tss.base + layout->flags, layout->width, &flags) <
            0 ||
        x86_read_number(vcpu, tss.base + layout->cs, 2, &cs) < 0 ||
        x86_read_number(vcpu, tss.base + layout->ldt, 2, &ldt) < 0 ||
        task_code_base(vcpu, (uint16_t)cs, (uint16_t)ldt, flags & X86_RFLAGS_VM,
                       ret_gva) < 0)
        return -EFAULT;
    *ret_gva = (*ret_gva + ip) & UINT32_MAX;
    return 0;
}
