/* SPDX-License-Identifier: MIT */
#ifndef STUB_ENGINE_STALL_H
#define STUB_ENGINE_STALL_H

/*
 * A guest that KVM gets nowhere with. KVM begins some instructions anew without
 * end and says nothing of it (kvm/x86_64/step/stall.h). So a vCPU that was
 * kicked where it was entered, at an instruction that cannot lead to itself, is
 * stepped once: that shows whether it moves, and carries out what the step does
 * better than KVM. Where not even the step comes back, it is the time that the
 * vCPU has computed in vain that tells.
 */

#include "stub/engine/types.h"

/* After an entry of the vCPU: an event that is a kick may become one that is a
 * stall. */
void stall_judge(struct engine *e, struct thread *t, struct vcpu_event *event);

#endif
