/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_FAULT_EXPLAIN_WORDS_H
#define KVM_X86_64_FAULT_EXPLAIN_WORDS_H

/* Selectors and error codes in words; vectors: kvm/x86_64/insn/vector.h. */

#include <stddef.h>
#include <stdint.h>

#include "kvm/vm/types.h"

/* What a selector names: "selector 0x48 (GDT entry 9): the GDT ends at 0x27".
 */
void x86_describe_selector(struct vcpu *vcpu, uint16_t selector, char *text,
                           size_t cap);

/* What the vector's error code says (Intel SDM 3A 6.13, 4.7), "" if nothing. */
void x86_describe_code(struct vcpu *vcpu, unsigned vector, uint64_t code,
                       char *text, size_t cap);

#endif
