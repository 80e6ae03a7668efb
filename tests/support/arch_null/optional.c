/* SPDX-License-Identifier: MIT */
/* The optional groups, each as if there were none until null_cpu says so. */
#include <stdio.h>

#include "kvm/arch_boot.h"
#include "kvm/arch_run.h"
#include "kvm/core/mem.h"
#include "tests/support/arch_null/cpu.h"

static uint8_t opcode_at(struct vcpu *vcpu)
{
    uint8_t opcode = 0;

    (void)mem_read(&vcpu->vm->mem, vcpu->arch->pc % NULL_RAM, &opcode, 1);
    return opcode;
}

/* --- interrupts --- */

const struct arch_interrupt_ops *const arch_interrupt = NULL;

/* --- wider addresses --- */

static bool is_wide(struct vcpu *vcpu)
{
    return !null_cpu.width || vcpu->arch->wide;
}

static bool is_widening(struct vcpu *vcpu)
{
    return null_cpu.width && vcpu->arch->widening;
}

static int tell(struct vm *vm, bool on)
{
    (void)vm;
    null_cpu.told = on;
    return 0;
}

static const struct arch_width_ops width_ops = {is_wide, is_widening, tell};
const struct arch_width_ops *const arch_width = &width_ops;

/* --- an emulator that loses accesses --- */

static bool stacks_now(struct vcpu *vcpu)
{
    return null_cpu.emulator && opcode_at(vcpu) == I_POP;
}

/* The last value, at the lowest address, is the one that was stored. The stack
 * is where its gva leads to, which is not the gpa. */
static unsigned lost_stores(struct vcpu *vcpu, uint64_t gpa, const void *data,
                            size_t n, struct arch_store ret[ARCH_STORES])
{
    struct vcpu_arch *arch = vcpu->arch;
    unsigned lost = 0;

    (void)data;
    if (!null_cpu.emulator || n != 1 || gpa != arch->pushed.at)
        return 0;
    while (lost + 1 < arch->pushed.n && lost < ARCH_STORES) {
        ret[lost] =
            (struct arch_store){.gva = (uint64_t)NULL_ALIAS + arch->pushed.at +
                                       arch->pushed.n - 1u - lost,
                                .value = (uint8_t)(arch->pushed.first + lost),
                                .size = 1};
        lost++;
    }
    return lost;
}

static void pops_begin(struct vcpu *vcpu, struct arch_pops *ret)
{
    vcpu->arch->popping = true;
    *ret = (struct arch_pops){.at = vcpu->arch->sp, .width = 1, .n = 1};
}

/* The first value was counted twice. */
static bool pops_end(struct vcpu *vcpu, const struct arch_pops *pops,
                     struct arch_access *ret)
{
    struct vcpu_arch *arch = vcpu->arch;

    null_cpu.mistakes += !arch->popping;
    arch->popping = false;
    if (!arch->popped_wrong)
        return false;
    arch->popped_wrong = false;
    arch->sp--;
    (void)mem_read(&vcpu->vm->mem, arch->sp - 1u, &arch->a, 1);
    *ret = (struct arch_access){
        .gva = pops->at, .size = arch->sp - pops->at, .read = true};
    return true;
}

static const struct arch_emulator_ops emulator_ops = {stacks_now, lost_stores,
                                                      pops_begin, pops_end};
const struct arch_emulator_ops *const arch_emulator = &emulator_ops;

/* --- a firmware --- */

static bool is_there(struct vcpu *vcpu, uint64_t gva)
{
    (void)vcpu;
    return null_cpu.firmware && gva >= NULL_FIRMWARE && gva < NULL_HANDLERS;
}

static bool undo_call(struct vcpu *vcpu, struct fault *ret)
{
    struct vcpu_arch *arch = vcpu->arch;

    if (!null_cpu.firmware || !arch->asked_at)
        return false;
    *ret = (struct fault){.kind = arch->a ? FAULT_INPUT : FAULT_CALL};
    (void)snprintf(ret->text, sizeof ret->text, "the firmware has it not");
    arch->pc = arch->asked_at;
    vcpu->halted = false;
    return true;
}

static const struct arch_firmware_ops firmware_ops = {is_there, undo_call};
const struct arch_firmware_ops *const arch_firmware = &firmware_ops;
