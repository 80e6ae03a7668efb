/* SPDX-License-Identifier: MIT */
/*
 * Registers as they were. Not by writing the old value of each that was
 * written: a selector loads what a descriptor says, a control register brings
 * others along. So it is whole banks.
 */
#include <stdlib.h>
#include <string.h>

#include "kvm/vm/types.h"
#include "kvm/x86_64/state/msr.h"
#include "stub/arch.h"
#include "stub/x86_64/row.h"

struct stub_regs {
    bool halted;
    struct kvm_regs gp;
    struct kvm_sregs sys;
    struct kvm_debugregs debug;
    struct kvm_xcrs xcr;
    unsigned banks; /* which of those KVM has */
    struct kvm_msr_entry msr[X86_MSRS_MAX];
    size_t n_msrs;
    size_t xsave_size;
    uint8_t xsave[];
};

/* clang-format off */
static const struct {
    enum x86_bank bank;
    size_t offset, size; /* size 0: xsave_size */
} banks[] = {
    {X86_BANK_SYS,   offsetof(struct stub_regs, sys),
     sizeof(struct kvm_sregs)},
    {X86_BANK_XCR,   offsetof(struct stub_regs, xcr),
     sizeof(struct kvm_xcrs)},
    {X86_BANK_XSAVE, offsetof(struct stub_regs, xsave), 0},
    {X86_BANK_DEBUG, offsetof(struct stub_regs, debug),
     sizeof(struct kvm_debugregs)},
};
/* clang-format on */

enum { N_BANKS = sizeof banks / sizeof banks[0] };

static size_t undo_bank_size(const struct stub_regs *saved, size_t i)
{
    return banks[i].size ? banks[i].size : saved->xsave_size;
}

static void save_msrs(struct vcpu *vcpu, struct stub_regs *saved)
{
    const struct kvm_msrs *msrs = vcpu->arch->msrs;

    if (x86_fetch(vcpu, X86_BANK_MSR) < 0)
        return;
    saved->n_msrs = msrs->nmsrs;
    memcpy(saved->msr, msrs->entries, msrs->nmsrs * sizeof saved->msr[0]);
}

struct stub_regs *stub_regs_save(struct vcpu *vcpu)
{
    size_t xsave_size = vcpu->vm->caps.xsave_size;
    struct stub_regs *saved = calloc(1, sizeof *saved + xsave_size);

    if (!saved)
        return NULL;
    saved->xsave_size = xsave_size;
    saved->halted = vcpu->halted;
    saved->gp = *x86_gp(vcpu);
    for (size_t i = 0; i < N_BANKS; i++) {
        if (x86_fetch(vcpu, banks[i].bank) < 0)
            continue;
        saved->banks |= banks[i].bank;
        memcpy((uint8_t *)saved + banks[i].offset,
               x86_bank_data(vcpu, banks[i].bank), undo_bank_size(saved, i));
    }
    save_msrs(vcpu, saved);
    return saved;
}

/* One by one: KVM_SET_MSRS ends at the first that cannot be set. */
static void restore_msrs(struct vcpu *vcpu, const struct stub_regs *saved)
{
    if (x86_fetch(vcpu, X86_BANK_MSR) < 0)
        return;
    for (size_t i = 0; i < saved->n_msrs; i++) {
        const struct kvm_msr_entry *msr = &saved->msr[i];
        uint64_t now;

        if (x86_msr_banked(vcpu, msr->index, &now) && now != msr->data)
            (void)x86_msr_write(vcpu, msr->index, msr->data);
    }
}

void stub_regs_restore(struct vcpu *vcpu, const struct stub_regs *saved)
{
    restore_msrs(vcpu, saved);
    for (size_t i = 0; i < N_BANKS; i++) {
        const void *was = (const uint8_t *)saved + banks[i].offset;
        void *bank = x86_bank_data(vcpu, banks[i].bank);

        if (!(saved->banks & banks[i].bank) ||
            x86_fetch(vcpu, banks[i].bank) < 0 ||
            !memcmp(bank, was, undo_bank_size(saved, i)))
            continue;
        memcpy(bank, was, undo_bank_size(saved, i));
        (void)x86_commit(vcpu, banks[i].bank);
    }
    vcpu->run->cr8 = x86_sys(vcpu)->cr8;
    *x86_gp(vcpu) = saved->gp;
    x86_touch(vcpu, X86_BANK_GP);
    vcpu->halted = saved->halted;
}
