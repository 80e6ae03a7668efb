/* SPDX-License-Identifier: MIT */
/* Before a step: what the instruction is, where it may land, who waits there.
 */
#include "kvm/arch.h"
#include "kvm/trap.h"
#include "kvm/x86_64/linear.h"
#include "kvm/x86_64/msr.h"
#include "kvm/x86_64/soft.h"
#include "kvm/x86_64/state.h"

#define CR0_EM UINT64_C(0x4)
#define CR0_TS UINT64_C(0x8)
#define CR0_AM UINT64_C(0x40000)

/* Descriptor types, Intel SDM 3A table 3-2: a TSS is 16-bit or 32-bit, and
 * busy or not. */
enum { TSS_TYPE = 1, TSS_TYPE_MASK = 5 };

#define RFLAGS_NT UINT64_C(0x4000)

/* Intel SDM 4, table 2-2 and AMD APM 2 6.1. */
#define MSR_SYSENTER_EIP UINT32_C(0x176)
#define MSR_LSTAR        UINT32_C(0xc0000082)
#define MSR_CSTAR        UINT32_C(0xc0000083)
#define MSR_FMASK        UINT32_C(0xc0000084)

/* --- the instruction --- */

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

static struct insn decode_at(struct vcpu *vcpu, uint64_t pc)
{
    uint8_t bytes[VCPU_INSN_MAX];
    size_t n = x86_read(vcpu, pc, bytes, sizeof bytes);

    return insn_decode(x86_code_mode(vcpu), bytes, n);
}

static void decode(struct vcpu *vcpu, struct x86_step *step)
{
    step->insn[0] = decode_at(vcpu, step->pc);
    step->n_insns = 1;
    if (step->insn[0].traits & INSN_SHADOW)
        step->insn[step->n_insns++] =
            decode_at(vcpu, step->pc + step->insn[0].size);
}

static unsigned all_traits(const struct x86_step *step)
{
    return step->insn[0].traits |
           (step->n_insns > 1 ? step->insn[1].traits : 0);
}

static unsigned cpl(struct vcpu *vcpu)
{
    return x86_is_real(vcpu) ? 0 : x86_sys(vcpu)->cs.selector & 3;
}

/* --- the guest's own TF --- */

static bool tf_on_stack(struct vcpu *vcpu, uint64_t offset)
{
    uint64_t flags;

    return x86_read_number(vcpu, x86_stack(vcpu, offset), 2, &flags) == 0 &&
           flags & X86_RFLAGS_TF;
}

/* What the instruction makes of it if it completes. */
static bool tf_after(struct vcpu *vcpu, const struct insn *insn, bool tf)
{
    uint64_t mask;

    if (insn->traits & INSN_POPF)
        return tf_on_stack(vcpu, 0);
    if (insn->traits & INSN_IRET)
        return tf_on_stack(vcpu, 2 * (uint64_t)insn->operand);
    if (insn->traits & INSN_SYSRET)
        return x86_gp(vcpu)->r11 & X86_RFLAGS_TF;
    if (insn->traits & INSN_SYSCALL && tf)
        return x86_msr_read(vcpu, MSR_FMASK, &mask) < 0 ||
               !(mask & X86_RFLAGS_TF);
    return tf;
}

/* --- landings --- */

/* Nobody can wait where the step begins: it would end there. */
static void add_landing(struct x86_step *step, const struct landing *landing)
{
    if (landing->gva != step->pc && step->n_landings < X86_LANDINGS)
        step->landing[step->n_landings++] = *landing;
}

static void add_gate(struct vcpu *vcpu, uint8_t vector, bool must)
{
    struct landing landing = {
        .kind = LANDING_GATE, .vector = vector, .must = must};
    struct x86_gate gate;

    if (x86_gate(vcpu, vector, &gate) != X86_GATE_OK)
        return;
    landing.gva = gate.gva;
    landing.frame = x86_frame_form(vcpu, vector, &gate);
    if (gate.type == X86_GATE_TASK) {
        landing.kind = LANDING_TASK;
        if (x86_task_entry(vcpu, gate.selector, &landing.gva) < 0)
            return;
    }
    add_landing(&vcpu->arch->step, &landing);
}

/* Where a jump or call to a TSS leads, or to a task gate (Intel SDM 3A 7.2.5).
 * KVM switches tasks itself, and may lose the step in doing so. */
static void add_task(struct vcpu *vcpu, uint16_t selector)
{
    struct landing landing = {.kind = LANDING_TASK, .must = true};
    struct kvm_segment segment;

    if (x86_read_segment(vcpu, selector, &segment) < 0 || segment.s)
        return;
    if (segment.type == X86_GATE_TASK)
        selector = (uint16_t)segment.base;
    else if ((segment.type & TSS_TYPE_MASK) != TSS_TYPE)
        return;
    if (x86_task_entry(vcpu, selector, &landing.gva) == 0)
        add_landing(&vcpu->arch->step, &landing);
}

