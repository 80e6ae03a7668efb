/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/state/state.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "kvm/arch_cpu.h"
#include "kvm/arch_run.h"
#include "kvm/board/board.h"
#include "kvm/core/link.h"
#include "kvm/vm/types.h"

void *x86_bank_data(struct vcpu *vcpu, enum x86_bank bank)
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
    case X86_BANK_XCR:
        return &vcpu->arch->xcrs;
    case X86_BANK_MSR:
        return vcpu->arch->msrs;
    case X86_BANK_SYS2:
        return &vcpu->arch->sys2;
    }
    return NULL;
}

/* How each bank is moved; sets go in this order, general registers last,
 * since KVM_SET_REGS is what KVM_SET_GUEST_DEBUG looks at. */
/* clang-format off */
static const struct {
    enum x86_bank bank;
    unsigned long get, set;
} banks_in_order[] = {
    {X86_BANK_SYS,   KVM_GET_SREGS,     KVM_SET_SREGS},
    {X86_BANK_XCR,   KVM_GET_XCRS,      KVM_SET_XCRS},
    {X86_BANK_XSAVE, KVM_GET_XSAVE,     KVM_SET_XSAVE},
    {X86_BANK_DEBUG, KVM_GET_DEBUGREGS, KVM_SET_DEBUGREGS},
    {X86_BANK_MSR,   KVM_GET_MSRS,      KVM_SET_MSRS},
    {X86_BANK_SYS2,  KVM_GET_SREGS2,    KVM_SET_SREGS2},
    {X86_BANK_GP,    KVM_GET_REGS,      KVM_SET_REGS},
};
/* clang-format on */

enum { N_BANKS = sizeof banks_in_order / sizeof banks_in_order[0] };

/* KVM_GET_XSAVE is refused when the area is larger than 4 KiB (KVM api.rst
 * 4.134, KVM_GET_XSAVE2). */
static unsigned long get_request(const struct vcpu *vcpu, unsigned long get)
{
    bool large = vcpu->vm->caps.xsave_size > sizeof(struct kvm_xsave);

    return get == KVM_GET_XSAVE && large ? KVM_GET_XSAVE2 : get;
}

static size_t state_bank_size(const struct vcpu *vcpu, enum x86_bank bank,
                              unsigned long request)
{
    switch (bank) {
    case X86_BANK_XSAVE:
        return vcpu->vm->caps.xsave_size;
    case X86_BANK_MSR:
        return x86_msrs_size(vcpu->arch->msrs);
    default:
        return _IOC_SIZE(request);
    }
}

/* Only KVM_GET_MSRS counts what it did. */
static int fetch_bank(struct vcpu *vcpu, enum x86_bank bank, unsigned long get)
{
    void *data = x86_bank_data(vcpu, bank);
    int r;

    if (!data)
        return -ENODATA;
    r = vcpu_ioctl_sized(vcpu, get_request(vcpu, get), data,
                         state_bank_size(vcpu, bank, get));
    if (bank == X86_BANK_MSR && r >= 0 && (uint32_t)r < vcpu->arch->msrs->nmsrs)
        return -ENODATA;
    return r < 0 ? r : 0;
}

int x86_fetch(struct vcpu *vcpu, unsigned banks)
{
    struct vcpu_arch *arch = vcpu->arch;

    for (size_t i = 0; i < N_BANKS; i++) {
        enum x86_bank bank = banks_in_order[i].bank;
        int r;

        if (!(banks & ~arch->valid & bank))
            continue;
        r = fetch_bank(vcpu, bank, banks_in_order[i].get);
        if (r < 0)
            return r;
        arch->valid |= bank;
    }
    return 0;
}

int x86_refetch(struct vcpu *vcpu, unsigned banks)
{
    /* General and system registers are looked at without being fetched. */
    unsigned at_hand = banks & (X86_BANK_GP | X86_BANK_SYS);

    vcpu->arch->valid &= ~banks;
    vcpu->arch->dirty &= ~banks;
    return x86_fetch(vcpu, at_hand);
}

