/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/soft.h"

#include "kvm/x86_64/linear.h"
#include "kvm/x86_64/state.h"

#define CR4_CET UINT64_C(0x800000) /* a shadow stack would change too */

/* Intel SDM 3A 2.3. */
#define RFLAGS_FIXED UINT64_C(0x2)
#define RFLAGS_NT    UINT64_C(0x4000)
#define RFLAGS_IRET  UINT64_C(0x3d7fd7) /* what IRETQ loads at CPL0 */

enum { RPL = 3, USER = 3 };

static bool is_canonical(uint64_t gva)
{
    return gva >> 47 == 0 || gva >> 47 == 0x1ffff;
}

/* Data segments that the user may not have become null (Intel SDM 2, IRET). */
static void drop_kernel_data(struct kvm_sregs *sys)
{
    struct kvm_segment *const segments[] = {&sys->ds, &sys->es, &sys->fs,
                                            &sys->gs};

    for (size_t i = 0; i < 4; i++) {
        if (segments[i]->unusable || segments[i]->dpl == USER)
            continue;
        segments[i]->selector = 0;
        segments[i]->unusable = 1;
    }
}

static bool read_user_segment(struct vcpu *vcpu, uint64_t selector,
                              struct kvm_segment *ret)
{
    return x86_read_segment(vcpu, (uint16_t)selector, ret) == 0 &&
           ret->present && ret->s && ret->dpl == USER &&
           (ret->selector & RPL) == RPL;
}

static bool is_code_64(const struct kvm_segment *segment)
{
    return segment->type & 8 && segment->l && !segment->db;
}

static bool is_writable_data(const struct kvm_segment *segment)
{
    return !(segment->type & 8) && segment->type & 2;
}

/* 64-bit kernel code, nothing pending that only the CPU could end: an IRET
 * also ends the blocking of NMIs. */
static bool is_plain(struct vcpu *vcpu, const struct insn *insn)
{
    const struct kvm_sregs *sys = x86_sys(vcpu);

    return insn->traits & INSN_IRET && insn->operand == 8 &&
           x86_code_bits(vcpu) == 64 && !(sys->cs.selector & RPL) &&
           !(sys->cr4 & CR4_CET) && !(x86_gp(vcpu)->rflags & RFLAGS_NT) &&
           !vcpu->run->s.regs.events.nmi.masked;
}

bool x86_soft_iret(struct vcpu *vcpu, const struct insn *insn)
{
    enum { RIP, CS, RFLAGS, RSP, SS, N };
    struct kvm_regs *gp = x86_gp(vcpu);
    struct kvm_sregs *sys = x86_sys(vcpu);
    struct kvm_segment cs;
    struct kvm_segment ss;
    uint64_t frame[N];

    if (!is_plain(vcpu, insn) ||
        x86_read(vcpu, gp->rsp, frame, sizeof frame) != sizeof frame ||
        !is_canonical(frame[RIP]) || frame[RFLAGS] & X86_RFLAGS_TF ||
        !read_user_segment(vcpu, frame[CS], &cs) || !is_code_64(&cs) ||
        !read_user_segment(vcpu, frame[SS], &ss) || !is_writable_data(&ss))
        return false;
    gp->rip = frame[RIP];
    gp->rflags = (frame[RFLAGS] & RFLAGS_IRET) | RFLAGS_FIXED;
    gp->rsp = frame[RSP];
    sys->cs = cs;
    sys->ss = ss;
    drop_kernel_data(sys);
    x86_touch(vcpu, X86_BANK_GP | X86_BANK_SYS);
    return true;
}
