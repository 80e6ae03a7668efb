/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_STATE_SEGMENT_H
#define KVM_X86_64_STATE_SEGMENT_H

/* Segment registers and the descriptors behind them: Intel SDM 3A 3.4. For the
 * vCPU's owner. */

#include <stdbool.h>
#include <stdint.h>

#include <linux/kvm.h>

struct vcpu;

/* Loads a segment register as the CPU would: real-mode base, or a descriptor
 * from the guest's tables. segment is one of x86_sys()'s. -EINVAL when the
 * selector names no usable descriptor; then nothing is changed. */
int x86_load_segment(struct vcpu *vcpu, struct kvm_segment *segment,
                     uint16_t selector);

/* Can the CPU have that in this segment register (Intel SDM 3C 27.3.1.2)? */
bool x86_segment_fits(struct vcpu *vcpu, const struct kvm_segment *segment,
                      const struct kvm_segment *value);

/* The descriptor of that selector. -EINVAL: the table ends before it, or there
 * is no LDT; -EFAULT: it is not in memory. */
int x86_read_descriptor(struct vcpu *vcpu, uint16_t selector, uint64_t *ret);
/* The same, as a segment register would hold it. */
int x86_read_segment(struct vcpu *vcpu, uint16_t selector,
                     struct kvm_segment *ret);

#endif
