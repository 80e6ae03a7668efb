/* SPDX-License-Identifier: MIT */
#ifndef STUB_POINTS_PAGES_H
#define STUB_POINTS_PAGES_H

/* Watchpoints in guarded pages, and code with traps in it. */

#include "stub/points/types.h"

/* Pieces and guards for what no register holds. False when the host has no
 * memory left for them. */
bool bp_guard_pages(struct bp_table *table, const struct bp_space *space);
/* How many bytes of a watchpoint are mapped. */
uint64_t bp_mapped(const struct bp_space *space, const struct breakpoint *bp);

/* Calls back for each watchpoint that this access concerns, once for each of
 * its pieces, the highest first. Returns how many calls that were. */
typedef void bp_visit(void *context, const struct breakpoint *bp);
unsigned bp_each_watching(const struct bp_table *table, uint64_t gpa, size_t n,
                          bool is_write, bp_visit *visit, void *context);
/* Does gpa lie in one of guard[]? */
bool bp_is_guarded(const struct bp_table *table, uint64_t gpa);

#endif
