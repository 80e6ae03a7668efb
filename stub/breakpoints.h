/* SPDX-License-Identifier: MIT */
#ifndef STUB_BREAKPOINTS_H
#define STUB_BREAKPOINTS_H

/*
 * The breakpoint table: what the client wants stopped, what serves each wish,
 * and the bytes that were in memory before. It knows guest memory, not KVM:
 * the debug registers it wants come out of bp_wanted().
 *
 * A trap instruction is planted in guest-physical memory, so it is hit through
 * whichever mapping the code is reached, and is hidden from every reader.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kvm/debug.h"
#include "kvm/mem.h"
#include "kvm/trap.h"

enum { BP_MAX = 1024 };

enum bp_kind { BP_SOFT, BP_HARD, BP_WRITE, BP_READ, BP_ACCESS };

struct breakpoint {
    enum bp_kind kind;
    uint64_t gva;
    uint64_t size; /* the client's kind or length */
    bool planted;  /* served by a trap at gpa; else by a debug register */
    uint64_t gpa;
    uint8_t saved[TRAP_MAX_BYTES];
};

struct bp_table {
    const struct trap *trap; /* borrowed; may have size 0 */
    const struct guest_mem *mem;
    unsigned hw_points; /* how many debug registers there are */
    unsigned n_hw;      /* how many are taken */
    size_t n;
    struct breakpoint bp[BP_MAX];
};

void bp_init(struct bp_table *table, const struct trap *trap,
             const struct guest_mem *mem, unsigned hw_points);

/*
 * gpa is where gva leads now; it is not used for BP_HARD. Idempotent.
 * -ENOSPC out of debug registers, -EFAULT not in RAM, -ENOTSUP watchpoints of
 * a kind that does not exist, -EINVAL a length that no register can hold.
 */
int bp_insert(struct bp_table *table, enum bp_kind kind, uint64_t gva,
              uint64_t size, uint64_t gpa);
/* What is not there is removed successfully. */
int bp_remove(struct bp_table *table, enum bp_kind kind, uint64_t gva,
              uint64_t size);
void bp_remove_all(struct bp_table *table);

/* The debug state that serves the table; step is left alone. */
void bp_wanted(const struct bp_table *table, struct debug_state *ret);
/* The breakpoint behind debug register i of bp_wanted(). */
const struct breakpoint *bp_of_register(const struct bp_table *table,
                                        unsigned i);
/* The breakpoint whose trap is planted at gva (gpa), or NULL. */
const struct breakpoint *bp_planted_at(const struct bp_table *table,
                                       uint64_t gpa);

/* out holds n bytes read at gpa: puts the guest's own bytes over ours. */
void bp_hide(const struct bp_table *table, uint64_t gpa, uint8_t *out,
             size_t n);
/* n bytes were written at gpa: takes them as the guest's, plants ours again. */
void bp_written(struct bp_table *table, uint64_t gpa, size_t n);

#endif
