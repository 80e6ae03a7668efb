/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_FAULT_EXPLAIN_DELIVERY_H
#define KVM_X86_64_FAULT_EXPLAIN_DELIVERY_H

#include <stddef.h>

struct vcpu;

/* Why a vector cannot be delivered, or "" when it seems that it can. */
void x86_explain_delivery(struct vcpu *vcpu, int vector, char *text,
                          size_t cap);

#endif
