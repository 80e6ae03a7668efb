/* SPDX-License-Identifier: MIT */
/* Instructions that read or change a register or two. That they may be used
 * here was asked before (kvm/x86_64/fault/explain.h). */
#include "kvm/x86_64/complete/system.h"
#include "kvm/x86_64/state/msr.h"
#include "kvm/x86_64/state/state.h"

bool x86_complete_move_on(const struct complete *c)
{
    x86_gp(c->vcpu)->rip += c->at.insn.length;
    x86_touch(c->vcpu, X86_BANK_GP);
    return true;
}

bool x86_complete_clac(const struct complete *c)
{
    x86_gp(c->vcpu)->rflags &= ~X86_RFLAGS_AC;
    return x86_complete_move_on(c);
}

bool x86_complete_stac(const struct complete *c)
{
    x86_gp(c->vcpu)->rflags |= X86_RFLAGS_AC;
    return x86_complete_move_on(c);
}

/* XCR0, or which of its parts are in use: Intel SDM 1 13.3, 13.6. */
bool x86_complete_xgetbv(const struct complete *c)
{
    struct kvm_regs *gp = x86_gp(c->vcpu);
    uint32_t index = (uint32_t)gp->rcx;
    uint64_t value;

    if (index > 1 || x86_xcr0(c->vcpu, &value) < 0 ||
        x86_fetch(c->vcpu, X86_BANK_XSAVE) < 0)
        return false;
    if (index == 1)
        value &= x86_xsave_used(c->vcpu->arch->xsave);
    gp->rax = (uint32_t)value;
    gp->rdx = value >> 32;
    return x86_complete_move_on(c);
}

bool x86_complete_rdtscp(const struct complete *c)
{
    struct kvm_regs *gp = x86_gp(c->vcpu);
    uint64_t tsc;
    uint64_t aux;

    if (x86_msr_read(c->vcpu, X86_MSR_TSC, &tsc) < 0 ||
        x86_msr_read(c->vcpu, X86_MSR_TSC_AUX, &aux) < 0)
        return false;
    gp->rax = (uint32_t)tsc;
    gp->rdx = tsc >> 32;
    gp->rcx = (uint32_t)aux;
    return x86_complete_move_on(c);
}
