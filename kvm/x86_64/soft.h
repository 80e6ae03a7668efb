/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_SOFT_H
#define KVM_X86_64_SOFT_H

/*
 * The one step that is done here and not by KVM: from kernel to user code on a
 * host that runs user code without stepping it (kvm_pvm). There the step would
 * end one instruction late, in the user code.
 */

#include <stdbool.h>

#include "kvm/vcpu.h"
#include "kvm/x86_64/insn.h"

/* Does what the IRETQ at pc does, to the cached registers, if it returns from
 * 64-bit kernel code to 64-bit user code and cannot fault. False: it is not
 * that; nothing was changed. */
bool x86_soft_iret(struct vcpu *vcpu, const struct insn *insn);

#endif
