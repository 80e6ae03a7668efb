/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/state.h"

#include <errno.h>
#include <stdio.h>

#include "kvm/arch.h"
#include "kvm/sys.h"
#include "kvm/vm.h"

/* How each bank is moved; sets go in this order, general registers last,
 * since KVM_SET_REGS is what KVM_SET_GUEST_DEBUG looks at. */
static void *bank_data(struct vcpu *vcpu, unsigned bank)
{
    switch (bank) {
    case X86_BANK_GP:
        return x86_gp(vcpu);
    case X86_BANK_SYS:
        return x86_sys(vcpu);
    case X86_BANK_XSAVE:
        return vcpu->arch->xsave;
    case X86_BANK_DEBUG:
        return &vcpu->arch->debugregs;
    default:
        return &vcpu->arch->xcrs;
    }
}

/* clang-format off */
static const struct {
    unsigned bank;
    unsigned long get, set;
} banks_in_order[] = {
    {X86_BANK_SYS,   KVM_GET_SREGS,     KVM_SET_SREGS},
    {X86_BANK_XCR,   KVM_GET_XCRS,      KVM_SET_XCRS},
    {X86_BANK_XSAVE, KVM_GET_XSAVE,     KVM_SET_XSAVE},
    {X86_BANK_DEBUG, KVM_GET_DEBUGREGS, KVM_SET_DEBUGREGS},
    {X86_BANK_GP,    KVM_GET_REGS,      KVM_SET_REGS},
};
/* clang-format on */

enum { N_BANKS = sizeof banks_in_order / sizeof banks_in_order[0] };

int x86_fetch(struct vcpu *vcpu, unsigned banks)
{
    struct vcpu_arch *arch = vcpu->arch;

    for (size_t i = 0; i < N_BANKS; i++) {
        unsigned bank = banks_in_order[i].bank;
        int r;

        if (!(banks & ~arch->valid & bank))
            continue;
        r = sys_ioctl(vcpu->fd, banks_in_order[i].get, bank_data(vcpu, bank));
        if (r < 0)
            return r;
        arch->valid |= bank;
    }
    return 0;
}

void x86_touch(struct vcpu *vcpu, unsigned banks)
{
    vcpu->arch->dirty |= banks;
}

int x86_flush(struct vcpu *vcpu)
{
    struct vcpu_arch *arch = vcpu->arch;

    for (size_t i = 0; arch->dirty && i < N_BANKS; i++) {
        unsigned bank = banks_in_order[i].bank;
        int r;

        if (!(arch->dirty & bank))
            continue;
        r = sys_ioctl(vcpu->fd, banks_in_order[i].set, bank_data(vcpu, bank));
        if (r < 0)
            return r;
        arch->dirty &= ~bank;
    }
    return 0;
}

void arch_after_run(struct vcpu *vcpu)
{
    vcpu->arch->valid = 0;
    if (vcpu->vm->caps.sync_regs)
        vcpu->arch->valid = X86_BANK_GP | X86_BANK_SYS;
    else
        (void)x86_fetch(vcpu, X86_BANK_GP | X86_BANK_SYS);
}

uint64_t arch_progress(struct vcpu *vcpu)
{
    const struct kvm_regs *gp = x86_gp(vcpu);

    /* A repeated string instruction moves RCX before it moves RIP. */
    return gp->rip + (gp->rcx << 32 | gp->rcx >> 32);
}

bool arch_interruptible(struct vcpu *vcpu)
{
    return x86_gp(vcpu)->rflags & X86_RFLAGS_IF;
}

unsigned x86_code_bits(struct vcpu *vcpu)
{
    const struct kvm_sregs *sys = x86_sys(vcpu);

    if (sys->efer & X86_EFER_LMA && sys->cs.l)
        return 64;
    return sys->cs.db ? 32 : 16;
}

struct paging x86_paging(struct vcpu *vcpu)
{
    const struct kvm_sregs *sys = x86_sys(vcpu);

    return (struct paging){
        .cr0 = sys->cr0,
        .cr3 = sys->cr3,
        .cr4 = sys->cr4,
        .efer = sys->efer,
        .maxphyaddr = vcpu->arch->maxphyaddr,
    };
}

/* In 64-bit mode CS has no base (Intel SDM 3A 3.4.4). */
uint64_t arch_pc(struct vcpu *vcpu)
{
    uint64_t rip = x86_gp(vcpu)->rip;

    if (x86_code_bits(vcpu) == 64)
        return rip;
    return (x86_sys(vcpu)->cs.base + rip) & UINT32_MAX;
}

int arch_set_pc(struct vcpu *vcpu, uint64_t pc)
{
    uint64_t base = x86_sys(vcpu)->cs.base;

    if (x86_code_bits(vcpu) == 64)
        x86_gp(vcpu)->rip = pc;
    else if (pc < base || pc - base > UINT32_MAX)
        return -EINVAL;
    else
        x86_gp(vcpu)->rip = pc - base;
    x86_touch(vcpu, X86_BANK_GP);
    return 0;
}

int arch_translate(struct vcpu *vcpu, uint64_t gva, uint64_t *ret_gpa,
                   uint64_t *ret_run)
{
    const struct paging paging = x86_paging(vcpu);

    return paging_translate(&paging, &vcpu->vm->mem, gva, ret_gpa, ret_run);
}

void arch_where(struct vcpu *vcpu, char *text, size_t cap)
{
    const struct kvm_sregs *sys = x86_sys(vcpu);
    unsigned long long rip = x86_gp(vcpu)->rip;

    if (x86_code_bits(vcpu) == 16)
        (void)snprintf(text, cap, "%04x:%04llx", sys->cs.selector, rip);
    else
        (void)snprintf(text, cap, "0x%llx", (unsigned long long)arch_pc(vcpu));
}
