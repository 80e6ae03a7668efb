/* SPDX-License-Identifier: MIT */
#ifndef KVM_VM_DESCRIBE_H
#define KVM_VM_DESCRIBE_H

/* What has happened to a vCPU, in words; for its owner. */

#include "kvm/vm/types.h"

/* A sentence in plain English, at most cap bytes with its NUL. */
void vcpu_event_describe(struct vcpu *vcpu, const struct vcpu_event *event,
                         char *text, size_t cap);

#endif
