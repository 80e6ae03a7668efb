/* SPDX-License-Identifier: MIT */
#ifndef STUB_POINTS_FILTER_H
#define STUB_POINTS_FILTER_H

/* Traps that no guard covers. */

#include "stub/points/types.h"

/* The guest writes to a guarded page. The table is stale when that was the
 * write after which the page needs no guard for its traps. */
void bp_filter_write(struct bp_table *table, uint64_t gpa, size_t n);
bool bp_filter_spares(struct bp_table *table, uint64_t gpa);
/* There are traps that have to be looked after. */
bool bp_filter_spares_any(struct bp_table *table);
/* Has one been overwritten? */
bool bp_filter_broken(struct bp_table *table);

#endif
