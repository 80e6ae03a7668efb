/* SPDX-License-Identifier: MIT */
/* A step's beginning and end; kvm/x86_64/step/plan.h says what one is. */
#include "kvm/arch_cpu.h"
#include "kvm/arch_fault.h"
#include "kvm/arch_run.h"
#include "kvm/core/kick.h"
#include "kvm/core/trap.h"
#include "kvm/vm/types.h"
#include "kvm/x86_64/state/linear.h"
#include "kvm/x86_64/state/state.h"
#include "kvm/x86_64/step/plan.h"
#include "kvm/x86_64/step/reflect.h"
#include "kvm/x86_64/step/soft.h"
#include "kvm/x86_64/step/stall.h"
#include "kvm/x86_64/step/user.h"

/* CF, PF, AF, ZF, SF, DF, OF and the bit that is always set. */
#define RFLAGS_STATUS UINT64_C(0xcd7)

/* --- where it ended --- */

static void report_done(struct vcpu_event *event)
{
    *event = (struct vcpu_event){
        .kind = VCPU_EVENT_DEBUG, .hit = {.step = true}, .stepped = true};
}

/* Takes the trap out, unless the instruction has overwritten it. */
static void pull_traps(struct vcpu *vcpu)
{
    const struct x86_step *step = &vcpu->arch->step;

    for (unsigned i = 0; i < step->n_targets; i++) {
        const struct step_target *target = &step->target[i];

        if (target->trap && *target->trap == vcpu->debug.trap->bytes[0])
            *target->trap = target->beneath;
    }
}

/* The vCPU has run into a trap of ours: back to its address. */
static void undo_trap(struct vcpu *vcpu, struct vcpu_event *event)
{
    const struct x86_step *step = &vcpu->arch->step;
    uint64_t pc;

    for (unsigned i = 0; i < step->n_targets; i++) {
        if (!step->target[i].trap ||
            !trap_exit(vcpu->debug.trap, vcpu, event, &pc) ||
            pc != step->target[i].gva)
            continue;
        if (pc != arch_pc(vcpu))
            (void)arch_set_pc(vcpu, pc);
        vcpu->halted = false;
        report_done(event);
        return;
    }
}

static uint64_t next_pc(const struct x86_step *step, unsigned i)
{
    return step->pc + step->insn[0].size + (i ? step->insn[1].size : 0);
}

/* --- what it left --- */

static void set_flag_byte(struct vcpu *vcpu, uint64_t gva, bool tf)
{
    uint8_t *byte = x86_byte(vcpu, gva + 1);
    uint8_t wanted;

    if (!byte)
        return;
    wanted = (uint8_t)((*byte & ~1u) | tf);
    if (*byte != wanted)
        *byte = wanted;
}

static void clean_r11(struct vcpu *vcpu, bool tf)
{
    struct kvm_regs *gp = x86_gp(vcpu);

    if (!!(gp->r11 & X86_RFLAGS_TF) == tf)
        return;
    gp->r11 ^= X86_RFLAGS_TF;
    x86_touch(vcpu, X86_BANK_GP);
}

/* The frame was pushed where the stack was, or where a pop of SS has left it.
 */
static bool is_stack_from_before(const struct x86_step *step,
                                 const struct x86_frame *frame)
{
    uint64_t mask = x86_low_bytes(UINT64_MAX, frame->form.width);
    uint64_t popped = frame->sp - step->rsp;

    if (step->insn[0].traits & INSN_LSS)
        return true;
    return !(popped & mask) || (step->insn[0].traits & INSN_POP &&
                                (popped & mask) == step->insn[0].operand);
}

/* The frame is that of our instruction: it returns to it or behind it, and has
 * the flags from before, which neither a fault nor an int n changes. Others
 * may lie on the stack, for an iret to come. */
static bool is_our_frame(const struct x86_step *step,
                         const struct step_target *target,
                         const struct x86_frame *frame)
{
    uint64_t mask = x86_low_bytes(UINT64_MAX, target->frame.width);
    uint64_t ip = step->rip;

    if (frame->cs != step->cs.selector ||
        (frame->flags ^ step->rflags) & RFLAGS_STATUS ||
        !is_stack_from_before(step, frame))
        return false;
    for (unsigned i = 0; i <= step->n_insns; i++) {
        if (frame->ip == (ip & mask))
            return true;
        if (i < step->n_insns)
            ip += step->insn[i].size;
    }
    return false;
}

/* The guest's own trap behind an instruction of its user code: that may have
 * changed the stack, the flags, and where they return to. */
