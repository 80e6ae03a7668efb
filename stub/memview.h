/* SPDX-License-Identifier: MIT */
#ifndef STUB_MEMVIEW_H
#define STUB_MEMVIEW_H

/*
 * Guest-virtual memory as the debugger shows it: through the page tables of a
 * parked vCPU, with planted traps hidden.
 */

#include <sys/types.h>

#include "kvm/vcpu.h"
#include "stub/breakpoints.h"

/* Is RAM there? */
bool memview_has(struct vcpu *vcpu, uint64_t gva);

/* Bytes read, short at the first that is not RAM; -EFAULT when that is the
 * very first. */
ssize_t memview_read(struct vcpu *vcpu, const struct bp_table *bps,
                     uint64_t gva, void *out, size_t n);
/* All or nothing. */
int memview_write(struct vcpu *vcpu, struct bp_table *bps, uint64_t gva,
                  const void *in, size_t n);

#endif