/* ... or an IRET from a nested task: to the one that its TSS links to. */
static void add_tasks(struct vcpu *vcpu, const struct insn *insn)
{
    uint64_t link;

    if (!(x86_sys(vcpu)->cr0 & X86_CR0_PE) ||
        x86_sys(vcpu)->efer & X86_EFER_LMA)
        return;
    if (insn->traits & INSN_FAR)
        add_task(vcpu, insn->selector);
    if (insn->traits & INSN_IRET && x86_gp(vcpu)->rflags & RFLAGS_NT &&
        x86_read_number(vcpu, x86_sys(vcpu)->tr.base, 2, &link) == 0)
        add_task(vcpu, (uint16_t)link);
}

static void add_entry(struct vcpu *vcpu, unsigned traits)
{
    struct landing landing = {.kind = LANDING_ENTRY, .must = true};
    uint32_t msr = MSR_SYSENTER_EIP;

    if (traits & INSN_SYSCALL)
        msr = x86_code_bits(vcpu) == 64 ? MSR_LSTAR : MSR_CSTAR;
    if (x86_msr_read(vcpu, msr, &landing.gva) == 0)
        add_landing(&vcpu->arch->step, &landing);
}

static bool find_iret_target(struct vcpu *vcpu, unsigned width, uint64_t *ret)
{
    struct kvm_segment code = {.base = 0};
    uint64_t cs;

    if (x86_read_number(vcpu, x86_stack(vcpu, 0), width, ret) < 0 ||
        x86_read_number(vcpu, x86_stack(vcpu, width), 2, &cs) < 0)
        return false;
    if (x86_is_real(vcpu))
        code.base = cs << 4;
    else if (x86_read_segment(vcpu, (uint16_t)cs, &code) < 0)
        return false;
    *ret += code.l ? 0 : code.base;
    return true;
}

/* Behind the instruction, or where it returns to. */
static bool find_next(struct vcpu *vcpu, uint64_t *ret)
{
    const struct x86_step *step = &vcpu->arch->step;
    const struct insn *insn = &step->insn[0];

    if (insn->traits & INSN_IRET)
        return find_iret_target(vcpu, insn->operand, ret);
    if (insn->traits & INSN_SYSRET)
        *ret = x86_gp(vcpu)->rcx;
    else if (insn->traits & INSN_SYSEXIT)
        *ret = x86_gp(vcpu)->rdx;
    else
        *ret = step->pc + insn->size;
    return true;
}

static void add_next(struct vcpu *vcpu)
{
    struct x86_step *step = &vcpu->arch->step;
    struct landing landing = {.kind = LANDING_NEXT, .must = true};

    if (find_next(vcpu, &landing.gva))
        add_landing(step, &landing);
}

/* An exception that the CPU's settings rule out needs nobody to wait. */
static bool possible(struct vcpu *vcpu, unsigned vector)
{
    uint64_t cr0 = x86_sys(vcpu)->cr0;

    switch (vector) {
    case X86_PF:
        return cr0 & X86_CR0_PG;
    case X86_NM:
        return cr0 & (CR0_TS | CR0_EM);
    case X86_AC:
        return cr0 & CR0_AM && cpl(vcpu) == 3;
    default:
        return true;
    }
}

/* The likeliest first: registers may run out. */
static void add_faults(struct vcpu *vcpu, uint32_t raises)
{
    static const uint8_t order[] = {X86_DE, X86_OF, X86_BR, X86_PF, X86_GP,
                                    X86_UD, X86_NM, X86_SS, X86_NP, X86_TS,
                                    X86_XM, X86_MF, X86_AC};

    for (size_t i = 0; i < sizeof order; i++)
        if (raises & X86_VECTOR(order[i]) && possible(vcpu, order[i]))
            add_gate(vcpu, order[i], false);
}

/*
 * kvm_pvm gives some #DBs to the guest that KVM otherwise shows the debugger:
 * those of steps in user code, which it does not emulate, and those of the
 * guest's own debug registers. Elsewhere nothing arrives there.
 */
static void add_db(struct vcpu *vcpu)
{
    bool has_points = arch_guest_has_points(vcpu);

    if (has_points || cpl(vcpu) == 3)
        add_gate(vcpu, X86_DB, has_points);
}

static bool calls_firmware(struct vcpu *vcpu, const struct x86_step *step)
{
    const struct insn *insn = &step->insn[0];
    struct x86_gate gate;

    return vcpu->debug.step_calls && insn->traits & INSN_INT &&
           !step->delivery && !step->tf &&
           x86_gate(vcpu, insn->vector, &gate) == X86_GATE_OK &&
           arch_is_firmware(vcpu, gate.gva) &&
           !arch_is_firmware(vcpu, step->pc);
}

