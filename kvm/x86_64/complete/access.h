/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_COMPLETE_ACCESS_H
#define KVM_X86_64_COMPLETE_ACCESS_H

/* Guest memory as an instruction at level 0 may use it. For the vCPU's owner.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vcpu;

enum access {
    ACCESS_FINE,
    ACCESS_FAULT, /* the CPU would raise a page fault */
    ACCESS_AWAY,  /* not RAM, or guarded: who cares for that must see it */
};

struct access_fault {
    uint64_t gva;
    uint32_t code; /* of the page fault */
};

/* All n bytes; *ret is of the first that may not be accessed. */
enum access x86_may_access(struct vcpu *vcpu, uint64_t gva, size_t n,
                           bool write, struct access_fault *ret);

/* They were accessed: what the CPU writes into the entries of their pages
 * and of the tables above (Intel SDM 3A 4.8). */
void x86_mark_access(struct vcpu *vcpu, uint64_t gva, size_t n, bool write);

#endif
