/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_STATE_MSR_H
#define KVM_X86_64_STATE_MSR_H

/*
 * Model-specific registers (Intel SDM 4): any one by its index, and a bank of
 * those that the debugger shows, which costs one ioctl however many they are.
 * For the vCPU's owner.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kvm/vm/types.h"
#include "kvm/x86_64/state/msr_index.h"

enum { X86_MSRS_MAX = 128 }; /* in the bank */

/* "lstar"; NULL for one without a name here. */
const char *x86_msr_name(uint32_t index);

/* One MSR as KVM has it now. -ENOENT: the guest has none of this index. */
int x86_msr_read(struct vcpu *vcpu, uint32_t index, uint64_t *ret);
/* Takes effect at once. -EINVAL: the CPU or KVM refuses the value, or there is
 * no such MSR. */
int x86_msr_write(struct vcpu *vcpu, uint32_t index, uint64_t value);

/* The bank: those of the n indices that the guest has, at most X86_MSRS_MAX.
 * One ioctl, and one more for each that it has not. */
int x86_msr_choose(struct vcpu *vcpu, const uint32_t *index, size_t n);
/* Its value in the bank, which x86_fetch(X86_BANK_MSR) fills; ret may be NULL.
 * False when the MSR is not in the bank. */
bool x86_msr_banked(const struct vcpu *vcpu, uint32_t index, uint64_t *ret);

#endif
