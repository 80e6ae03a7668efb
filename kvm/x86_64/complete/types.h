/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_COMPLETE_TYPES_H
#define KVM_X86_64_COMPLETE_TYPES_H

/* An instruction that is executed here, because KVM cannot. Types alone. */

#include <stdbool.h>
#include <stdint.h>

#include "kvm/vm/types.h"
#include "kvm/x86_64/insn/decoded.h"

/* At pc, at level 0. */
struct complete {
    struct vcpu *vcpu;
    struct decoded at;
    bool is_undefined; /* #UD, on every CPU; then nothing else is known */
};

#endif