static bool is_own_trap(struct vcpu *vcpu, const struct step_target *target,
                        const struct x86_frame *frame)
{
    const struct x86_step *step = &vcpu->arch->step;

    return step->tf && target->vector == X86_DB &&
           arch_pc(vcpu) == target->gva &&
           (frame->flags & X86_RFLAGS_TF ||
            x86_step_traits(step) & (INSN_POPF | INSN_IRET));
}

/* The TF that belongs in the frame: of a fault or an INT the one from before,
 * of a trap the one from behind. */
static bool frame_tf(const struct x86_step *step,
                     const struct step_target *target,
                     const struct x86_frame *frame)
{
    uint64_t ip = step->rip + step->insn[0].size;

    if (target->vector != X86_DB || frame->ip == step->rip)
        return step->tf;
    return step->next_tf[step->n_insns > 1 && frame->ip != ip];
}

/* Is the frame on the stack one that this step has led to? */
static bool has_come_to(struct vcpu *vcpu, const struct step_target *target,
                        struct x86_frame *ret)
{
    return x86_frame(vcpu, target->frame, ret) == 0 &&
           (x86_user_step_is_frame(vcpu, target, ret) ||
            is_our_frame(&vcpu->arch->step, target, ret) ||
            is_own_trap(vcpu, target, ret));
}

enum outcome { COMPLETED, LANDED, UNWOUND };

static enum outcome leave_gate(struct vcpu *vcpu,
                               const struct step_target *target)
{
    const struct x86_step *step = &vcpu->arch->step;
    struct x86_frame frame;

    if (!has_come_to(vcpu, target, &frame))
        return COMPLETED;
    if (x86_user_step_is_frame(vcpu, target, &frame)) {
        x86_user_step_return(vcpu, &frame);
        return UNWOUND;
    }
    set_flag_byte(vcpu, frame.flags_gva, frame_tf(step, target, &frame));
    vcpu->arch->step.frame = x86_stack(vcpu, 0);
    vcpu->arch->step.frame_size = x86_frame_size(&frame);
    if (target->vector == X86_DB)
        vcpu->arch->valid &= ~(unsigned)X86_BANK_DEBUG; /* DR6 */
    return LANDED;
}

/*
 * A kick can come when the step is done, and before that is reported. Gone on
 * with from there it would leave TF in a frame, or lose the guest's own. An INT
 * is not done while it is still to be delivered.
 */
static bool step_was_kicked(struct vcpu *vcpu, const struct vcpu_event *event)
{
    const struct x86_step *step = &vcpu->arch->step;
    uint64_t pc = arch_pc(vcpu);
    struct x86_frame frame;

    if (event->kind != VCPU_EVENT_KICK || pc == step->pc)
        return false;
    for (unsigned i = 0; i < step->n_targets; i++) {
        const struct step_target *target = &step->target[i];

        if (target->kind == STEP_TARGET_GATE && target->gva == pc &&
            has_come_to(vcpu, target, &frame))
            return true;
    }
    if (step->call || step->delivery)
        return step->call && pc == next_pc(step, 0);
    return !(x86_step_traits(step) & INSN_INT);
}

static enum outcome leave_step_target(struct vcpu *vcpu,
                                      const struct step_target *target)
{
    const struct x86_step *step = &vcpu->arch->step;

    if (target->kind == STEP_TARGET_GATE)
        return leave_gate(vcpu, target);
    if (target->kind == STEP_TARGET_ENTRY &&
        x86_step_traits(step) & INSN_SYSCALL)
        clean_r11(vcpu, step->tf);
    return COMPLETED;
}

/* A register or a trap is at the target's address, be it for another target. */
static bool is_awaited(const struct x86_step *step, uint64_t gva)
{
    for (unsigned i = 0; i < step->n_targets; i++)
        if (step->target[i].gva == gva &&
            (step->target[i].in_register || step->target[i].trap))
            return true;
    return false;
}

/* Several vectors may share a handler: the frame tells. Where nobody waited,
 * the handler has run on, but its frame may still be there; an instruction that
 * went on behind itself has raised nothing, whatever the stack looks like. */
static enum outcome where_it_is(struct vcpu *vcpu)
{
    const struct x86_step *step = &vcpu->arch->step;
    uint64_t pc = arch_pc(vcpu);
    bool met = is_awaited(step, pc) || pc == next_pc(step, 0) ||
               pc == next_pc(step, 1);

    for (unsigned i = 0; i < step->n_targets; i++) {
        const struct step_target *target = &step->target[i];
        bool missed = !met && target->kind == STEP_TARGET_GATE &&
                      !is_awaited(step, target->gva);
        enum outcome outcome = COMPLETED;

        if (target->gva == pc || missed)
            outcome = leave_step_target(vcpu, target);
        if (outcome != COMPLETED)
            return outcome;
    }
    return COMPLETED;
}

