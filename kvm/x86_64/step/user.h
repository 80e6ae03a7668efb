/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_STEP_USER_H
#define KVM_X86_64_STEP_USER_H

/*
 * Steps that end in user code, on a host that runs it without stepping it
 * (kvm_pvm). There the CPU's #DB goes to the guest: to its handler, where a
 * target waits; without a handler to that of the double fault; and without
 * that the vCPU shuts down, with the registers of the user code. Each is taken
 * back, and so are the traces: the frame, DR6, CR2. For the vCPU's owner.
 */

#include <stdbool.h>

#include "kvm/vm/types.h"
#include "kvm/x86_64/state/frame.h"

struct step_target;

/* Before such a step, when its step targets are known. */
void x86_user_step_begin(struct vcpu *vcpu);

/* At a target with this frame: was it the step's own #DB? */
bool x86_user_step_is_frame(struct vcpu *vcpu, const struct step_target *target,
                            const struct x86_frame *frame);
/* Then: back to user code, behind the stepped instruction. */
void x86_user_step_return(struct vcpu *vcpu, const struct x86_frame *frame);

/* Was this shutdown the step's own #DB? */
bool x86_user_step_shutdown(struct vcpu *vcpu, const struct vcpu_event *event);

/* Did this kick come when the step was done and its #DB on the way? Then that
 * goes no further. */
bool x86_user_step_kicked(struct vcpu *vcpu, const struct vcpu_event *event);

/* After it, however it ended: what was taken away for it is as it was. */
void x86_user_step_end(struct vcpu *vcpu);

#endif
