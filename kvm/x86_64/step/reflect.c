/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/step/reflect.h"

#include <cpuid.h>

#include "kvm/arch_cpu.h"
#include "kvm/arch_run.h"
#include "kvm/core/link.h"
#include "kvm/x86_64/insn/insn.h"
#include "kvm/x86_64/state/linear.h"
#include "kvm/x86_64/state/state.h"

enum { OPCODE_INT3 = 0xcc, OPCODE_ICEBP = 0xf1 };

/* --- the guest's debug registers --- */

bool arch_guest_has_points(struct vcpu *vcpu)
{
    return x86_fetch(vcpu, X86_BANK_DEBUG) == 0 &&
           vcpu->arch->debugregs.dr7 & DR7_ENABLES;
}

/* DR7 has a local and a global enable bit for each register. */
uint64_t x86_own_hits(struct vcpu *vcpu, uint64_t dr6)
{
    uint64_t enabled = 0;

    if (!(dr6 & DR6_BN) || !arch_guest_has_points(vcpu))
        return 0;
    for (unsigned i = 0; i < 4; i++)
        if (vcpu->arch->debugregs.dr7 >> 2 * i & 3)
            enabled |= UINT64_C(1) << i;
    return dr6 & enabled;
}

/* --- waiting --- */

void x86_pend_db(struct vcpu *vcpu, uint64_t dr6)
{
    struct x86_pending *pending = &vcpu->arch->pending;

    if (!pending->any || pending->vector != X86_DB)
        *pending = (struct x86_pending){.any = true, .vector = X86_DB};
    pending->dr6 |= dr6;
}

static bool pend_bp(struct vcpu *vcpu)
{
    vcpu->arch->pending = (struct x86_pending){
        .any = true, .vector = X86_BP, .pc = arch_pc(vcpu)};
    return true;
}

/* B0 to B3 say what caused this #DB, all other bits are for the handler to
 * clear (Intel SDM 3B 17.2.3). KVM clears DR7.GD. */
uint32_t x86_deliver(struct vcpu *vcpu)
{
    struct x86_pending *pending = &vcpu->arch->pending;
    struct kvm_debugregs *regs = &vcpu->arch->debugregs;
    bool is_bp = pending->vector == X86_BP;

    pending->given = pending->any;
    if (!pending->any)
        return 0;
    pending->any = false;
    if (is_bp)
        return pending->pc == arch_pc(vcpu) ? KVM_GUESTDBG_INJECT_BP : 0;
    pending->pc = arch_pc(vcpu);
    if (x86_fetch(vcpu, X86_BANK_DEBUG) == 0) {
        regs->dr6 = (regs->dr6 & ~(uint64_t)DR6_BN) | pending->dr6;
        x86_touch(vcpu, X86_BANK_DEBUG);
    }
    return KVM_GUESTDBG_INJECT_DB;
}

int x86_forget_exception(struct vcpu *vcpu, struct kvm_vcpu_events *events)
{
    events->exception.pending = events->exception.injected = 0;
    events->exception_has_payload = 0;
    return vcpu_ioctl(vcpu, KVM_SET_VCPU_EVENTS, events);
}

bool x86_drop_db(struct vcpu *vcpu)
{
    struct kvm_vcpu_events events;

    return vcpu_ioctl(vcpu, KVM_GET_VCPU_EVENTS, &events) >= 0 &&
           (events.exception.pending || events.exception.injected) &&
           events.exception.nr == X86_DB &&
           x86_forget_exception(vcpu, &events) == 0;
}

/* KVM would deliver it with the next entry, whatever that is meant for: with TF
 * in its frame if that is another step. It does not say of a #BP that it has it
 * (x86.c, kvm_vcpu_ioctl_x86_get_vcpu_events()); but what is stepped and still
 * where it was has delivered nothing. */
void x86_undeliver(struct vcpu *vcpu)
{
    struct x86_pending *pending = &vcpu->arch->pending;
    struct kvm_vcpu_events events;

    if (!pending->given || pending->any || pending->pc != arch_pc(vcpu) ||
        vcpu_ioctl(vcpu, KVM_GET_VCPU_EVENTS, &events) < 0)
        return;
    pending->any = x86_forget_exception(vcpu, &events) == 0;
}

/* KVM has put what is to go to DR6 there, unless it was told to keep it. */
void x86_reclaim_db(struct vcpu *vcpu)
{
    if (x86_drop_db(vcpu) && x86_refetch(vcpu, X86_BANK_DEBUG) == 0 &&
        x86_fetch(vcpu, X86_BANK_DEBUG) == 0)
        x86_pend_db(vcpu, vcpu->arch->debugregs.dr6 & DR6_BN);
}

bool arch_has_reflected(struct vcpu *vcpu)
{
    return vcpu->arch->pending.any;
}

/* --- whose is it? --- */

static void skip_byte(struct vcpu *vcpu)
{
    x86_gp(vcpu)->rip++;
    x86_touch(vcpu, X86_BANK_GP);
}

/* VMX reports an icebp with RIP at it (Intel SDM 3C 25.2, "Other causes": it
 * is an intercepted software exception), SVM with RIP past it. */
static bool icebp_exits_early(void)
{
    enum { CPUID_1_ECX_VMX = 1u << 5 };
    unsigned a;
    unsigned b;
    unsigned c;
    unsigned d;

    return __get_cpuid(1, &a, &b, &c, &d) && c & CPUID_1_ECX_VMX;
}

static bool reflect_icebp(struct vcpu *vcpu)
{
    uint8_t opcode = 0;

    (void)x86_read(vcpu, arch_pc(vcpu), &opcode, 1);
    if (opcode == OPCODE_ICEBP && icebp_exits_early())
        skip_byte(vcpu);
    x86_pend_db(vcpu, 0);
    return true;
}

/* BS without TF is a step of KVM's own, to find the end of an NMI (svm.c,
 * svm_enable_nmi_window): nobody's, and done with. */
static bool reflect_db(struct vcpu *vcpu)
{
    uint64_t dr6 = vcpu->arch->dr6;
    uint64_t causes = x86_own_hits(vcpu, dr6) | (dr6 & (DR6_BD | DR6_BT));

    if (dr6 & DR6_BS && x86_gp(vcpu)->rflags & X86_RFLAGS_TF)
        causes |= DR6_BS;
    if (causes)
        x86_pend_db(vcpu, causes);
    else if (!(dr6 & (DR6_BS | DR6_BN)))
        return reflect_icebp(vcpu);
    return true;
}

/* Where KVM emulates the kernel's code and cannot do these two. */
static bool reflect_emulation(struct vcpu *vcpu, const struct vcpu_event *event)
{
    uint8_t opcode = event->insn_size ? event->insn[0] : 0;

    if (opcode != OPCODE_INT3 && opcode != OPCODE_ICEBP)
        return false;
    skip_byte(vcpu);
    if (opcode == OPCODE_INT3)
        return pend_bp(vcpu);
    x86_pend_db(vcpu, 0);
    return true;
}

bool arch_reflect(struct vcpu *vcpu, const struct vcpu_event *event)
{
    if (event->kind == VCPU_EVENT_EMULATION)
        return reflect_emulation(vcpu, event);
    if (event->kind != VCPU_EVENT_DEBUG)
        return false;
    if (event->hit.trap)
        return pend_bp(vcpu);
    return event->hit.foreign && reflect_db(vcpu);
}
