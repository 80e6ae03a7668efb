/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_STATE_LINEAR_H
#define KVM_X86_64_STATE_LINEAR_H

/*
 * Guest memory by linear address, through the vCPU's page tables, without an
 * ioctl. For the vCPU's owner.
 */

#include <stddef.h>
#include <stdint.h>

#include "kvm/vm/types.h"

/* How many of the n bytes at gva could be read, from the first one on. */
size_t x86_read(struct vcpu *vcpu, uint64_t gva, void *out, size_t n);

/* All n bytes, 1 to a page, or -EFAULT and none of them. To where the addresses
 * led before, even when the bytes change page tables. */
int x86_write(struct vcpu *vcpu, uint64_t gva, const void *data, size_t n);

/* One byte of RAM, or NULL when gva leads to none. */
uint8_t *x86_byte(struct vcpu *vcpu, uint64_t gva);

/* size bytes, little endian, at most 8; 0 or -EFAULT. */
int x86_read_number(struct vcpu *vcpu, uint64_t gva, unsigned size,
                    uint64_t *ret);

/* In 64-bit code, with the page tables' levels as they are. */
bool x86_is_canonical(struct vcpu *vcpu, uint64_t gva);

/* The n lowest bytes of a value, 1 to 8. */
static inline uint64_t x86_low_bytes(uint64_t value, unsigned n)
{
    return value & UINT64_MAX >> (64 - 8 * n);
}

/* The linear address of what is offset bytes above the top of the stack. */
uint64_t x86_stack(struct vcpu *vcpu, uint64_t offset);
/* Makes gva that top, as instructions would: what is above SP in a 16-bit stack
 * stays. -EINVAL when SS does not reach it. The caller marks the change. */
int x86_set_stack(struct vcpu *vcpu, uint64_t gva);

#endif
