/* SPDX-License-Identifier: MIT */
/* Where an instruction may land: its exceptions' handlers, another task, the
 * kernel's entries, or what follows it. */
#include "kvm/x86_64/step/targets.h"

#include "kvm/arch_run.h"
#include "kvm/x86_64/insn/target.h"
#include "kvm/x86_64/state/linear.h"
#include "kvm/x86_64/state/msr.h"
#include "kvm/x86_64/state/segment.h"
#include "kvm/x86_64/state/state.h"

#define CR0_EM  UINT64_C(0x4)
#define CR0_TS  UINT64_C(0x8)
#define CR0_AM  UINT64_C(0x40000)
#define CR4_VME UINT64_C(0x1)

/* Descriptor types, Intel SDM 3A table 3-2: a TSS is 16-bit or 32-bit, and
 * busy or not. */
enum { TSS_TYPE = 1, TSS_TYPE_MASK = 5 };

#define RFLAGS_NT UINT64_C(0x4000)

/* Nobody can wait where the step begins: it would end there. */
static void add_step_target(struct x86_step *step,
                            const struct step_target *target)
{
    if (target->gva != step->pc && step->n_targets < X86_STEP_TARGETS)
        step->target[step->n_targets++] = *target;
}

static void add_handler(struct vcpu *vcpu, uint8_t vector,
                        const struct x86_gate *gate, bool must, bool by_failure)
{
    struct step_target target = {
        .kind = STEP_TARGET_GATE,
        .vector = vector,
        .must = must,
        .by_failure = by_failure,
        .gva = gate->gva,
        .frame = x86_frame_form(vcpu, vector, gate),
    };

    if (gate->type == X86_GATE_TASK) {
        target.kind = STEP_TARGET_TASK;
        if (x86_task_entry(vcpu, gate->selector, &target.gva) < 0)
            return;
    }
    add_step_target(&vcpu->arch->step, &target);
}

/* What the CPU raises when it cannot use a gate (Intel SDM 3A 6.15). */
static uint8_t targets_failure(enum x86_gate_fault fault)
{
    return fault == X86_GATE_ABSENT   ? X86_NP
           : fault == X86_GATE_MEMORY ? X86_PF
                                      : X86_GP;
}

/* Its handler, or those of what its failure may end in. */
static void add_gate(struct vcpu *vcpu, uint8_t vector, bool must)
{
    struct x86_gate gate;
    enum x86_gate_fault fault = x86_gate(vcpu, vector, &gate);

    if (fault == X86_GATE_OK) {
        add_handler(vcpu, vector, &gate, must, false);
        return;
    }
    if (x86_gate(vcpu, targets_failure(fault), &gate) == X86_GATE_OK)
        add_handler(vcpu, targets_failure(fault), &gate, must, true);
    if (x86_gate(vcpu, X86_DF, &gate) == X86_GATE_OK)
        add_handler(vcpu, X86_DF, &gate, must, true);
}

/* Where a jump or call to a TSS leads, or to a task gate (Intel SDM 3A 7.2.5).
 * KVM switches tasks itself, and may lose the step in doing so. */
static void add_task(struct vcpu *vcpu, uint16_t selector)
{
    struct step_target target = {.kind = STEP_TARGET_TASK, .must = true};
    struct kvm_segment segment;

    if (x86_read_segment(vcpu, selector, &segment) < 0 || segment.s)
        return;
    if (segment.type == X86_GATE_TASK)
        selector = (uint16_t)segment.base;
    else if ((segment.type & TSS_TYPE_MASK) != TSS_TYPE)
        return;
    if (x86_task_entry(vcpu, selector, &target.gva) == 0)
        add_step_target(&vcpu->arch->step, &target);
}

