/* SPDX-License-Identifier: MIT */
#ifndef KVM_CORE_TRAP_H
#define KVM_CORE_TRAP_H

/*
 * A trap: an instruction that is planted to stop the guest, and how its exit is
 * recognised. Which of them this host needs: kvm/probe/trap.h.
 */

#include <stdbool.h>
#include <stdint.h>

struct vcpu;
struct vcpu_event;

enum { TRAP_MAX_BYTES = 4 };

struct trap {
    const char *name; /* "int3", "icebp"; for people */
    uint8_t bytes[TRAP_MAX_BYTES];
    unsigned size;    /* bytes; 0: nothing traps, use debug registers */
    unsigned feature; /* the probe's question about it */
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

/* Is this event the exit of a trap instruction? Then *ret_pc is where it
 * would have to be planted. */
static inline bool trap_exit(const struct trap *trap, struct vcpu *vcpu,
                             const struct vcpu_event *event, uint64_t *ret_pc)
{
    return trap->is_exit && trap->is_exit(trap, vcpu, event, ret_pc);
}

#endif
