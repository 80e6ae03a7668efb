/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/step/user.h"

#include <string.h>

#include "kvm/arch_cpu.h"
#include "kvm/arch_run.h"
#include "kvm/core/link.h"
#include "kvm/core/trap.h"
#include "kvm/x86_64/state/linear.h"
#include "kvm/x86_64/state/segment.h"
#include "kvm/x86_64/state/state.h"
#include "kvm/x86_64/step/reflect.h"

/* --- before --- */

/* 64-bit: IST or RSP0 of the TSS, rounded down (Intel SDM 3A 6.14.2, 7.7). */
static bool user_step_find_stack(struct vcpu *vcpu, uint64_t *ret)
{
    enum { RSP0 = 4, IST1 = 0x24 };
    uint64_t tss = x86_sys(vcpu)->tr.base;
    struct x86_gate gate;

    if (!(x86_sys(vcpu)->efer & X86_EFER_LMA) ||
        (x86_gate(vcpu, X86_DB, &gate) != X86_GATE_OK &&
         x86_gate(vcpu, X86_DF, &gate) != X86_GATE_OK))
        return false;
    tss += gate.ist ? IST1 + 8 * (gate.ist - 1u) : RSP0;
    if (x86_read_number(vcpu, tss, 8, ret) < 0)
        return false;
    *ret &= ~UINT64_C(0xf);
    return true;
}

static void save_stack(struct vcpu *vcpu)
{
    struct x86_step *step = &vcpu->arch->step;
    uint64_t top;

    step->n_beneath = 0;
    if (!user_step_find_stack(vcpu, &top))
        return;
    step->beneath_gva = top - sizeof step->beneath;
    if (x86_read(vcpu, step->beneath_gva, step->beneath,
                 sizeof step->beneath) == sizeof step->beneath)
        step->n_beneath = sizeof step->beneath;
}

/* DR6.BS set afterwards will mean that our #DB was raised, so clear it before.
 */
void x86_user_step_begin(struct vcpu *vcpu)
{
    struct x86_step *step = &vcpu->arch->step;
    struct kvm_debugregs *regs = &vcpu->arch->debugregs;

    step->user =
        !step->tf && !step->delivery && x86_fetch(vcpu, X86_BANK_DEBUG) == 0;
    if (!step->user)
        return;
    step->dr6 = regs->dr6;
    step->cr2 = x86_sys(vcpu)->cr2;
    save_stack(vcpu);
    if (!(regs->dr6 & DR6_BS))
        return;
    regs->dr6 &= ~(uint64_t)DR6_BS;
    x86_touch(vcpu, X86_BANK_DEBUG);
}

/* --- after --- */

static void restore_stack(struct vcpu *vcpu)
{
    const struct x86_step *step = &vcpu->arch->step;

    for (unsigned i = 0; i < step->n_beneath; i++) {
        uint8_t *byte = x86_byte(vcpu, step->beneath_gva + i);

        if (byte && *byte != step->beneath[i])
            *byte = step->beneath[i];
    }
}

void x86_user_step_end(struct vcpu *vcpu)
{
    const struct x86_step *step = &vcpu->arch->step;
    struct kvm_debugregs *regs = &vcpu->arch->debugregs;

    if (!step->user || !(step->dr6 & DR6_BS) ||
        x86_fetch(vcpu, X86_BANK_DEBUG) < 0 || regs->dr6 & DR6_BS)
        return;
    regs->dr6 |= DR6_BS;
    x86_touch(vcpu, X86_BANK_DEBUG);
}

/* As if there had been no #DB. */
static void forget_trap(struct vcpu *vcpu)
{
    const struct x86_step *step = &vcpu->arch->step;
    struct kvm_sregs *sys = x86_sys(vcpu);

    restore_stack(vcpu);
    vcpu->arch->debugregs.dr6 = step->dr6;
    vcpu->arch->valid |= X86_BANK_DEBUG;
    x86_touch(vcpu, X86_BANK_DEBUG);
    if (sys->cr2 == step->cr2)
        return;
    sys->cr2 = step->cr2;
    x86_touch(vcpu, X86_BANK_SYS);
}

/* The target with a trap of ours in user code that ip has come to, or NULL.
 * Some hosts report the trap before it, others behind. */
static const struct step_target *at_user_trap(const struct vcpu *vcpu,
                                              uint64_t ip)
{
    const struct x86_step *step = &vcpu->arch->step;

    for (unsigned i = 0; i < step->n_targets; i++) {
        const struct step_target *target = &step->target[i];

        if (target->user && target->trap &&
            (ip == target->gva ||
             ip == target->gva + vcpu->debug.trap->user_after))
            return target;
    }
    return NULL;
}