static void add_landings(struct vcpu *vcpu, struct x86_step *step)
{
    unsigned traits = all_traits(step);

    if (step->call) {
        add_next(vcpu);
        return;
    }
    if (step->delivery) {
        add_gate(vcpu, vcpu->arch->pending.vector, true);
        return;
    }
    for (unsigned i = 0; i < step->n_insns; i++)
        if (step->insn[i].traits & INSN_INT)
            add_gate(vcpu, step->insn[i].vector, true);
    if (traits & (INSN_SYSCALL | INSN_SYSENTER))
        add_entry(vcpu, traits);
    add_tasks(vcpu, &step->insn[0]);
    if (traits & (INSN_REPEAT | INSN_NATIVE | INSN_SYSRET | INSN_SYSEXIT))
        add_next(vcpu);
    add_db(vcpu);
    add_faults(vcpu, step->insn[0].raises |
                         (step->n_insns > 1 ? step->insn[1].raises : 0));
}

/* --- who waits there --- */

/* A step has no use for breakpoints, unless it is all of a call that comes to
 * one. */
static bool is_loaded(struct vcpu *vcpu, const struct hw_point *point)
{
    const struct x86_step *step = &vcpu->arch->step;

    return point->kind != HW_EXEC || !step->active ||
           (step->call && arch_is_firmware(vcpu, point->gva));
}

static unsigned count_loaded(struct vcpu *vcpu)
{
    const struct debug_state *debug = &vcpu->debug;
    unsigned n = 0;

    for (unsigned i = 0; i < debug->n_hw; i++)
        n += is_loaded(vcpu, &debug->hw[i]);
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

/* Another landing waits at the same address already. */
static bool shared(const struct x86_step *step, unsigned i)
{
    for (unsigned j = 0; j < i; j++)
        if (step->landing[j].gva == step->landing[i].gva &&
            (step->landing[j].in_register || step->landing[j].trap))
            return true;
    return false;
}

static void plant(struct vcpu *vcpu, struct landing *landing)
{
    const struct trap *trap = vcpu->debug.trap;
    uint8_t *code =
        trap && trap->size == 1 ? x86_byte(vcpu, landing->gva) : NULL;

    if (!code)
        return;
    vcpu->arch->step.traps = true;
    landing->trap = code;
    landing->beneath = *code;
    *code = trap->bytes[0];
}

static void serve_landings(struct vcpu *vcpu, struct x86_step *step)
{
    unsigned room = step->n_landings ? free_registers(vcpu) : 0;

    for (unsigned i = 0; i < step->n_landings; i++) {
        struct landing *landing = &step->landing[i];

        if (shared(step, i))
            continue;
        if (room) {
            landing->in_register = true;
            room--;
        } else if (landing->must) {
            plant(vcpu, landing);
        }
    }
}

static bool someone_waits_behind(const struct x86_step *step)
{
    for (unsigned i = 0; i < step->n_landings; i++)
        if (step->landing[i].kind == LANDING_NEXT)
            return step->landing[i].in_register || step->landing[i].trap;
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

    if (step->delivery || step->tf)
        return true;
    if (traits & INSN_HLT)
        return cpl(vcpu) != 0;
    return !((traits & INSN_REPEAT || step->call) &&
             someone_waits_behind(step));
}

bool x86_step_plan(struct vcpu *vcpu)
{
    struct x86_step *step = &vcpu->arch->step;
    const struct kvm_sregs *sys = x86_sys(vcpu);

    *step = (struct x86_step){
        .active = true,
        .delivery = vcpu->arch->pending.any,
        .tf = x86_gp(vcpu)->rflags & X86_RFLAGS_TF,
        .pc = arch_pc(vcpu),
        .rip = x86_gp(vcpu)->rip,
        .rflags = x86_gp(vcpu)->rflags,
        .cs = sys->cs,
        .ss = sys->ss,
        .tr = sys->tr,
    };
    decode(vcpu, step);
    if (vcpu->debug.no_user_step && !step->tf && !step->delivery &&
        x86_soft_step(vcpu, &step->insn[0]))
        return true;
    step->call = calls_firmware(vcpu, step);
    /* Not with a trap behind it, which what is loaded there overwrites. */
    step->call = step->call && free_registers(vcpu) > 0;
    step->next_tf = tf_after(vcpu, &step->insn[0], step->tf);
    add_landings(vcpu, step);
    serve_landings(vcpu, step);
    step->trap_flag = needs_trap_flag(vcpu, step);
    step->debug_bank = vcpu->arch->valid & X86_BANK_DEBUG;
    return false;
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
        if (is_loaded(vcpu, &debug->hw[i]))
            add_point(points, &debug->hw[i], (int)i);
    for (unsigned i = 0; step->active && i < step->n_landings; i++)
        if (step->landing[i].in_register)
            add_point(points,
                      &(struct hw_point){.kind = HW_EXEC,
                                         .gva = step->landing[i].gva,
                                         .size = 1},
                      -1);
}
