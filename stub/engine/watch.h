/* SPDX-License-Identifier: MIT */
#ifndef STUB_ENGINE_WATCH_H
#define STUB_ENGINE_WATCH_H

/*
 * Accesses of a vCPU, and which watchpoints they hit: those go to t->hits.
 * Pages that are guarded for the sake of the code in them are looked after on
 * the way.
 */

#include "stub/engine/types.h"

/* n bytes at a gpa. Is any of them watched? */
bool watch_note_physical(struct engine *e, struct thread *t, uint64_t gpa,
                         size_t n, bool is_write);
/* A store to a guarded page. When the guards are to change after it, all vCPUs
 * are kicked. */
void watch_note_write(struct engine *e, uint64_t gpa, size_t n);
/* An access that is made while the guards are down, so that nobody saw it. */
void watch_note_access(struct engine *e, struct thread *t,
                       const struct arch_access *access);

struct watch_accesses {
    unsigned n;
    struct arch_access access[ARCH_ACCESSES];
};

void watch_note_all(struct engine *e, struct thread *t,
                    const struct watch_accesses *all);

/* The watched bytes, for watch_note_changed() and free(); NULL: there are none,
 * or too many. */
uint8_t *watch_copy(struct engine *e);
/* Watched bytes that differ from the copy were written to. */
void watch_note_changed(struct engine *e, struct thread *t,
                        const uint8_t *copy);

#endif
