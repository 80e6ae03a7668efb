/* SPDX-License-Identifier: MIT */
#ifndef STUB_ENGINE_HITS_H
#define STUB_ENGINE_HITS_H

/*
 * Watchpoints that were hit and not yet told.
 *
 * One instruction can touch several (pusha, rep ins), and a stop reply has
 * room for one address. So hits wait here, each watchpoint once, and the later
 * ones are told when the client resumes, before anything executes. They are
 * remembered by what the client asked for: GDB takes all breakpoints away at a
 * stop and sets them again.
 */

#include <stdbool.h>
#include <stddef.h>

#include "stub/points/types.h"

struct hit {
    enum bp_kind kind;
    uint64_t gva, size;
};

struct hits {
    size_t n;
    struct hit hit[BP_MAX]; /* in the order in which they came */
};

/* bp is a watchpoint; if it is in the list already nothing changes. */
void hits_note(struct hits *hits, const struct breakpoint *bp);
/*
 * Takes the first out that is still set, or returns NULL. Those before it are
 * forgotten, unless keep: a client that steps off a breakpoint has taken all
 * of them away for that long.
 */
const struct breakpoint *hits_take(struct hits *hits,
                                   const struct bp_table *table, bool keep);
void hits_forget(struct hits *hits);

#endif
