/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/step/soft.h"

#include "kvm/x86_64/state/gate.h"
#include "kvm/x86_64/state/linear.h"
#include "kvm/x86_64/state/msr.h"
#include "kvm/x86_64/state/segment.h"
#include "kvm/x86_64/state/state.h"

/* AMD APM 2 6.1.1. */
#define EFER_SCE UINT64_C(0x1)

#define CR4_CET UINT64_C(0x800000) /* a shadow stack would change too */

/* Intel SDM 3A 2.3. */
#define RFLAGS_FIXED UINT64_C(0x2)
#define RFLAGS_NT    UINT64_C(0x4000)
#define RFLAGS_RF    UINT64_C(0x10000)
#define RFLAGS_AC    UINT64_C(0x40000)
#define RFLAGS_IRET  UINT64_C(0x3d7fd7) /* what IRETQ loads at CPL0 */
#define RFLAGS_R11   UINT64_C(0x3c7fd7) /* what SYSRET loads */

enum { RPL = 3, USER = 3 };

/* --- iretq to user code --- */

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

/* An IRET also ends the blocking of NMIs, which only the CPU can do. Data
 * segments that the user may not have would become null (Intel SDM 2, IRET);
 * on the host that this is for they stay, in a free run too. */
static bool soft_iret(struct vcpu *vcpu, const struct insn *insn)
{
    enum { RIP, CS, RFLAGS, RSP, SS, N };
    struct kvm_regs *gp = x86_gp(vcpu);
    struct kvm_sregs *sys = x86_sys(vcpu);
    struct kvm_segment cs;
    struct kvm_segment ss;
    uint64_t frame[N];

    if (insn->operand != 8 || gp->rflags & RFLAGS_NT ||
        vcpu->run->s.regs.events.nmi.masked ||
        x86_read(vcpu, gp->rsp, frame, sizeof frame) != sizeof frame ||
        !x86_is_canonical(vcpu, frame[RIP]) ||
        !read_user_segment(vcpu, frame[CS], &cs) || !is_code_64(&cs) ||
        !read_user_segment(vcpu, frame[SS], &ss) || !is_writable_data(&ss))
        return false;
    gp->rip = frame[RIP];
    gp->rflags = (frame[RFLAGS] & RFLAGS_IRET) | RFLAGS_FIXED;
    gp->rsp = frame[RSP];
    sys->cs = cs;
    sys->ss = ss;
    return true;
}

/* --- syscall --- */

static struct kvm_segment soft_flat(uint64_t selector, uint8_t type, bool code)
{
    return (struct kvm_segment){
        .selector = (uint16_t)selector,
        .limit = UINT32_MAX,
        .type = type,
        .present = 1,
        .s = 1,
        .l = code,
        .db = !code,
        .g = 1,
    };
}

/* The segments are not those of the descriptors, but fixed ones. */
static bool soft_syscall(struct vcpu *vcpu, const struct insn *insn)
{
    enum { CODE = 11, DATA = 3 };
    struct kvm_regs *gp = x86_gp(vcpu);
    struct kvm_sregs *sys = x86_sys(vcpu);
    uint64_t star;
    uint64_t entry;
    uint64_t mask;

    if (!(sys->efer & EFER_SCE) ||
        x86_msr_read(vcpu, X86_MSR_STAR, &star) < 0 ||
        x86_msr_read(vcpu, X86_MSR_LSTAR, &entry) < 0 ||
        x86_msr_read(vcpu, X86_MSR_SFMASK, &mask) < 0)
        return false;
    gp->rcx = gp->rip + insn->size;
    gp->r11 = gp->rflags & ~RFLAGS_RF;
    gp->rip = entry;
    gp->rflags = (gp->r11 & ~mask) | RFLAGS_FIXED;
    sys->cs = soft_flat(star >> 32 & 0xfffc, CODE, true);
    sys->ss = soft_flat((star >> 32 & 0xfffc) + 8, DATA, false);
    return true;
}

