/* SPDX-License-Identifier: MIT */
#ifndef KVM_TRAP_H
#define KVM_TRAP_H

/*
 * How does this host trap? KVM accepts a software breakpoint everywhere, but
 * what then happens differs from host to host, so it is measured in a scratch
 * VM and not assumed. The answer is one instruction to plant that leaves the
 * guest in each CPU mode, and how its exit is recognised.
 */

#include <stdbool.h>
#include <stdint.h>

#include "kvm/vcpu.h"

enum { TRAP_MAX_BYTES = 4 };

struct trap {
    const char *name; /* "int3", "icebp"; for people */
    uint8_t bytes[TRAP_MAX_BYTES];
    unsigned size; /* bytes; 0: nothing traps, use debug registers */
};

/* The trap instruction of this host; measured at the first call (about a
 * millisecond for each thing tried), then remembered. Never fails: size 0 says
 * that nothing works. Not for several threads at once. */
const struct trap *trap_of_host(void);

/* Is this event the exit of a trap instruction? Then *ret_pc is where it
 * would have to be planted. */
bool trap_exit(struct vcpu *vcpu, const struct vcpu_event *event,
               uint64_t *ret_pc);

#endif
