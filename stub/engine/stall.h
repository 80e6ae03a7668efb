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

#include <stdbool.h>
#include <stdint.h>

#include "kvm/vm/types.h"

struct debugger;

enum { STALL_HOT = 64 };

struct stall {
    bool trial;     /* the next entry is that step */
    bool steps;     /* one of many has been made since the last kick */
    unsigned kicks; /* in a row that found a step where it had begun */
    int64_t since;  /* ns of the thread's CPU time at the first of them */
    unsigned hot;   /* ticks that may find the same soon again: STALL_HOT if
                       this one has */
};

/* After an entry of the vCPU: an event that is a kick may become one that is a
 * stall. */
void stall_judge(struct debugger *d, struct vcpu *vcpu,
                 struct vcpu_event *event);

#endif
