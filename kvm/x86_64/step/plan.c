/* SPDX-License-Identifier: MIT */
/* Before a step: what the instruction is, and who waits where it may land. */
#include "kvm/x86_64/step/plan.h"

#include "kvm/arch_boot.h"
#include "kvm/arch_cpu.h"
#include "kvm/arch_run.h"
#include "kvm/core/trap.h"
#include "kvm/x86_64/boot/firmware.h"
#include "kvm/x86_64/state/linear.h"
#include "kvm/x86_64/state/msr.h"
#include "kvm/x86_64/state/state.h"
#include "kvm/x86_64/step/soft.h"
#include "kvm/x86_64/step/targets.h"
#include "kvm/x86_64/step/user.h"

/* --- the instruction --- */

static struct insn decode_at(struct vcpu *vcpu, uint64_t pc)
{
    uint8_t bytes[VCPU_INSN_MAX];
    size_t n = x86_read(vcpu, pc, bytes, sizeof bytes);

    return insn_decode(x86_code_mode(vcpu), bytes, n);
}

static void plan_decode(struct vcpu *vcpu, struct x86_step *step)
{
    step->insn[0] = decode_at(vcpu, step->pc);
    step->n_insns = 1;
    if (step->insn[0].traits & INSN_SHADOW)
        step->insn[step->n_insns++] =
            decode_at(vcpu, step->pc + step->insn[0].size);
}

/* --- the guest's own TF --- */

static bool tf_on_stack(struct vcpu *vcpu, uint64_t offset)
{
    uint64_t flags;

    return x86_read_number(vcpu, x86_stack(vcpu, offset), 2, &flags) == 0 &&
           flags & X86_RFLAGS_TF;
}

/* The guest's TF after the instruction, if that completes. Its stack is offset
 * bytes above the top. */
static bool tf_after(struct vcpu *vcpu, const struct insn *insn,
                     uint64_t offset, bool tf)
{
    uint64_t mask;

    if (insn->traits & INSN_POPF)
        return tf_on_stack(vcpu, offset);
    if (insn->traits & INSN_IRET)
        return tf_on_stack(vcpu, offset + 2 * (uint64_t)insn->operand);
    if (insn->traits & INSN_SYSRET)
        return x86_gp(vcpu)->r11 & X86_RFLAGS_TF;
    if (insn->traits & INSN_SYSCALL && tf)
        return x86_msr_read(vcpu, X86_MSR_SFMASK, &mask) < 0 ||
               !(mask & X86_RFLAGS_TF);
    return tf;
}

/* A load of SS takes a second instruction along with it: what that finds on the
 * stack is where it was or, after a pop, one element higher. */
static void foresee_tf(struct vcpu *vcpu, struct x86_step *step)
{
    const struct insn *insn = step->insn;

    step->next_tf[0] = tf_after(vcpu, &insn[0], 0, step->tf);
    step->next_tf[1] =
        tf_after(vcpu, &insn[1],
                 insn[0].traits & INSN_POP ? insn[0].operand : 0, step->tf);
}

/* --- the firmware --- */

static bool calls_firmware(struct vcpu *vcpu, const struct x86_step *step)
{
    const struct insn *insn = &step->insn[0];
    struct x86_gate gate;

    return vcpu->debug.step_calls && insn->traits & INSN_INT &&
           !step->delivery && !step->tf &&
           x86_gate(vcpu, insn->vector, &gate) == X86_GATE_OK &&
           x86_is_firmware(vcpu, gate.gva) && !x86_is_firmware(vcpu, step->pc);
}

/* --- who waits at its step targets --- */

/* In a step execute breakpoints need no register, unless the step is a whole
 * call of the firmware, and they are in there. */
static bool plan_is_loaded(struct vcpu *vcpu, const struct hw_point *point)
{
    const struct x86_step *step = &vcpu->arch->step;

    return point->kind != HW_EXEC || !step->active ||
           (step->call && x86_is_firmware(vcpu, point->gva));
}

static unsigned count_loaded(struct vcpu *vcpu)
{
    const struct debug_state *debug = &vcpu->debug;
    unsigned n = 0;

    for (unsigned i = 0; i < debug->n_hw; i++)
        n += plan_is_loaded(vcpu, &debug->hw[i]);
    return n;
}

