/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_STEP_REFLECT_H
#define KVM_X86_64_STEP_REFLECT_H

/*
 * Debug exceptions that belong to the guest. KVM hands them all over while a
 * debugger is at work; those which the guest made itself are given back to
 * it, before its next instruction, as its CPU would have delivered them.
 */

#include <stdbool.h>
#include <stdint.h>

#include "kvm/x86_64/step/types.h"

struct vcpu;
struct kvm_vcpu_events;

/* A #DB with these causes is due before the next instruction. */
void x86_pend_db(struct vcpu *vcpu, uint64_t dr6);

/* Which of the hit conditions in dr6 are breakpoints that the guest has
 * enabled itself. */
uint64_t x86_own_hits(struct vcpu *vcpu, uint64_t dr6);

/* The pending exception becomes state: DR6 now (marked to be flushed), the
 * exception itself as the returned control bits of a KVM_SET_GUEST_DEBUG that
 * must follow all other writes. */
uint32_t x86_deliver(struct vcpu *vcpu);
/* KVM has no exception any more; events is what it has otherwise. -errno. */
int x86_forget_exception(struct vcpu *vcpu, struct kvm_vcpu_events *events);
/* The vCPU was kicked in a step that was to deliver it: if KVM has not done so,
 * it is pending again. */
void x86_undeliver(struct vcpu *vcpu);
/* A kick can come when KVM has a #DB and has not delivered it. True: there was
 * one, and KVM has forgotten it. */
bool x86_drop_db(struct vcpu *vcpu);
/* ... which is the guest's own: it is due before the next instruction. */
void x86_reclaim_db(struct vcpu *vcpu);

#endif
