/* SPDX-License-Identifier: MIT */
#ifndef STUB_POINTS_TRAPS_H
#define STUB_POINTS_TRAPS_H

/* Memory with traps in it. */

#include "stub/points/types.h"

/* out holds n bytes read at gpa: puts the guest's own bytes over ours. */
void bp_hide(const struct bp_table *table, uint64_t gpa, uint8_t *out,
             size_t n);
/* The same but for breakpoints that the client wrote: they are there. */
void bp_unpatch(const struct bp_table *table, uint64_t gpa, uint8_t *out,
                size_t n);
/* n bytes were written at gpa: takes them as the guest's, plants ours again. */
void bp_written(struct bp_table *table, uint64_t gpa, size_t n);
/* The same for what was written behind our back, wherever that was. */
void bp_replant(struct bp_table *table);
/* Puts the guest's bytes back over the trap at gpa, until bp_replant(). */
void bp_lift(struct bp_table *table, uint64_t gpa);
/* gpa is a multiple of the trap's size, and RAM. */
void bp_plant(struct bp_table *table, struct breakpoint *bp, uint64_t gpa);
/* Fine when it is not planted. */
void bp_pull(struct bp_table *table, struct breakpoint *bp);

/* Does a trap lie in [gpa, gpa + n)? */
bool bp_has_patch(const struct bp_table *table, uint64_t gpa, size_t n);
bool bp_is_overwritten(const struct bp_table *table,
                       const struct bp_patch *patch);

#endif
