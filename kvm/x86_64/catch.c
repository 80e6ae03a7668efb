/* SPDX-License-Identifier: MIT */
/*
 * Exceptions caught at their handler's door. KVM shows user space no guest
 * exception, but the handler's first instruction is kernel code, which can be
 * trapped on every host. What the CPU pushed is taken back from the stack.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kvm/arch.h"
#include "kvm/vm.h"
#include "kvm/x86_64/explain.h"
#include "kvm/x86_64/frame.h"
#include "kvm/x86_64/gate.h"
#include "kvm/x86_64/state.h"

enum { DF = 8, PF = 14 };

/* Vectors whose frame has the next instruction: DB BP OF. */
#define TRAPS UINT32_C(0x1a)

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

int arch_handler(struct vcpu *vcpu, unsigned vector, uint64_t *ret_gva)
{
    struct x86_gate gate;

    if (x86_gate(vcpu, vector, &gate) != X86_GATE_OK)
        return -EFAULT;
    *ret_gva = gate.gva;
    return 0;
}

/* In real mode there are no privileges. */
bool arch_may_run_user(struct vcpu *vcpu)
{
    return x86_sys(vcpu)->cr0 & X86_CR0_PE;
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

static int return_to(struct vcpu *vcpu, const struct x86_frame *f)
{
    struct kvm_sregs *sys = x86_sys(vcpu);
    struct kvm_regs *gp = x86_gp(vcpu);
    uint64_t kept = f->form.width == 2 ? gp->rflags & ~UINT64_C(0xffff) : 0;
    int r = load_if_changed(vcpu, &sys->cs, f->cs);

    if (!r && f->has_ss)
        r = load_if_changed(vcpu, &sys->ss, f->ss);
    if (r < 0)
        return r;
    gp->rip = f->ip;
    gp->rsp = f->sp;
    /* RF is set in a fault's image, so that breakpoints let it pass. */
    gp->rflags = (f->flags & ~X86_RFLAGS_RF) | kept;
    x86_touch(vcpu, X86_BANK_GP | X86_BANK_SYS);
    return 0;
}

/* --- words --- */

/* Intel SDM 3A figure 4-12. */
static void say_page_fault_code(uint64_t code, char *text, size_t cap)
{
    (void)snprintf(
        text, cap, "%s, %s, %s%s", code & 1 ? "protection" : "not present",
        code & 16  ? "fetch"
        : code & 2 ? "write"
                   : "read",
        code & 4 ? "user" : "supervisor", code & 8 ? ", reserved bit" : "");
}

static void describe(struct vcpu *vcpu, unsigned vector, struct fault *ret)
{
    char where[64];
    char why[240];
    char delivery[160] = "";
    char code[100] = "";
    char bits[64];
    int found = x86_explain_fault(vcpu, why, sizeof why);

    arch_where(vcpu, where, sizeof where);
    if (vector == DF)
        x86_explain_delivery(vcpu, found, delivery, sizeof delivery);
    else if (found != (int)vector)
        (void)snprintf(why, sizeof why, "%s", x86_vector_name((int)vector));
    if (ret->has_code && vector == PF) {
        say_page_fault_code(ret->code, bits, sizeof bits);
        (void)snprintf(code, sizeof code, "; error code 0x%llx: %s; CR2 0x%llx",
                       (unsigned long long)ret->code, bits,
                       (unsigned long long)x86_sys(vcpu)->cr2);
    } else if (ret->has_code && ret->code) {
        (void)snprintf(code, sizeof code, "; error code 0x%llx",
                       (unsigned long long)ret->code);
    }
    (void)snprintf(ret->text, sizeof ret->text, "at %s: %s%s%s%s%s", where,
                   vector == DF ? "double fault after " : "", why, code,
                   *delivery ? "; " : "", delivery);
    ret->kind = x86_fault_class((int)vector);
}

int arch_undeliver(struct vcpu *vcpu, unsigned vector, struct fault *ret)
{
    struct x86_gate gate;
    struct x86_frame frame;

    if (x86_gate(vcpu, vector, &gate) != X86_GATE_OK ||
        x86_frame(vcpu, x86_frame_form(vcpu, vector, &gate), &frame) < 0)
        return -EFAULT;
    vcpu->arch->caught_gp = *x86_gp(vcpu);
    vcpu->arch->caught_sys = *x86_sys(vcpu);
    *ret = (struct fault){.is_trap = TRAPS >> vector & 1,
                          .has_code = frame.form.error_code,
                          .code = frame.code};
    if (return_to(vcpu, &frame) < 0) {
        arch_redeliver(vcpu);
        return -EFAULT;
    }
    describe(vcpu, vector, ret);
    return 0;
}

void arch_redeliver(struct vcpu *vcpu)
{
    *x86_gp(vcpu) = vcpu->arch->caught_gp;
    *x86_sys(vcpu) = vcpu->arch->caught_sys;
    x86_touch(vcpu, X86_BANK_GP | X86_BANK_SYS);
}