/* The guest's own points work only as long as ours are not loaded. */
static unsigned free_registers(struct vcpu *vcpu)
{
    unsigned taken = count_loaded(vcpu);

    if (taken >= X86_REGISTERS || arch_guest_has_points(vcpu))
        return 0;
    return X86_REGISTERS - taken;
}

/* Another target waits at the same address already. */
static bool plan_shared(const struct x86_step *step, unsigned i)
{
    for (unsigned j = 0; j < i; j++)
        if (step->target[j].gva == step->target[i].gva &&
            (step->target[j].in_register || step->target[j].trap))
            return true;
    return false;
}

static bool can_plant(const struct vcpu *vcpu)
{
    return vcpu->debug.trap && vcpu->debug.trap->size == 1;
}

static bool plan_is_within(uint64_t gva, uint64_t base, uint64_t size)
{
    return gva - base < size;
}

/* A trap must not change what the CPU or the instruction reads as data: an
 * empty vector may lead anywhere, even into a descriptor table. */
static bool is_plantable(struct vcpu *vcpu, uint64_t gva)
{
    const struct x86_step *step = &vcpu->arch->step;
    const struct kvm_sregs *sys = x86_sys(vcpu);
    struct arch_access access[ARCH_ACCESSES];
    unsigned n = arch_accesses(vcpu, access);

    for (unsigned i = 0; i < n; i++)
        if (plan_is_within(gva, access[i].gva, access[i].size))
            return false;
    return !plan_is_within(gva, step->pc, (uint64_t)2 * VCPU_INSN_MAX) &&
           !plan_is_within(gva, sys->idt.base, sys->idt.limit + UINT64_C(1)) &&
           !plan_is_within(gva, sys->gdt.base, sys->gdt.limit + UINT64_C(1)) &&
           !plan_is_within(gva, sys->tr.base, sys->tr.limit + UINT64_C(1));
}

static bool is_worth_a_trap(struct vcpu *vcpu, const struct step_target *target)
{
    return target->must || (target->kind == STEP_TARGET_GATE &&
                            is_plantable(vcpu, target->gva));
}

/* Who waits at each; the traps are still to be planted. */
static void serve_step_targets(struct vcpu *vcpu, struct x86_step *step)
{
    unsigned room = step->n_targets ? free_registers(vcpu) : 0;

    for (unsigned i = 0; i < step->n_targets; i++) {
        struct step_target *target = &step->target[i];

        if (plan_shared(step, i))
            continue;
        /* In user code they do nothing. */
        target->in_register = !target->user && room;
        room -= target->in_register;
        if (can_plant(vcpu) && !target->in_register &&
            (target->user || is_worth_a_trap(vcpu, target)))
            target->trap = x86_byte(vcpu, target->gva);
    }
}

static void plant_traps(struct vcpu *vcpu, struct x86_step *step)
{
    for (unsigned i = 0; i < step->n_targets; i++) {
        struct step_target *target = &step->target[i];

        if (!target->trap)
            continue;
        step->traps = true;
        target->beneath = *target->trap;
        *target->trap = vcpu->debug.trap->bytes[0];
    }
}

static bool may_end_in_user_code(struct vcpu *vcpu, const struct x86_step *step)
{
    for (unsigned i = 0; i < step->n_targets; i++)
        if (step->target[i].user)
            return true;
    return x86_cpl(vcpu) == 3;
}

static bool someone_waits_behind(const struct x86_step *step)
{
    for (unsigned i = 0; i < step->n_targets; i++)
        if (step->target[i].kind == STEP_TARGET_NEXT)
            return step->target[i].in_register || step->target[i].trap;
    return false;
}

/*
 * A repeated instruction runs to its end at full speed if someone waits there,
 * and so does a call of the firmware: TF would stop it after each element, and
 * only a guest that has set it itself wants that. HLT leaves the guest by
 * itself, and kvm_pvm, made to step over it, halts one instruction later.
 */
static bool needs_trap_flag(struct vcpu *vcpu, const struct x86_step *step)
{
    unsigned traits = step->insn[0].traits;

    if (step->interrupt) /* it would be in the frame */
        return false;
    if (step->delivery || step->tf)
        return true;
    if (traits & INSN_HLT)
        return x86_cpl(vcpu) != 0;
    return !((traits & INSN_REPEAT || step->call) &&
             someone_waits_behind(step));
}

/* Without anybody at its handler an interrupt would run away with the step. */
static bool is_awaited_at_handler(const struct x86_step *step)
{
    return step->n_targets == 1 && step->target[0].kind == STEP_TARGET_GATE &&
           !step->target[0].by_failure &&
           (step->target[0].in_register || step->target[0].trap);
}

