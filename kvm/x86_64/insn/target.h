/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_INSN_TARGET_H
#define KVM_X86_64_INSN_TARGET_H

/*
 * Where an instruction leads that loads CS, as things are: far jumps and calls
 * and IRET (Intel SDM 2), not through gates. For the vCPU's owner.
 */

#include <stdbool.h>
#include <stdint.h>

#include "kvm/vm/types.h"
#include "kvm/x86_64/insn/insn.h"

struct x86_target {
    uint64_t gva; /* linear */
    bool user64;  /* 64-bit code at level 3 */
};

/* The selector:offset of an INSN_FAR; from memory, if need be. */
bool x86_far_pointer(struct vcpu *vcpu, const struct insn *insn,
                     uint16_t *ret_selector, uint64_t *ret_offset);

/* False: it is no such instruction, or what it reads is not there. */
bool x86_target(struct vcpu *vcpu, const struct insn *insn,
                struct x86_target *ret);

#endif
