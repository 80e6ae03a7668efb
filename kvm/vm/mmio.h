/* SPDX-License-Identifier: MIT */
#ifndef KVM_VM_MMIO_H
#define KVM_VM_MMIO_H

/*
 * An access of a vCPU to guest-physical memory that KVM leaves to us: RAM that
 * is guarded, a device's registers, or nothing. For the vCPU's owner.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kvm/vm/types.h"

/* n bytes at data, 1 to BUS_MAX_SIZE: taken, or filled when it is a read. True:
 * the owner of the guards wants a stop after this instruction. */
bool mmio_access(struct vcpu *vcpu, uint64_t gpa, void *data, unsigned n,
                 bool is_write);

/* For struct dma of the board's devices, whose context is the machine. */
void mmio_tell_dma(void *vm, uint64_t gpa, void *data, size_t n, bool is_write);

#endif