/* The old task's flags are in its state segment, Intel SDM 3A 7.2.1. */
static enum outcome leave_task(struct vcpu *vcpu)
{
    enum { TSS_32 = 8, FLAGS_32 = 0x24, FLAGS_16 = 0x10 };
    const struct x86_step *step = &vcpu->arch->step;

    if (x86_sys(vcpu)->tr.base == step->tr.base ||
        arch_pc(vcpu) == next_pc(step, 0))
        return COMPLETED;
    set_flag_byte(
        vcpu, step->tr.base + (step->tr.type & TSS_32 ? FLAGS_32 : FLAGS_16),
        step->tf);
    return LANDED;
}

static void clean_pushed_flags(struct vcpu *vcpu)
{
    const struct x86_step *step = &vcpu->arch->step;
    uint64_t pc = arch_pc(vcpu);

    for (unsigned i = 0; i < step->n_insns; i++)
        if (step->insn[i].traits & INSN_PUSHF && pc == next_pc(step, i))
            set_flag_byte(vcpu, x86_stack(vcpu, 0), step->tf);
}

/* Of an SS-loading pair's two, the one that was executed last. */
static unsigned last_insn(struct vcpu *vcpu)
{
    const struct x86_step *step = &vcpu->arch->step;

    return step->n_insns > 1 && arch_pc(vcpu) != next_pc(step, 0);
}

/* TF traps what began with it, but a load of SS holds that off, and SYSCALL and
 * SYSRET are judged by what they make of it (of SYSRET Linux says so,
 * arch/x86/entry/entry_64.S; Bochs traps one instruction later). */
static bool is_trap_due(struct vcpu *vcpu)
{
    const struct x86_step *step = &vcpu->arch->step;
    unsigned last = last_insn(vcpu);

    if (step->insn[last].traits & (INSN_SYSCALL | INSN_SYSRET))
        return step->next_tf[last];
    return step->tf && !(step->insn[last].traits & INSN_SHADOW);
}

/* #DB traps that are the guest's own and due now: its TF, and its debug
 * registers, if ours were not loaded in their place. */
static void pend_own_traps(struct vcpu *vcpu)
{
    const struct x86_step *step = &vcpu->arch->step;
    uint64_t dr6 = is_trap_due(vcpu) ? DR6_BS : 0;

    if (!vcpu->arch->points.n)
        dr6 |= x86_own_hits(vcpu, vcpu->arch->dr6);
    if (dr6 || step->insn[0].traits & INSN_ICEBP)
        x86_pend_db(vcpu, dr6);
}

static void clean_up(struct vcpu *vcpu, const struct vcpu_event *event)
{
    const struct x86_step *step = &vcpu->arch->step;

    if (!event->stepped) {
        if (step->tf)
            x86_show_tf(vcpu);
        return;
    }
    if (where_it_is(vcpu) == LANDED || leave_task(vcpu) == LANDED)
        return;
    clean_pushed_flags(vcpu);
    pend_own_traps(vcpu);
    if (step->next_tf[last_insn(vcpu)])
        x86_show_tf(vcpu);
}

/* --- all of it --- */

/* Execute breakpoints were not loaded: a step ends where they would hit. */
static void find_breakpoints(struct vcpu *vcpu, struct vcpu_event *event)
{
    uint64_t pc = arch_pc(vcpu);

    if (event->kind != VCPU_EVENT_DEBUG || !event->stepped)
        return;
    for (unsigned i = 0; i < vcpu->debug.n_hw; i++)
        if (vcpu->debug.hw[i].kind == HW_EXEC && vcpu->debug.hw[i].gva == pc)
            event->hit.hw |= 1u << i;
}

/* A repeated instruction that has to be stepped element by element, or an
 * icebp whose exception is still to be delivered. */
static bool is_under_way(struct vcpu *vcpu, const struct vcpu_event *event)
{
    const struct x86_step *step = &vcpu->arch->step;

    if (event->kind != VCPU_EVENT_DEBUG || !event->stepped || event->hit.hw ||
        step->delivery)
        return false;
    return vcpu->arch->pending.any ? step->insn[0].traits & INSN_ICEBP
                                   : step->insn[0].traits & INSN_REPEAT &&
                                         arch_pc(vcpu) == step->pc;
}

/* The guest's debug registers are what they were: the next step needs not ask
 * for them again. */
static void keep_debug_bank(struct vcpu_arch *arch, bool was_valid)
{
    if (was_valid && !(arch->step.insn[0].traits & INSN_MOV_DR) &&
        !arch->step.delivery)
        arch->valid |= X86_BANK_DEBUG;
}

