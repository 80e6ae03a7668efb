/* SPDX-License-Identifier: MIT */
#ifndef STUB_POINTS_TYPES_H
#define STUB_POINTS_TYPES_H

/*
 * Breakpoints and watchpoints: what the client wants stopped, and what serves
 * each wish. A wish is always taken (if there is room); what serves it is
 * decided by bp_arm() each time the guest is about to run:
 *
 *   trap      a trap instruction planted in guest-physical memory, so that it
 *             is hit through whichever mapping the code is reached; hidden
 *             from every reader, and planted again when it is overwritten
 *   register  a debug register: what has no memory behind it yet, hardware
 *             breakpoints (which leave memory alone then), short watchpoints;
 *             spare ones back up traps
 *   page      guarded pages (kvm/core/guard.h): watchpoints of any length, and
 *             writes to code with traps in it
 *   pending   nothing yet: not mapped, and no register free
 *
 * A client that shows its user 32 bits of an address sends no more of it:
 * 0x80101000 can be the kernel's 0xffffffff80101000, where it runs as soon as
 * addresses have 64 bits. So such a wish has a twin there, an entry of its own
 * in the table, and whichever is come to counts.
 *
 * A client that plants breakpoints itself, by writing to memory, has them in
 * the table too, for as long as they are in memory (stub/points/written.c).
 *
 * No I/O and no KVM in here: memory comes in as struct guest_mem, translation
 * as a callback, and debug state and guards go out as values.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kvm/core/debug.h"
#include "kvm/core/guard.h"
#include "kvm/core/gva.h"
#include "kvm/core/mem.h"
#include "kvm/core/trap.h"

/* Wishes, each may have a twin, and what the client plants itself. */
enum {
    BP_MAX = 4096,
    BP_WRITTEN_MAX = 1024,
    BP_ENTRIES = 2 * BP_MAX + BP_WRITTEN_MAX
};

enum bp_kind {
    BP_SOFT,
    BP_HARD,
    BP_WRITE,
    BP_READ,
    BP_ACCESS,
    BP_CATCH,   /* our own, at an exception's handler; size is the vector */
    BP_WRITTEN, /* the client wrote a breakpoint instruction itself */
};

/* The longest watchpoint, bytes. */
#define BP_WATCH_MAX (UINT64_C(16) << 20)

#define BP_NO_PLACE UINT64_MAX

struct breakpoint {
    enum bp_kind kind;
    uint64_t gva;
    uint64_t size;    /* the client's kind or length, or the vector */
    bool twin;        /* of the wish at bp_twin_gva() */
    bool planted;     /* a trap is in memory at gpa */
    bool in_register; /* a debug register holds it */
    bool in_pages;    /* guarded pages hold it */
    uint64_t mapped;  /* of a watchpoint: how many bytes of it have memory
                         behind them, which guarded pages can hold */
    uint64_t gpa;     /* while planted */
    uint64_t place;   /* gpa where its trap would be; BP_NO_PLACE: no memory is
                         mapped there */
    bool unlikely;    /* of a wish and its twin the other one is the likelier,
                         so this one is served last */
    /* Of BP_WRITTEN, whose place never changes: */
    bool at_gva; /* gva still leads there */
    bool told;   /* it was hit, and stays hit until the client resumes */
    bool hidden; /* the client believes that memory is as it was before */
    uint8_t was[TRAP_MAX_BYTES]; /* before the client wrote */
};

/* A trap in memory, and what the guest believes to have there. */
struct bp_patch {
    uint64_t gpa;   /* a multiple of the trap's size, so none overlap */
    unsigned users; /* breakpoints planted here */
    uint8_t saved[TRAP_MAX_BYTES];
};

/* A piece of a watchpoint that is contiguous in guest-physical memory. */
struct bp_piece {
    uint64_t gpa, size;
    uint64_t reach; /* where the last of this and all before it ends */
    unsigned bp;    /* index of the breakpoint */
};

/* How a page is to be guarded, or that the CPU itself reads it as a page table.
 */
enum bp_mark { BP_MARK_WRITE, BP_MARK_ACCESS, BP_MARK_TABLE, BP_MARKS };

/* Where a run of pages with a mark begins (depth 1) or ends (-1). */
struct bp_edge {
    uint64_t gpa;
    enum bp_mark mark;
    int depth;
};

/* A page with traps in it that the guest writes to. */
enum { BP_BUSY_PAGES = 8, BP_GRAINS = 512, BP_SPARED_AFTER = 256 };

enum bp_filter { BP_UNKNOWN, BP_SPARED, BP_BARRED };

struct bp_busy {
    uint64_t gpa;
    enum bp_filter filter;
    unsigned repeats;             /* in a row, to places known already */
    uint8_t grain[BP_GRAINS / 8]; /* a bit for each place written to */
};

/* What bp_arm() asks about the guest's memory. */
struct bp_space {
    struct gva_space gva;
    /* As arch_page_tables(). */
    int (*page_tables)(void *context, void (*visit)(void *, uint64_t gpa),
                       void *visit_context);
    /* A trap there would be the guest's end: NULL for nowhere. */
    bool (*bars_traps)(void *context, uint64_t gva);
    void *context;
    bool wide; /* addresses have 64 bits now, not 32 */
};

/* What the host offers. */
struct bp_host {
    const struct trap *trap; /* size 0: no instruction traps */
    unsigned registers;      /* debug registers */
    bool watch_registers;    /* and they trap on data, */
    bool user_registers;     /* and on code of any privilege */
    /* How many of them are for one purpose alone; 0: for either. */
    unsigned exec_registers, data_registers;
};

struct bp_table {
    struct bp_host host;
    const struct guest_mem *mem;
    size_t n, n_twins, n_written; /* of the n */
    struct breakpoint bp[BP_ENTRIES];
    struct bp_patch patch[BP_ENTRIES]; /* sorted by gpa */
    size_t n_patches;
    struct bp_busy busy[BP_BUSY_PAGES];
    unsigned n_busy, next_busy;
    /* Computed by bp_arm(): */
    unsigned in_register[HW_POINTS_MAX]; /* indices into bp */
    unsigned n_registers;
    struct bp_piece *piece; /* owned; sorted by gpa */
    size_t n_pieces, cap_pieces;
    struct bp_edge *edge; /* owned; of the marks, sorted by gpa */
    size_t n_edges, cap_edges;
    struct guard_range *guard; /* owned; sorted, disjoint */
    size_t n_guards, cap_guards;
    bool stale;                 /* wishes changed since bp_arm() */
    const struct trap *written; /* what a client writes; NULL: nothing */
    bool written_exits;         /* and it leaves the guest by itself */
    bool registers_suffice;     /* or a register stops at it, wherever it is */
    bool lacks_traps; /* one is in a register for want of memory, and might be
                       * missed so: bp_appeared() can tell */
    bool awaits_wide; /* one has an address of 64 bits, and they have 32 yet */
    /* What the client had when the guest last ran with any: GDB takes all away
     * at each stop, and its user still wants to know. */
    struct breakpoint last[BP_ENTRIES];
    size_t n_last;
};

/* Does the instruction that the client wrote leave the guest by itself, so that
 * we need no trap over it? */
static inline bool bp_is_raw(const struct bp_table *table,
                             const struct breakpoint *bp)
{
    return bp->kind == BP_WRITTEN && table->written_exits;
}

static inline bool bp_is_exec(const struct breakpoint *bp)
{
    return bp->kind == BP_SOFT || bp->kind == BP_HARD || bp->kind == BP_CATCH ||
           bp->kind == BP_WRITTEN;
}

#endif