/* ... or an IRET from a nested task: to the one that its TSS links to. */
static void add_tasks(struct vcpu *vcpu, const struct insn *insn)
{
    uint16_t selector;
    uint64_t offset;
    uint64_t link;

    if (!(x86_sys(vcpu)->cr0 & X86_CR0_PE) ||
        x86_sys(vcpu)->efer & X86_EFER_LMA)
        return;
    if (x86_far_pointer(vcpu, insn, &selector, &offset))
        add_task(vcpu, selector);
    if (insn->traits & INSN_IRET && x86_gp(vcpu)->rflags & RFLAGS_NT &&
        x86_read_number(vcpu, x86_sys(vcpu)->tr.base, 2, &link) == 0)
        add_task(vcpu, (uint16_t)link);
}

/* AMD APM 2 6.1.1: without long mode it is the low half of STAR. */
static bool syscall_entry(struct vcpu *vcpu, uint64_t *ret)
{
    uint32_t msr = x86_code_bits(vcpu) == 64 ? X86_MSR_LSTAR : X86_MSR_CSTAR;

    if (x86_sys(vcpu)->efer & X86_EFER_LMA)
        return x86_msr_read(vcpu, msr, ret) == 0;
    if (x86_msr_read(vcpu, X86_MSR_STAR, ret) < 0)
        return false;
    *ret &= UINT32_MAX;
    return true;
}

static void add_entry(struct vcpu *vcpu, unsigned traits)
{
    struct step_target target = {.kind = STEP_TARGET_ENTRY, .must = true};

    if (traits & INSN_SYSCALL
            ? syscall_entry(vcpu, &target.gva)
            : x86_msr_read(vcpu, X86_MSR_SYSENTER_EIP, &target.gva) == 0)
        add_step_target(&vcpu->arch->step, &target);
}

/* Virtual-8086 mode with CR4.VME: INT n stays in it, and takes the table at 0,
 * unless the map below the TSS's I/O map has its bit set (Intel SDM 3A 20.3.3,
 * table 20-2). */
static void add_redirected(struct vcpu *vcpu, uint8_t vector)
{
    enum { IO_MAP_BASE = 0x66, MAP_SIZE = 32 };
    const struct kvm_sregs *sys = x86_sys(vcpu);
    struct step_target target = {.kind = STEP_TARGET_GATE,
                                 .vector = vector,
                                 .must = true,
                                 .frame = {.width = 2}};
    uint64_t base;
    uint64_t map;
    uint64_t entry;

    if (!(x86_gp(vcpu)->rflags & X86_RFLAGS_VM) || !(sys->cr4 & CR4_VME) ||
        x86_read_number(vcpu, sys->tr.base + IO_MAP_BASE, 2, &base) < 0 ||
        x86_read_number(vcpu, sys->tr.base + base - MAP_SIZE + vector / 8, 1,
                        &map) < 0 ||
        map >> vector % 8 & 1 ||
        x86_read_number(vcpu, UINT64_C(4) * vector, 4, &entry) < 0)
        return;
    target.gva = (entry >> 16 << 4) + (entry & 0xffff);
    add_step_target(&vcpu->arch->step, &target);
}

/* Behind the instruction, or where it returns to. */
static bool find_next(struct vcpu *vcpu, struct step_target *ret)
{
    const struct x86_step *step = &vcpu->arch->step;
    const struct insn *insn = &step->insn[0];
    struct x86_target target;

    if (insn->traits & INSN_IRET) {
        if (!x86_target(vcpu, insn, &target))
            return false;
        ret->gva = target.gva;
        ret->user = target.user64;
        return true;
    }
    ret->user = insn->operand == 8;
    if (insn->traits & INSN_SYSRET) {
        ret->gva = x86_gp(vcpu)->rcx;
    } else if (insn->traits & INSN_SYSEXIT) {
        ret->gva = x86_gp(vcpu)->rdx;
    } else {
        ret->gva = step->pc + insn->size;
        ret->user = x86_cpl(vcpu) == 3 && x86_code_bits(vcpu) == 64;
    }
    return true;
}

