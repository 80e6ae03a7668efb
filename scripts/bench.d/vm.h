/* SPDX-License-Identifier: MIT */
#ifndef BENCH_VM_H
#define BENCH_VM_H

/*
 * KVM with nothing around it: the least that a step can cost on this host.
 */

#include <stddef.h>
#include <stdint.h>

#include "scripts/bench.d/guest.h"

struct kvm_run;

struct vm {
    int kvm, vm, vcpu;
    uint8_t *ram;
    struct kvm_run *run;
    size_t run_size;
};

#define VM_NONE ((struct vm){-1, -1, -1, NULL, NULL, 0})

/* A VM with one vCPU about to execute the guest's first instruction. */
int vm_open(struct vm *vm, enum guest_mode mode);
/* Fine on VM_NONE. */
void vm_close(struct vm *vm);
/* One instruction: KVM_SET_GUEST_DEBUG and KVM_RUN. */
int vm_step(struct vm *vm);
/* From now on each write to the guest's page is an exit. */
int vm_guard(struct vm *vm);
/* So many of these exits, each write carried out. */
int vm_run_guarded(struct vm *vm, unsigned writes);

#endif
