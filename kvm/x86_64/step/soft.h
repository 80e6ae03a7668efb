/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_STEP_SOFT_H
#define KVM_X86_64_STEP_SOFT_H

/*
 * Steps between kernel and user code that are done here and not by KVM, for a
 * host that runs user code without stepping it (kvm_pvm). There a step over
 * iretq ends one instruction late, in the user code, one over syscall anywhere
 * in the kernel, and one over sysretq never.
 */

#include <stdbool.h>

#include "kvm/vm/types.h"
#include "kvm/x86_64/insn/insn.h"

/* Does what the instruction at pc does, to the cached registers, if that is an
 * iretq or sysretq to user code or a syscall from it, 64-bit on both sides, and
 * cannot fault. False: it is not that; nothing was changed. */
bool x86_soft_step(struct vcpu *vcpu, const struct insn *insn);

/*
 * An INT in real mode with a vector from 0x80 on, on any host: KVM's emulator
 * takes the vector for a negative number and looks for its entry below the
 * table (emulate.c, decode_imm() sign-extends the SrcImmByte of em_int(); seen
 * on kvm_pvm). False as above.
 */
bool x86_soft_int(struct vcpu *vcpu, const struct insn *insn);

#endif
