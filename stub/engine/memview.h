/* SPDX-License-Identifier: MIT */
#ifndef STUB_ENGINE_MEMVIEW_H
#define STUB_ENGINE_MEMVIEW_H

/*
 * Memory as the debugger shows it: with planted traps hidden, and either at
 * guest-virtual addresses, through the page tables of a parked vCPU, or at
 * guest-physical ones. Addresses do not wrap: nothing follows the last one.
 */

#include <sys/types.h>

#include "kvm/vm/types.h"
#include "stub/points/types.h"

struct memview {
    struct vcpu *vcpu;
    struct bp_table *bps;
    bool physical;
};

/* The gpa of the RAM there; false when there is none. */
bool memview_translate(const struct memview *view, uint64_t addr,
                       uint64_t *ret_gpa);
/* Is RAM there? */
bool memview_has(const struct memview *view, uint64_t addr);

/* Bytes read, short at the first that is not RAM; -EFAULT when that is the
 * very first. */
ssize_t memview_read(const struct memview *view, uint64_t addr, void *out,
                     size_t n);
/* All or nothing: -EFAULT, or -ENOMEM. To where the addresses led before, even
 * when the bytes change page tables. */
int memview_write(const struct memview *view, uint64_t addr, const void *in,
                  size_t n);

/* addr is in a hole: where that, or a large part of it, ends. False when it
 * does not. */
bool memview_skip(const struct memview *view, uint64_t addr, uint64_t *ret);

#endif
