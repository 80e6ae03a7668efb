/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_STEP_TARGETS_H
#define KVM_X86_64_STEP_TARGETS_H

struct vcpu;

/* Fills in where the decoded instruction may land. */
void x86_add_step_targets(struct vcpu *vcpu);

#endif
