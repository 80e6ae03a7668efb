/* SPDX-License-Identifier: MIT */
#ifndef KVM_VM_VCPU_H
#define KVM_VM_VCPU_H

/* One virtual CPU is made and destroyed, by kvm/vm/vm.c. */

#include "kvm/core/diag.h"
#include "kvm/vm/types.h"

int vcpu_create(struct vcpu *vcpu, struct vm *vm, unsigned index,
                struct diag *diag);
void vcpu_destroy(struct vcpu *vcpu);

#endif