int x86_commit(struct vcpu *vcpu, unsigned bank)
{
    bool tf = x86_gp(vcpu)->rflags & X86_RFLAGS_TF;
    int refused;
    int r;

    x86_touch(vcpu, bank);
    refused = x86_flush(vcpu);
    r = x86_refetch(vcpu, bank);
    if (bank == X86_BANK_GP && tf && !refused)
        x86_show_tf(vcpu);
    return refused < 0 ? refused : r;
}

void x86_touch(struct vcpu *vcpu, unsigned banks)
{
    vcpu->arch->dirty |= banks;
    if (banks & X86_BANK_SYS) /* the same registers once more */
        vcpu->arch->valid &= ~(unsigned)X86_BANK_SYS2;
}

/* What the board has to know of the CPU: guests and debuggers change it. */
static void tell_board(struct vcpu *vcpu)
{
    const struct kvm_sregs *sys = x86_sys(vcpu);

    board_hear_cpu(&vcpu->vm->board, vcpu->index, (uint8_t)sys->cr8,
                   sys->apic_base);
}

int x86_flush(struct vcpu *vcpu)
{
    struct vcpu_arch *arch = vcpu->arch;

    for (size_t i = 0; arch->dirty && i < N_BANKS; i++) {
        enum x86_bank bank = banks_in_order[i].bank;
        int r;

        if (!(arch->dirty & bank))
            continue;
        r = vcpu_ioctl_sized(
            vcpu, banks_in_order[i].set, x86_bank_data(vcpu, bank),
            state_bank_size(vcpu, bank, banks_in_order[i].set));
        if (r < 0)
            return r;
        arch->dirty &= ~bank;
        if (bank == X86_BANK_SYS)
            tell_board(vcpu);
    }
    arch->last_gp = *x86_gp(vcpu);
    arch->last_sys = *x86_sys(vcpu);
    return 0;
}

/* KVM_CAP_SYNC_REGS, KVM api.rst 6.9. */
void x86_flush_with_run(struct vcpu *vcpu)
{
    struct vcpu_arch *arch = vcpu->arch;

    if (!vcpu->vm->caps.sync_regs)
        return;
    if (arch->dirty & X86_BANK_GP)
        vcpu->run->kvm_dirty_regs |= KVM_SYNC_X86_REGS;
    if (arch->dirty & X86_BANK_SYS)
        vcpu->run->kvm_dirty_regs |= KVM_SYNC_X86_SREGS;
    arch->dirty &= ~(unsigned)(X86_BANK_GP | X86_BANK_SYS);
}

int x86_events(struct vcpu *vcpu, struct kvm_vcpu_events *ret)
{
    *ret = vcpu->run->s.regs.events;
    if (vcpu->vm->caps.sync_regs)
        return 0;
    return vcpu_ioctl(vcpu, KVM_GET_VCPU_EVENTS, ret);
}

int x86_xcr0(struct vcpu *vcpu, uint64_t *ret)
{
    const struct kvm_xcrs *xcrs = &vcpu->arch->xcrs;
    int r = x86_fetch(vcpu, X86_BANK_XCR);

    for (uint32_t i = 0; !r && i < xcrs->nr_xcrs; i++) {
        *ret = xcrs->xcrs[i].value;
        if (xcrs->xcrs[i].xcr == 0)
            return 0;
    }
    return r ? r : -ENOENT;
}

void arch_after_run(struct vcpu *vcpu)
{
    vcpu->arch->valid = 0;
    vcpu->arch->delivering = false;
    if (vcpu->vm->caps.sync_regs)
        vcpu->arch->valid = X86_BANK_GP | X86_BANK_SYS;
    else
        (void)x86_fetch(vcpu, X86_BANK_GP | X86_BANK_SYS);
    tell_board(vcpu);
}

