/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_COMPLETE_TYPES_H
#define KVM_X86_64_COMPLETE_TYPES_H

/* An instruction that is executed here, because KVM cannot. Types alone. */

#include <stdbool.h>
#include <stdint.h>

#include "kvm/vm/types.h"
#include "kvm/x86_64/insn/decoder.h"
#include "kvm/x86_64/insn/mode.h"
#include "kvm/x86_64/insn/operand.h"

/* At pc, at level 0. */
struct complete {
    struct vcpu *vcpu;
    enum insn_mode mode;
    uint8_t bytes[VCPU_INSN_MAX];
    size_t n_bytes;
    bool is_undefined; /* #UD, on every CPU; then nothing else is known */
    ZydisDecodedInstruction insn;
    ZydisDecodedOperand op[ZYDIS_MAX_OPERAND_COUNT];
    struct operand access[ARCH_ACCESSES];
    unsigned n_accesses;
};

#endif
