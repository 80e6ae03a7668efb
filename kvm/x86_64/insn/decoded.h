/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_INSN_DECODED_H
#define KVM_X86_64_INSN_DECODED_H

/* The instruction at pc, decoded once for all who look into it. */

#include "kvm/vm/types.h"
#include "kvm/x86_64/insn/decoder.h"
#include "kvm/x86_64/insn/operand.h"

struct decoded {
    enum insn_mode mode;
    uint8_t bytes[VCPU_INSN_MAX];
    size_t n_bytes; /* that could be read */
    ZyanStatus status;
    ZydisDecodedInstruction insn; /* if status is a success */
    ZydisDecodedOperand op[ZYDIS_MAX_OPERAND_COUNT];
    struct operand access[ARCH_ACCESSES];
    unsigned n_accesses;
};

void x86_decode(struct vcpu *vcpu, struct decoded *ret);

#endif
