/* SPDX-License-Identifier: MIT */
#ifndef KVM_PROBE_TRAP_H
#define KVM_PROBE_TRAP_H

/*
 * How does this host trap? KVM accepts a software breakpoint everywhere, but
 * what then happens differs from host to host, so the probe is asked. The
 * answer is one instruction to plant that leaves the guest in each of its
 * kernel's CPU modes, and how its exit is recognised.
 */

#include "kvm/core/trap.h"
#include "kvm/probe/types.h"

/* The trap instruction of this host. Never fails: size 0 says that nothing
 * works. The scratch VM is given back. */
const struct trap *trap_of_host(struct probe *probe);

/* Does the one that debuggers write leave the guest in the mode in which the
 * vCPU's kernel runs now (or in user code, wherever the vCPU is)? The scratch
 * VM is not given back. */
bool trap_written_exits(struct probe *probe, struct vcpu *vcpu);
bool trap_written_exits_user(struct probe *probe);

#endif