static void plan_begin(struct vcpu *vcpu, bool interrupt)
{
    struct x86_step *step = &vcpu->arch->step;
    const struct kvm_sregs *sys = x86_sys(vcpu);

    *step = (struct x86_step){
        .active = true,
        .interrupt = interrupt,
        .delivery = vcpu->arch->pending.any || interrupt,
        .tf = x86_gp(vcpu)->rflags & X86_RFLAGS_TF,
        .pc = arch_pc(vcpu),
        .rip = x86_gp(vcpu)->rip,
        .rsp = x86_gp(vcpu)->rsp,
        .rflags = x86_gp(vcpu)->rflags,
        .cs = sys->cs,
        .ss = sys->ss,
        .tr = sys->tr,
    };
    plan_decode(vcpu, step);
}

static void find_targets(struct vcpu *vcpu)
{
    struct x86_step *step = &vcpu->arch->step;

    step->call = calls_firmware(vcpu, step);
    /* It takes a register for the return: a trap there would be overwritten by
     * what the call loads. */
    step->call = step->call && free_registers(vcpu) > 0;
    x86_add_step_targets(vcpu);
}

static bool plan_make(struct vcpu *vcpu, bool interrupt)
{
    struct x86_step *step = &vcpu->arch->step;

    plan_begin(vcpu, interrupt);
    if (vcpu->debug.no_user_step && !step->tf && !step->delivery &&
        x86_soft_step(vcpu, &step->insn[0]))
        return true;
    if (vcpu->debug.no_user_step && !step->delivery &&
        x86_soft_int(vcpu, &step->insn[0]))
        return true;
    foresee_tf(vcpu, step);
    find_targets(vcpu);
    if (vcpu->debug.no_user_step && may_end_in_user_code(vcpu, step))
        x86_user_step_begin(vcpu);
    serve_step_targets(vcpu, step);
    step->trap_flag = needs_trap_flag(vcpu, step);
    step->debug_bank = vcpu->arch->valid & X86_BANK_DEBUG;
    return false;
}

bool x86_step_plan(struct vcpu *vcpu)
{
    bool done = plan_make(vcpu, vcpu->arch->interrupt.planned);

    if (vcpu->arch->step.interrupt && !is_awaited_at_handler(&vcpu->arch->step))
        done = plan_make(vcpu, false);
    if (!done)
        plant_traps(vcpu, &vcpu->arch->step);
    return done;
}

bool arch_step_needs_trap(struct vcpu *vcpu)
{
    return (vcpu->debug.no_user_step && arch_may_run_user(vcpu)) ||
           arch_guest_has_points(vcpu);
}

/* The delivery of an event has a target at its handler or, where that cannot be
 * used, two. */
enum { DELIVERY_TARGETS = 2 };

bool arch_step_plants(struct vcpu *vcpu)
{
    struct x86_step *step = &vcpu->arch->step;
    bool plants;

    if (!vcpu->debug.step || !can_plant(vcpu))
        return false;
    plan_begin(vcpu, false);
    find_targets(vcpu);
    plants = free_registers(vcpu) < DELIVERY_TARGETS;
    serve_step_targets(vcpu, step);
    for (unsigned i = 0; i < step->n_targets; i++)
        plants |= step->target[i].trap != NULL;
    *step = (struct x86_step){.active = false};
    return plants;
}

static void add_point(struct x86_points *points, const struct hw_point *point,
                      int wish)
{
    if (points->n == X86_REGISTERS)
        return;
    points->point[points->n] = *point;
    points->wish[points->n++] = wish;
}

void x86_choose_points(struct vcpu *vcpu)
{
    const struct debug_state *debug = &vcpu->debug;
    const struct x86_step *step = &vcpu->arch->step;
    struct x86_points *points = &vcpu->arch->points;

    points->n = 0;
    for (unsigned i = 0; i < debug->n_hw; i++)
        if (plan_is_loaded(vcpu, &debug->hw[i]))
            add_point(points, &debug->hw[i], (int)i);
    for (unsigned i = 0; step->active && i < step->n_targets; i++)
        if (step->target[i].in_register)
            add_point(points,
                      &(struct hw_point){.kind = HW_EXEC,
                                         .gva = step->target[i].gva,
                                         .size = 1},
                      -1);
}
