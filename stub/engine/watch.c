/* SPDX-License-Identifier: MIT */
#include "stub/engine/watch.h"

#include <stdlib.h>
#include <string.h>

#include "stub/points/filter.h"
#include "stub/points/pages.h"

/* More than that is not compared byte by byte at each step. */
enum { COMPARE_MAX = 65536 };

static void note_hit(void *context, const struct breakpoint *bp)
{
    hits_note(&((struct thread *)context)->hits, bp);
}

bool watch_note_physical(struct engine *e, struct thread *t, uint64_t gpa,
                         size_t n, bool is_write)
{
    return bp_each_watching(&e->points, gpa, n, is_write, note_hit, t) > 0;
}

void watch_note_write(struct engine *e, uint64_t gpa, size_t n)
{
    bool was_stale = e->points.stale;

    bp_filter_write(&e->points, gpa, n);
    if (e->points.stale && !was_stale)
        machine_kick(e->machine);
}

/* An access that is made while the guards are down, so that nobody saw it. */
void watch_note_access(struct engine *e, struct thread *t,
                       const struct arch_access *access)
{
    const struct gva_space space = arch_space(t->vcpu);
    struct gva_piece piece;

    for (uint64_t done = 0; done < access->size; done += piece.n) {
        if (gva_piece(&space, access->gva + done, access->size - done,
                      &piece) == GVA_UNMAPPED)
            return;
        if (access->read)
            (void)watch_note_physical(e, t, piece.gpa, piece.n, false);
        if (!access->write)
            continue;
        (void)watch_note_physical(e, t, piece.gpa, piece.n, true);
        if (bp_is_guarded(&e->points, piece.gpa))
            watch_note_write(e, piece.gpa, piece.n);
    }
}

void watch_note_all(struct engine *e, struct thread *t,
                    const struct watch_accesses *all)
{
    for (unsigned i = 0; i < all->n; i++)
        watch_note_access(e, t, &all->access[i]);
}

/* The watched bytes, piece after piece. NULL: none, or too many. */
uint8_t *watch_copy(struct engine *e)
{
    size_t n = 0;
    size_t at = 0;
    uint8_t *copy;

    for (size_t i = 0; i < e->points.n_pieces && n <= COMPARE_MAX; i++)
        n += e->points.piece[i].size;
    copy = n && n <= COMPARE_MAX ? malloc(n) : NULL;
    for (size_t i = 0; copy && i < e->points.n_pieces; i++) {
        const struct bp_piece *piece = &e->points.piece[i];

        (void)mem_read(machine_memory(e->machine), piece->gpa, copy + at,
                       piece->size);
        at += piece->size;
    }
    return copy;
}

/* Watchpoints whose bytes are no longer those of the copy: for what no operand
 * tells, as when the CPU stores by itself. One for reads is not hit by that. */
void watch_note_changed(struct engine *e, struct thread *t, const uint8_t *copy)
{
    size_t at = 0;

    for (size_t i = 0; copy && i < e->points.n_pieces; i++) {
        const struct bp_piece *piece = &e->points.piece[i];
        const struct breakpoint *bp = &e->points.bp[piece->bp];
        struct mem_span now;

        if (bp->kind != BP_READ &&
            mem_span(machine_memory(e->machine), piece->gpa, piece->size,
                     &now) &&
            memcmp(now.at, copy + at, now.n) != 0)
            hits_note(&t->hits, bp);
        at += piece->size;
    }
}
