/* SPDX-License-Identifier: MIT */
/*
 * Steps, as kvm/arch_run.h has them. Usually they are the machine's; a CPU
 * without steps in hardware waits with a trap wherever the instruction may
 * lead, as some architectures must.
 */
#include "kvm/arch_fault.h"
#include "kvm/arch_run.h"
#include "kvm/core/mem.h"
#include "kvm/core/trap.h"
#include "tests/support/arch_null/cpu.h"

static uint8_t *byte_at(struct vcpu *vcpu, uint64_t gva)
{
    uint64_t gpa;
    uint64_t run;

    return arch_translate(vcpu, gva, &gpa, &run) < 0
               ? NULL
               : mem_ptr(&vcpu->vm->mem, gpa, 1);
}

/* --- where it may lead --- */

static void add_target(struct vcpu *vcpu, uint64_t gva)
{
    struct null_step *step = &vcpu->arch->step;

    if (gva != step->from && byte_at(vcpu, gva))
        step->target[step->n++].gva = gva;
}

/* Its handler, or that of its having none. */
static void add_handler(struct vcpu *vcpu, unsigned vector)
{
    uint64_t gva;

    if (arch_handler(vcpu, vector, &gva) == 0 ||
        arch_handler(vcpu, NULL_DOUBLE, &gva) == 0)
        add_target(vcpu, gva);
}

static void add_targets(struct vcpu *vcpu, uint64_t pc)
{
    uint8_t opcode = *byte_at(vcpu, pc);
    uint8_t operand = *byte_at(vcpu, pc + 1);
    uint64_t address = operand | (unsigned)*byte_at(vcpu, pc + 2) << 8;

    switch (opcode) {
    case I_LOOP:
        add_target(vcpu, pc + null_insn_size(opcode));
        add_target(vcpu, address);
        break;
    case I_JMP:
        add_target(vcpu, address);
        break;
    case I_FAR:
        add_target(vcpu, NULL_UPPER + address);
        break;
    case I_RAISE:
    case I_CODE:
    case I_CALL:
        add_handler(vcpu, operand);
        break;
    case I_BACK:
        add_target(vcpu, vcpu->arch->raised.back);
        break;
    case I_ASK:
        add_target(vcpu, NULL_FIRMWARE + (uint64_t)operand);
        break;
    default:
        add_target(vcpu, pc + null_insn_size(opcode));
    }
}

/* --- traps there --- */

/* A breakpoint's trap does as well. */
static void plant(struct vcpu *vcpu)
{
    struct null_step *step = &vcpu->arch->step;
    uint8_t trap = vcpu->debug.trap->bytes[0];

    for (unsigned i = 0; i < step->n; i++) {
        uint8_t *byte = byte_at(vcpu, step->target[i].gva);

        step->target[i].planted = *byte != trap;
        step->target[i].beneath = *byte;
        *byte = trap;
    }
}

/* Unless the instruction has stored there. */
static void pull(struct vcpu *vcpu)
{
    struct null_step *step = &vcpu->arch->step;

    for (unsigned i = step->n; i-- > 0;) {
        uint8_t *byte = byte_at(vcpu, step->target[i].gva);

        if (step->target[i].planted && *byte == vcpu->debug.trap->bytes[0])
            *byte = step->target[i].beneath;
    }
}

/* It has come to one, and is put back to it if the trap exits behind. */
static bool is_at_target(struct vcpu *vcpu, const struct vcpu_event *event)
{
    const struct null_step *step = &vcpu->arch->step;
    uint64_t pc;

    if (!trap_exit(vcpu->debug.trap, vcpu, event, &pc))
        return false;
    for (unsigned i = 0; i < step->n; i++) {
        if (step->target[i].gva != pc)
            continue;
        vcpu->arch->pc = pc;
        return true;
    }
    return false;
}

/* --- kvm/arch_run.h --- */

static void report_done(struct vcpu_event *event)
{
    *event = (struct vcpu_event){
        .kind = VCPU_EVENT_DEBUG, .hit = {.step = true}, .stepped = true};
}

bool arch_step_needs_trap(struct vcpu *vcpu)
{
    return null_cpu.no_step || vcpu->arch->own_points ||
           (vcpu->debug.no_user_step && null_cpu.privileges);
}

bool arch_step_plants(struct vcpu *vcpu)
{
    return vcpu->debug.step && null_cpu.no_step && vcpu->debug.trap->size;
}

bool arch_step_begin(struct vcpu *vcpu, struct vcpu_event *event)
{
    struct null_step *step = &vcpu->arch->step;
    uint64_t pc = arch_pc(vcpu);

    *step = (struct null_step){.on = arch_step_plants(vcpu), .from = pc};
    if (!step->on || !byte_at(vcpu, pc) || !byte_at(vcpu, pc + 2))
        return false;
    add_targets(vcpu, pc);
    if (!step->n && *byte_at(vcpu, pc) == I_JMP) { /* to itself */
        step->on = false;
        report_done(event);
        return true;
    }
    plant(vcpu);
    return false;
}

/* Of the instruction that would be next. */
static bool is_breakpoint(const struct vcpu *vcpu,
                          const struct vcpu_event *event)
{
    return event->hit.hw &&
           vcpu->debug.hw[__builtin_ctz(event->hit.hw)].kind == HW_EXEC;
}

/* What it was watched at, and a kick, come behind the instruction, too. */
bool arch_step_end(struct vcpu *vcpu, struct vcpu_event *event)
{
    struct null_step *step = &vcpu->arch->step;
    uint64_t pc = arch_pc(vcpu);
    bool done = step->on && pc != step->from;

    if (step->on)
        pull(vcpu);
    step->on = false;
    if (done && (event->kind == VCPU_EVENT_KICK || is_breakpoint(vcpu, event) ||
                 is_at_target(vcpu, event))) {
        report_done(event);
    } else if (done && (event->kind == VCPU_EVENT_GUARD || event->hit.hw)) {
        event->stepped = event->hit.step = true;
    }
    return false;
}

bool arch_step_runs(struct vcpu *vcpu)
{
    return vcpu->arch->step.on;
}
