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
 *
 * It must work in every mode, because a guest changes mode under a planted
 * trap.
 */
#include "kvm/core/trap.h"

#include <linux/kvm.h>

#include "kvm/arch_cpu.h"
#include "kvm/arch_run.h"
#include "kvm/probe/types.h"

static bool debug_exit(const struct trap *trap, struct vcpu *vcpu,
                       const struct vcpu_event *event, uint64_t *ret_pc)
{
    (void)trap;
    *ret_pc = arch_pc(vcpu);
    return event->kind == VCPU_EVENT_DEBUG && event->hit.trap;
}

static bool emulation_exit(const struct trap *trap, struct vcpu *vcpu,
                           const struct vcpu_event *event, uint64_t *ret_pc)
{
    *ret_pc = arch_pc(vcpu);
    return event->kind == VCPU_EVENT_EMULATION && event->insn_size > 0 &&
           event->insn[0] == trap->bytes[0];
}

/* Until pc is set back to it the vCPU is halted behind the trap. */
static bool halt_exit(const struct trap *trap, struct vcpu *vcpu,
                      const struct vcpu_event *event, uint64_t *ret_pc)
{
    *ret_pc = arch_pc(vcpu) - (vcpu->halted ? trap->size : 0);
    return event->kind == VCPU_EVENT_HALT;
}

/* An int3 in user code wants a gate of DPL 3; the error code of the #GP names
 * the gate (Intel SDM 3A 6.12.1.2, 6.13). */
enum { REFUSED_BP = BP_VECTOR << 3 | 2 };

/* In order of preference. A hlt is the trap below kvm_amd, which resets a vCPU
 * that shuts down. */
/* clang-format off */
static const struct trap traps[PROBE_TRAPS] = {
    {"int3",  {0xcc}, 1, PROBE_TRAP + 0, BP_VECTOR, 1, false,
     GP_VECTOR, REFUSED_BP, debug_exit},
    {"int3",  {0xcc}, 1, PROBE_TRAP + 1, BP_VECTOR, 1, false,
     GP_VECTOR, REFUSED_BP, emulation_exit},
    {"icebp", {0xf1}, 1, PROBE_TRAP + 2, DB_VECTOR, 1, false,
     0, 0, emulation_exit},
    {"hlt",   {0xf4}, 1, PROBE_TRAP + 3, GP_VECTOR, 0, true,
     0, 0, halt_exit},
};
/* clang-format on */

const struct trap *arch_trap(unsigned i)
{
    return i < PROBE_TRAPS ? &traps[i] : NULL;
}