static void add_next(struct vcpu *vcpu)
{
    struct x86_step *step = &vcpu->arch->step;
    struct step_target target = {.kind = STEP_TARGET_NEXT, .must = true};

    if (!find_next(vcpu, &target))
        return;
    target.user = target.user && vcpu->debug.no_user_step;
    add_step_target(step, &target);
}

/* An exception that the CPU's settings rule out needs nobody to wait. */
static bool targets_possible(struct vcpu *vcpu, unsigned vector)
{
    uint64_t cr0 = x86_sys(vcpu)->cr0;

    switch (vector) {
    case X86_PF:
        return cr0 & X86_CR0_PG;
    case X86_NM:
        return cr0 & (CR0_TS | CR0_EM);
    case X86_AC:
        return cr0 & CR0_AM && x86_cpl(vcpu) == 3;
    default:
        return true;
    }
}

/* The likeliest first: registers may run out. The delivery of any of them may
 * fail. */
static void add_faults(struct vcpu *vcpu, uint32_t raises)
{
    static const uint8_t order[] = {X86_DE, X86_OF, X86_BR, X86_GP, X86_UD,
                                    X86_PF, X86_NM, X86_SS, X86_NP, X86_TS,
                                    X86_XM, X86_MF, X86_AC, X86_DF};

    raises |= raises ? X86_VECTOR(X86_DF) : 0;
    for (size_t i = 0; i < sizeof order; i++)
        if (raises & X86_VECTOR(order[i]) && targets_possible(vcpu, order[i]))
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

    if (has_points || x86_cpl(vcpu) == 3)
        add_gate(vcpu, X86_DB, has_points);
}

/*
 * There KVM delivers the #BP of user code, and a kick can come before that: pc
 * is behind the int3 then, and KVM does not say that it has the exception
 * (x86.c, kvm_vcpu_ioctl_x86_get_vcpu_events(): "don't report them").
 */
static void add_undelivered(struct vcpu *vcpu)
{
    enum { OPCODE_INT3 = 0xcc };
    uint8_t opcode;

    if (vcpu->debug.no_user_step && x86_cpl(vcpu) == 3 &&
        x86_read(vcpu, vcpu->arch->step.pc - 1, &opcode, 1) == 1 &&
        opcode == OPCODE_INT3)
        add_gate(vcpu, X86_BP, false);
}

static void add_int(struct vcpu *vcpu, uint8_t vector)
{
    add_redirected(vcpu, vector);
    add_gate(vcpu, vector, true);
}

void x86_add_step_targets(struct vcpu *vcpu)
{
    struct x86_step *step = &vcpu->arch->step;
    unsigned traits = x86_step_traits(step);
    uint32_t raises =
        step->insn[0].raises | (step->n_insns > 1 ? step->insn[1].raises : 0);

    if (step->call) {
        add_next(vcpu);
        return;
    }
    if (step->delivery) {
        add_gate(vcpu,
                 step->interrupt ? vcpu->arch->interrupt.vector
                                 : vcpu->arch->pending.vector,
                 true);
        return;
    }
    for (unsigned i = 0; i < step->n_insns; i++)
        if (step->insn[i].traits & INSN_INT)
            add_int(vcpu, step->insn[i].vector);
    if (traits & (INSN_SYSCALL | INSN_SYSENTER))
        add_entry(vcpu, traits);
    add_tasks(vcpu, &step->insn[0]);
    if (traits & (INSN_REPEAT | INSN_NATIVE | INSN_SYSRET | INSN_SYSEXIT))
        add_next(vcpu);
    add_db(vcpu);
    add_undelivered(vcpu);
    /* A host refuses with #UD what it cannot do, in user code above all. */
    if (raises || (vcpu->debug.no_user_step && x86_cpl(vcpu) == 3))
        raises |= X86_VECTOR(X86_UD);
    add_faults(vcpu, raises);
}
