/* SPDX-License-Identifier: MIT */
#ifndef STUB_POINTS_ASSIGN_H
#define STUB_POINTS_ASSIGN_H

/* What serves each wish: decided anew before the guest runs. */

#include "stub/points/types.h"

/*
 * Decides what serves each wish, plants and pulls traps, and computes pieces
 * and guards. True when a wish is served by nothing, because its memory is not
 * mapped yet: call again soon.
 */
bool bp_arm(struct bp_table *table, const struct bp_space *space);
/* Is there memory for one that waits, or more of it? Then arm again. */
bool bp_appeared(const struct bp_table *table, const struct bp_space *space);
/* One that waits because no trap may be where it is, or NULL. */
const struct breakpoint *bp_barred(const struct bp_table *table,
                                   const struct bp_space *space);
/* The debug state that serves the table; step is left alone. */
void bp_wanted(const struct bp_table *table, struct debug_state *ret);

#endif