/* KVM has executed nothing and only changed the flags. True: try once more, for
 * it may have patched the instruction (VMCALL becomes VMMCALL, x86.c,
 * emulator_fix_hypercall()). */
static bool is_to_repeat(struct vcpu *vcpu, struct vcpu_event *event)
{
    struct vcpu_arch *arch = vcpu->arch;
    bool again = !arch->got_nowhere;

    arch->got_nowhere = false;
    if (event->kind != VCPU_EVENT_DEBUG || !event->stepped || event->hit.hw ||
        !x86_is_stalled(vcpu))
        return false;
    x86_gp(vcpu)->rflags = arch->step.rflags;
    x86_touch(vcpu, X86_BANK_GP);
    if (x86_soft_int(vcpu, &arch->step.insn[0]))
        return false;
    arch->got_nowhere = again;
    if (!again)
        *event = (struct vcpu_event){.kind = VCPU_EVENT_STALL};
    return again;
}

/*
 * A guest that looks at its debug registers gets them for as long as KVM_RUN
 * goes on (x86.c, KVM_DEBUGREG_WONT_EXIT). Kicked right then it still has them
 * in the next one, and if that is a step DR6 gets the step's BS.
 */
static void note_dr6(struct vcpu *vcpu)
{
    struct x86_step *step = &vcpu->arch->step;

    step->keeps_dr6 = vcpu->arch->kicked && !step->user && !step->tf &&
                      !step->delivery && x86_fetch(vcpu, X86_BANK_DEBUG) == 0;
    vcpu->arch->kicked = false;
    if (step->keeps_dr6)
        step->dr6 = vcpu->arch->debugregs.dr6;
}

static void restore_dr6(struct vcpu *vcpu)
{
    const struct x86_step *step = &vcpu->arch->step;
    struct kvm_debugregs *regs = &vcpu->arch->debugregs;

    if (!step->keeps_dr6 || x86_step_traits(step) & INSN_MOV_DR ||
        x86_refetch(vcpu, X86_BANK_DEBUG) < 0 ||
        x86_fetch(vcpu, X86_BANK_DEBUG) < 0 ||
        !((regs->dr6 ^ step->dr6) & DR6_BS))
        return;
    regs->dr6 ^= DR6_BS;
    x86_touch(vcpu, X86_BANK_DEBUG);
}

bool arch_step_begin(struct vcpu *vcpu, struct vcpu_event *event)
{
    struct x86_step *step = &vcpu->arch->step;

    vcpu->arch->dr6 = 0;
    step->active = vcpu->debug.step;
    if (!step->active)
        return false;
    if (!x86_step_plan(vcpu)) {
        note_dr6(vcpu);
        return false;
    }
    step->active = false;
    report_done(event);
    find_breakpoints(vcpu, event);
    return true;
}

bool arch_event_frame(struct vcpu *vcpu, struct arch_access *ret)
{
    const struct x86_step *step = &vcpu->arch->step;

    *ret = (struct arch_access){
        .gva = step->frame, .size = step->frame_size, .write = true};
    return step->frame_size > 0;
}

bool arch_step_runs(struct vcpu *vcpu)
{
    return vcpu->arch->step.active && vcpu->arch->step.call;
}

bool arch_step_end(struct vcpu *vcpu, struct vcpu_event *event)
{
    struct x86_step *step = &vcpu->arch->step;

    if (!step->active) {
        vcpu->arch->kicked = event->kind == VCPU_EVENT_KICK;
        if (vcpu->arch->kicked)
            x86_reclaim_db(vcpu);
        return false;
    }
    if (event->kind == VCPU_EVENT_KICK && step->delivery)
        x86_undeliver(vcpu);
    step->active = false;
    pull_traps(vcpu);
    undo_trap(vcpu, event);
    if (x86_user_step_shutdown(vcpu, event)) {
        report_done(event);
    } else if (x86_user_step_kicked(vcpu, event) ||
               step_was_kicked(vcpu, event)) {
        report_done(event);
        vcpu_kick(vcpu); /* it is not used up */
    }
    restore_dr6(vcpu);
    vcpu->arch->kicked = step->keeps_dr6 && event->kind == VCPU_EVENT_KICK;
    if (event->stepped)
        keep_debug_bank(vcpu->arch, step->debug_bank);
    clean_up(vcpu, event);
    x86_user_step_end(vcpu);
    if (is_under_way(vcpu, event) || is_to_repeat(vcpu, event))
        return true;
    find_breakpoints(vcpu, event);
    return false;
}
