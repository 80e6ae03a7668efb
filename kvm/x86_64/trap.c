/* SPDX-License-Identifier: MIT */
/*
 * Which one-byte instruction leaves the guest on this host?
 *
 *   int3   exits as a debug exception on VMX and SVM. Where KVM emulates
 *          kernel code (kvm_pvm) it is an emulation failure in 32 and 64 bit
 *          and goes to the guest in real mode.
 *   icebp  is an emulation failure there in every mode.
 *   hlt    exits wherever KVM has no interrupt controller, and only at CPL0;
 *          the one that is left where a hypervisor ignores the int3
 *          intercept (QEMU's TCG below kvm_amd).
 */
#include "kvm/trap.h"

#include <string.h>

#include "kvm/arch.h"
#include "kvm/vm.h"
#include "kvm/x86_64/state.h"

typedef bool exit_test(struct vcpu *vcpu, const struct vcpu_event *event,
                       uint8_t opcode, uint64_t *ret_pc);

static bool debug_exit(struct vcpu *vcpu, const struct vcpu_event *event,
                       uint8_t opcode, uint64_t *ret_pc)
{
    (void)opcode;
    *ret_pc = arch_pc(vcpu);
    return event->kind == VCPU_EVENT_DEBUG && event->hit.trap;
}

static bool emulation_exit(struct vcpu *vcpu, const struct vcpu_event *event,
                           uint8_t opcode, uint64_t *ret_pc)
{
    *ret_pc = arch_pc(vcpu);
    return event->kind == VCPU_EVENT_EMULATION && event->insn_size > 0 &&
           event->insn[0] == opcode;
}

static bool halt_exit(struct vcpu *vcpu, const struct vcpu_event *event,
                      uint8_t opcode, uint64_t *ret_pc)
{
    (void)opcode;
    *ret_pc = arch_pc(vcpu) - 1;
    return event->kind == VCPU_EVENT_HALT;
}

/* In order of preference. */
/* clang-format off */
static const struct candidate {
    struct trap trap;
    exit_test *is_exit;
} candidates[] = {
    {{"int3",  {0xcc}, 1}, debug_exit},
    {{"int3",  {0xcc}, 1}, emulation_exit},
    {{"icebp", {0xf1}, 1}, emulation_exit},
    {{"hlt",   {0xf4}, 1}, halt_exit},
};
/* clang-format on */

static const struct candidate nothing = {{"none", {0}, 0}, NULL};
static const struct candidate *chosen;

/* --- the experiment --- */

enum {
    SCRATCH_MEMORY = 0x40000,
    CODE_AT = 0x1000,
    TRAP_AT = CODE_AT + 1,
    HANDLER_AT = 0x1100,
    NOP = 0x90,
    HLT = 0xf4,
};

/* `nop; trap`, and real-mode handlers that end at once. */
static void write_code(struct vm *vm, uint8_t opcode)
{
    uint8_t *ram = mem_ptr(&vm->mem, 0, SCRATCH_MEMORY);

    memset(ram, 0, SCRATCH_MEMORY);
    for (size_t vector = 0; vector < 256; vector++) {
        ram[4 * vector] = HANDLER_AT & 0xff;
        ram[4 * vector + 1] = HANDLER_AT >> 8;
    }
    memset(ram + CODE_AT, HLT, 16);
    ram[CODE_AT] = NOP;
    ram[TRAP_AT] = opcode;
    ram[HANDLER_AT] = HLT;
}

static bool works_in(struct vm *vm, const struct candidate *candidate,
                     enum cpu_mode mode)
{
    const struct image image = {
        .kind = IMAGE_FLAT, .mode = mode, .entry = CODE_AT, .high = CODE_AT};
    struct vcpu *vcpu = &vm->vcpu[0];
    struct vcpu_event event;
    uint64_t pc;

    write_code(vm, candidate->trap.bytes[0]);
    if (vm_boot(vm, &image, NULL) < 0)
        return false;
    vcpu->debug = (struct debug_state){.traps = true};
    if (vcpu_run(vcpu, &event) < 0)
        return false;
    return candidate->is_exit(vcpu, &event, candidate->trap.bytes[0], &pc) &&
           pc == TRAP_AT;
}

static bool works(struct vm *vm, const struct candidate *candidate)
{
    return works_in(vm, candidate, CPU_MODE_LONG) &&
           works_in(vm, candidate, CPU_MODE_PROT) &&
           works_in(vm, candidate, CPU_MODE_REAL);
}

static void discard(void *context, const char *text, size_t n)
{
    (void)context;
    (void)text;
    (void)n;
}

static const struct candidate *choose(void)
{
    const struct vm_config config = {
        .memory = SCRATCH_MEMORY, .n_vcpus = 1, .console = {discard, NULL}};
    const struct candidate *best = &nothing;
    struct vm vm;

    if (vm_create(&vm, &config, NULL) < 0)
        return best;
    for (size_t i = 0; i < sizeof candidates / sizeof candidates[0]; i++) {
        if (works(&vm, &candidates[i])) {
            best = &candidates[i];
            break;
        }
    }
    vm_destroy(&vm);
    return best;
}

static const struct candidate *choice(void)
{
    if (!chosen)
        chosen = choose();
    return chosen;
}

const struct trap *trap_of_host(void)
{
    return &choice()->trap;
}

bool trap_exit(struct vcpu *vcpu, const struct vcpu_event *event,
               uint64_t *ret_pc)
{
    const struct candidate *candidate = choice();

    return candidate->is_exit &&
           candidate->is_exit(vcpu, event, candidate->trap.bytes[0], ret_pc);
}
