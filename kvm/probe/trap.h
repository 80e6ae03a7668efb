/* SPDX-License-Identifier: MIT */
#ifndef KVM_PROBE_TRAP_H
#define KVM_PROBE_TRAP_H

/*
 * How does this host trap? KVM accepts a software breakpoint everywhere, but
 * what then happens differs from host to host, so the probe is asked. The
 * answer is one instruction to plant that leaves the guest in each of its
 * kernel's CPU modes, and how its exit is recognised.
 */

#include <stdbool.h>
#include <stdint.h>

#include "kvm/probe/probe.h"
#include "kvm/vm/vcpu.h"

enum { TRAP_MAX_BYTES = 4 };

struct trap {
    const char *name; /* "int3", "icebp"; for people */
    uint8_t bytes[TRAP_MAX_BYTES];
    unsigned size; /* bytes; 0: nothing traps, use debug registers */
    enum probe_feature feature; /* the probe's question about it */
    /* Where the guest's user code raises an exception with it instead: which,
     * and how far behind the trap its frame then is. */
    unsigned user_vector, user_after;
    bool user_is_end; /* without a handler: the vCPU is reset then */
    /* Where the guest's table does not grant user code that vector: this one
     * instead, with this error code and a frame that is at the trap. 0: it is
     * not asked for a grant. */
    unsigned refused_vector, refused_code;
    bool (*is_exit)(const struct trap *trap, struct vcpu *vcpu,
                    const struct vcpu_event *event, uint64_t *ret_pc);
};

/* The trap instruction of this host. Never fails: size 0 says that nothing
 * works. The scratch VM is given back. */
const struct trap *trap_of_host(struct probe *probe);

/*
 * The instruction that debuggers write into memory themselves, as a CPU's maker
 * meant it: int3 on x86. It traps as the CPU's manual says, which leaves the
 * guest on some hosts and in some CPU modes only.
 */
const struct trap *trap_written(void);
/* Does it leave the guest in the mode in which the vCPU's kernel runs now (or
 * in user code, wherever the vCPU is)? The scratch VM is not given back. */
bool trap_written_exits(struct probe *probe, struct vcpu *vcpu);
bool trap_written_exits_user(struct probe *probe);
/* Is this event its exit? The vCPU is then at it. */
bool trap_written_exit(struct vcpu *vcpu, const struct vcpu_event *event);

/* Is this event the exit of a trap instruction? Then *ret_pc is where it
 * would have to be planted. */
bool trap_exit(const struct trap *trap, struct vcpu *vcpu,
               const struct vcpu_event *event, uint64_t *ret_pc);

#endif