/* The frame has the flag, unless the instruction has loaded another. */
static bool is_step(const struct x86_step *step, const struct x86_frame *frame)
{
    return (step->cs.selector & 3) == 3 && frame->cs == step->cs.selector &&
           (frame->flags & X86_RFLAGS_TF ||
            step->insn[0].traits & (INSN_POPF | INSN_IRET));
}

static bool is_on_the_way(const struct step_target *target)
{
    return target->vector == X86_DB || target->by_failure;
}

/* As IRET would return; the segments of user code are those from before. */
static void return_to_user(struct vcpu *vcpu, const struct x86_frame *frame)
{
    const struct x86_step *step = &vcpu->arch->step;
    struct kvm_regs *gp = x86_gp(vcpu);
    struct kvm_sregs *sys = x86_sys(vcpu);

    gp->rip = frame->ip;
    gp->rflags = frame->flags & ~(X86_RFLAGS_TF | X86_RFLAGS_RF);
    gp->rsp = frame->sp;
    if ((step->cs.selector & 3) == 3) {
        sys->cs = step->cs;
        sys->ss = step->ss;
    } else {
        (void)x86_load_segment(vcpu, &sys->cs, frame->cs);
        (void)x86_load_segment(vcpu, &sys->ss, frame->ss);
    }
    x86_touch(vcpu, X86_BANK_GP | X86_BANK_SYS);
}

bool x86_user_step_is_frame(struct vcpu *vcpu, const struct step_target *target,
                            const struct x86_frame *frame)
{
    const struct x86_step *step = &vcpu->arch->step;

    return step->user && is_on_the_way(target) &&
           (at_user_trap(vcpu, frame->ip) || is_step(step, frame));
}

void x86_user_step_return(struct vcpu *vcpu, const struct x86_frame *frame)
{
    const struct step_target *trap = at_user_trap(vcpu, frame->ip);

    return_to_user(vcpu, frame);
    if (trap)
        x86_gp(vcpu)->rip = trap->gva;
    forget_trap(vcpu);
}

static bool is_back(struct vcpu *vcpu)
{
    return vcpu->arch->step.user && x86_cpl(vcpu) == 3;
}

/* At the trap itself, if there is one. */
static void end_here(struct vcpu *vcpu, const struct step_target *trap)
{
    if (trap)
        x86_gp(vcpu)->rip = trap->gva;
    x86_gp(vcpu)->rflags &= ~X86_RFLAGS_RF;
    x86_touch(vcpu, X86_BANK_GP);
    forget_trap(vcpu);
}

/* Nothing but a #DB sets BS; what faulted for other reasons leaves it. */
bool x86_user_step_shutdown(struct vcpu *vcpu, const struct vcpu_event *event)
{
    const struct step_target *trap;

    if (event->kind != VCPU_EVENT_SHUTDOWN || !is_back(vcpu))
        return false;
    trap = at_user_trap(vcpu, x86_gp(vcpu)->rip);
    if (!trap && (x86_fetch(vcpu, X86_BANK_DEBUG) < 0 ||
                  !(vcpu->arch->debugregs.dr6 & DR6_BS)))
        return false;
    end_here(vcpu, trap);
    return true;
}

/* It could not be delivered: the shutdown that comes of it is a request in KVM,
 * which the next entry reports. */
static bool has_failed(struct vcpu *vcpu)
{
    if (x86_fetch(vcpu, X86_BANK_DEBUG) < 0 ||
        !(vcpu->arch->debugregs.dr6 & DR6_BS))
        return false;
    vcpu->arch->shutdown_due = true;
    return true;
}

/* Its own, if it traps its own instructions: pend_own_traps() has it then. */
static bool drop_own_db(struct vcpu *vcpu)
{
    const struct x86_step *step = &vcpu->arch->step;

    return vcpu->debug.no_user_step && step->tf && !step->delivery &&
           x86_cpl(vcpu) == 3 && x86_drop_db(vcpu);
}

bool arch_shutdown_is_void(struct vcpu *vcpu)
{
    bool due = vcpu->arch->shutdown_due;

    vcpu->arch->shutdown_due = false;
    return due;
}

bool x86_user_step_kicked(struct vcpu *vcpu, const struct vcpu_event *event)
{
    if (event->kind != VCPU_EVENT_KICK)
        return false;
    if (!is_back(vcpu))
        return drop_own_db(vcpu);
    if (!x86_drop_db(vcpu) && !has_failed(vcpu))
        return false;
    end_here(vcpu, at_user_trap(vcpu, x86_gp(vcpu)->rip));
    return true;
}