uint64_t arch_progress(struct vcpu *vcpu)
{
    const struct kvm_regs *gp = x86_gp(vcpu);
    const uint64_t *word = (const uint64_t *)gp;
    uint64_t sum = gp->rip;

    /* Without the flags, which KVM may change while it gets nowhere. A repeated
     * string instruction moves other registers before it moves RIP. */
    for (size_t i = 0; i < offsetof(struct kvm_regs, rip) / sizeof *word; i++)
        sum = (sum << 7 | sum >> 57) + word[i];
    return sum;
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

/* With registers that KVM has not got yet it would show the copies of others;
 * taking them makes the CPU read the PDPTEs anew. */
static void add_pdptes(struct vcpu *vcpu, struct paging *paging)
{
    const struct kvm_sregs2 *sys2 = &vcpu->arch->sys2;

    if (!vcpu->arch->keeps_pdpte || vcpu->arch->dirty & X86_BANK_SYS ||
        x86_fetch(vcpu, X86_BANK_SYS2) < 0 ||
        !(sys2->flags & KVM_SREGS2_FLAGS_PDPTRS_VALID))
        return;
    paging->has_pdpte = true;
    memcpy(paging->pdpte, sys2->pdptrs, sizeof paging->pdpte);
}

struct paging x86_paging(struct vcpu *vcpu)
{
    const struct kvm_sregs *sys = x86_sys(vcpu);
    struct paging paging = {
        .cr0 = sys->cr0,
        .cr3 = sys->cr3,
        .cr4 = sys->cr4,
        .efer = sys->efer,
        .maxphyaddr = vcpu->arch->maxphyaddr,
        .no_gib_pages = vcpu->arch->no_gib_pages,
        .is_amd = vcpu->arch->is_amd,
    };

    if (paging_is_pae(&paging))
        add_pdptes(vcpu, &paging);
    return paging;
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
    const struct kvm_segment *cs = &x86_sys(vcpu)->cs;
    bool linear = x86_code_bits(vcpu) == 64;
    uint64_t rip = linear ? pc : (pc - cs->base) & UINT32_MAX;

    if (!linear && (pc > UINT32_MAX || rip > cs->limit))
        return -EINVAL;
    x86_gp(vcpu)->rip = rip;
    vcpu->halted = false; /* it is to execute what is there */
    x86_touch(vcpu, X86_BANK_GP);
    return 0;
}

int arch_translate(struct vcpu *vcpu, uint64_t gva, uint64_t *ret_gpa,
                   uint64_t *ret_run)
{
    const struct paging paging = x86_paging(vcpu);

    return paging_translate(&paging, &vcpu->vm->mem, gva, ret_gpa, ret_run);
}

int arch_page_tables(struct vcpu *vcpu,
                     void (*visit)(void *context, uint64_t gpa), void *context)
{
    const struct paging paging = x86_paging(vcpu);

    return paging_tables(&paging, &vcpu->vm->mem, visit, context);
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

/* --- how it decodes, what it hides --- */

bool x86_is_real(struct vcpu *vcpu)
{
    return !(x86_sys(vcpu)->cr0 & X86_CR0_PE) ||
           x86_gp(vcpu)->rflags & X86_RFLAGS_VM;
}

/* Intel SDM 3A 5.5 and 20.2: virtual-8086 mode is always at level 3, with
 * selectors that say nothing of it. */
unsigned x86_cpl(struct vcpu *vcpu)
{
    if (!(x86_sys(vcpu)->cr0 & X86_CR0_PE))
        return 0;
    if (x86_gp(vcpu)->rflags & X86_RFLAGS_VM)
        return 3;
    return x86_sys(vcpu)->cs.selector & 3;
}

/* In real mode there are no privileges. */
bool arch_may_run_user(struct vcpu *vcpu)
{
    return x86_sys(vcpu)->cr0 & X86_CR0_PE;
}

enum insn_mode x86_code_mode(struct vcpu *vcpu)
{
    const struct kvm_sregs *sys = x86_sys(vcpu);

    if (x86_is_real(vcpu))
        return sys->cs.db ? INSN_MODE_32 : INSN_MODE_REAL;
    if (!(sys->efer & X86_EFER_LMA))
        return sys->cs.db ? INSN_MODE_32 : INSN_MODE_16;
    if (sys->cs.l)
        return INSN_MODE_64;
    return sys->cs.db ? INSN_MODE_COMPAT_32 : INSN_MODE_COMPAT_16;
}

void x86_show_tf(struct vcpu *vcpu)
{
    struct kvm_regs *gp = x86_gp(vcpu);

    if (gp->rflags & X86_RFLAGS_TF)
        return;
    gp->rflags |= X86_RFLAGS_TF;
    x86_touch(vcpu, X86_BANK_GP);
}
