/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_FAULT_EXPLAIN_WORDS_H
#define KVM_X86_64_FAULT_EXPLAIN_WORDS_H

/* Vectors, selectors and error codes in words. */

#include <stddef.h>
#include <stdint.h>

#include "kvm/arch_fault.h"

enum fault_class x86_fault_class(int vector);

/* "vector 14, page fault (#PF)"; never NULL, and for every number. */
const char *x86_vector_name(int vector);

/* What a selector names: "selector 0x48 (GDT entry 9): the GDT ends at 0x27".
 */
void x86_describe_selector(struct vcpu *vcpu, uint16_t selector, char *text,
                           size_t cap);

/* What the vector's error code says (Intel SDM 3A 6.13, 4.7), "" if nothing. */
void x86_describe_code(struct vcpu *vcpu, unsigned vector, uint64_t code,
                       char *text, size_t cap);

#endif
