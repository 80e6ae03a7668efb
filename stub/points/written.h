/* SPDX-License-Identifier: MIT */
#ifndef STUB_POINTS_WRITTEN_H
#define STUB_POINTS_WRITTEN_H

/* Breakpoints that the client plants itself. */

#include "stub/points/types.h"

/*
 * The client is about to write n bytes at gpa, which it knows as gva. If that
 * plants a breakpoint it is in the table from now on. Returns 1 if it plants
 * one or takes one away, 0 if it does not, -ENOSPC: there are too many.
 */
int bp_client_writes(struct bp_table *table, uint64_t gva, uint64_t gpa,
                     const void *bytes, size_t n);
/* Forgets those where something else was written since. */
void bp_sweep_written(struct bp_table *table);
/* The one at gpa, or NULL. */
struct breakpoint *bp_written_at(struct bp_table *table, uint64_t gpa);
/* The client has forgotten them, and reads anew what it will write over: until
 * it has, or bp_show_written(), it sees what was there before. */
void bp_forget_written(struct bp_table *table);
void bp_show_written(struct bp_table *table);

#endif