/* --- sysret --- */

/* To code of 64 or of 32 bits. Where RCX is not canonical, AMD and Intel
 * disagree. */
static bool soft_sysret(struct vcpu *vcpu, const struct insn *insn)
{
    enum { CODE = 11, DATA = 3, CS = 16, SS = 8 };
    struct kvm_regs *gp = x86_gp(vcpu);
    struct kvm_sregs *sys = x86_sys(vcpu);
    bool wide = insn->operand == 8;
    uint64_t star;

    if (!(sys->efer & EFER_SCE) || (wide && !x86_is_canonical(vcpu, gp->rcx)) ||
        x86_msr_read(vcpu, X86_MSR_STAR, &star) < 0)
        return false;
    gp->rip = wide ? gp->rcx : (uint32_t)gp->rcx;
    gp->rflags = (gp->r11 & RFLAGS_R11) | RFLAGS_FIXED;
    sys->cs = soft_flat(((star >> 48) + (wide ? CS : 0)) | RPL, CODE, wide);
    sys->ss = soft_flat(((star >> 48) + SS) | RPL, DATA, false);
    sys->cs.dpl = sys->ss.dpl = USER;
    return true;
}

/* --- int in real mode --- */

/* Intel SDM 3A 20.1.4. Where the stack would wrap the CPU may decide. */
bool x86_soft_int(struct vcpu *vcpu, const struct insn *insn)
{
    enum { IP, CS, FLAGS, N };
    struct kvm_regs *gp = x86_gp(vcpu);
    struct kvm_sregs *sys = x86_sys(vcpu);
    uint64_t sp = sys->ss.db ? (uint32_t)gp->rsp : (uint16_t)gp->rsp;
    uint16_t frame[N] = {[IP] = (uint16_t)(gp->rip + insn->size),
                         [CS] = sys->cs.selector,
                         [FLAGS] = (uint16_t)gp->rflags};
    struct x86_gate gate;

    if (sys->cr0 & X86_CR0_PE || !(insn->traits & INSN_INT) ||
        insn->vector < 0x80 || sp < sizeof frame || sp - 1 > sys->ss.limit ||
        x86_gate(vcpu, insn->vector, &gate) != X86_GATE_OK ||
        x86_write(vcpu, x86_stack(vcpu, 0) - sizeof frame, frame,
                  sizeof frame) < 0)
        return false;
    (void)x86_set_stack(vcpu, x86_stack(vcpu, 0) - sizeof frame);
    sys->cs.selector = gate.selector;
    sys->cs.base = (uint64_t)gate.selector << 4;
    gp->rip = gate.gva - sys->cs.base;
    gp->rflags &= ~(X86_RFLAGS_IF | X86_RFLAGS_TF | X86_RFLAGS_RF | RFLAGS_AC);
    x86_touch(vcpu, X86_BANK_GP | X86_BANK_SYS);
    return true;
}

/* --- between levels --- */

/* clang-format off */
static const struct {
    enum insn_trait trait;
    unsigned cpl;
    bool (*run)(struct vcpu *vcpu, const struct insn *insn);
} softs[] = {
    {INSN_IRET,    0, soft_iret},
    {INSN_SYSCALL, 3, soft_syscall},
    {INSN_SYSRET,  0, soft_sysret},
};
/* clang-format on */

bool x86_soft_step(struct vcpu *vcpu, const struct insn *insn)
{
    const struct kvm_sregs *sys = x86_sys(vcpu);

    if (x86_code_bits(vcpu) != 64 || sys->cr4 & CR4_CET)
        return false;
    for (size_t i = 0; i < sizeof softs / sizeof softs[0]; i++) {
        if (!(insn->traits & softs[i].trait) ||
            (sys->cs.selector & RPL) != softs[i].cpl ||
            !softs[i].run(vcpu, insn))
            continue;
        x86_touch(vcpu, X86_BANK_GP | X86_BANK_SYS);
        return true;
    }
    return false;
}
