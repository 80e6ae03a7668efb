/* SPDX-License-Identifier: MIT */
#ifndef STUB_POINTS_TABLE_H
#define STUB_POINTS_TABLE_H

/* The wishes: put in, taken out, found again. */

#include "stub/points/types.h"

void bp_init(struct bp_table *table, const struct bp_host *host,
             const struct guest_mem *mem);
void bp_done(struct bp_table *table);

/*
 * Idempotent. -ENOSPC when the table is full, -EINVAL for a length of zero,
 * one beyond BP_WATCH_MAX, or a range that wraps.
 */
int bp_insert(struct bp_table *table, enum bp_kind kind, uint64_t gva,
              uint64_t size);
/* What is not there is removed successfully. */
int bp_remove(struct bp_table *table, enum bp_kind kind, uint64_t gva,
              uint64_t size);
/* The same from a client whose addresses have 32 bits. It may know the address
 * of a wish by either name, as may one whose addresses had 32 bits before. */
int bp_insert_narrow(struct bp_table *table, enum bp_kind kind, uint64_t gva,
                     uint64_t size);
int bp_remove_narrow(struct bp_table *table, enum bp_kind kind, uint64_t gva,
                     uint64_t size);
void bp_remove_all(struct bp_table *table);
void bp_remove_kind(struct bp_table *table, enum bp_kind kind);

/* All but what the client wrote itself. */
void bp_remove_wishes(struct bp_table *table);
/* For stub/points/written.c. */
void bp_add(struct bp_table *table, struct breakpoint bp);
void bp_drop(struct bp_table *table, struct breakpoint *bp);

/* Nothing serves the wishes, as if they were new: memory is the guest's. */
void bp_pull_all(struct bp_table *table);

/* The other address that these 32 bits can mean; gva itself if there is none.
 * The twin of a twin is the wish. */
uint64_t bp_twin_gva(uint64_t gva);

/* Is its address within the width that addresses have now? */
bool bp_is_reachable(const struct bp_space *space, const struct breakpoint *bp);

/* The breakpoint in debug register i of bp_wanted(). */
const struct breakpoint *bp_of_register(const struct bp_table *table,
                                        unsigned i);
/* The breakpoint whose trap is planted at gpa, or NULL; if there are several
 * that of the address gva. */
const struct breakpoint *bp_planted_at(const struct bp_table *table,
                                       uint64_t gpa, uint64_t gva);
/* What serves it, in words: "int3", "debug register", "page", "pending". */
void bp_service(const struct bp_table *table, const struct breakpoint *bp,
                char *text, size_t cap);

#endif
