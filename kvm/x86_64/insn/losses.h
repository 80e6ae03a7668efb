/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_INSN_LOSSES_H
#define KVM_X86_64_INSN_LOSSES_H

/* The parts of struct arch_emulator_ops. */

#include "kvm/arch_run.h"

bool x86_stacks_now(struct vcpu *vcpu);
unsigned x86_lost_stores(struct vcpu *vcpu, uint64_t gpa, const void *data,
                         size_t n, struct arch_store ret[ARCH_STORES]);
void x86_pops_begin(struct vcpu *vcpu, struct arch_pops *ret);
bool x86_pops_end(struct vcpu *vcpu, const struct arch_pops *pops,
                  struct arch_access *ret);

#endif
