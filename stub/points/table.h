/* SPDX-License-Identifier: MIT */
#ifndef STUB_POINTS_TABLE_H
#define STUB_POINTS_TABLE_H

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
    uint64_t mapped;  /* how many bytes of it, of those in_pages could hold */
    uint64_t gpa;     /* while planted */
    uint64_t place;   /* gpa where a trap could be; BP_NO_PLACE */
    bool unlikely;    /* its twin is rather what the client means */
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

/* What is known of a page: how it is to be guarded, or that the CPU itself
 * reads it. */
enum bp_mark { BP_MARK_WRITE, BP_MARK_ACCESS, BP_MARK_TABLE, BP_MARKS };

/* Where such a page begins (depth 1) or is past (-1). */
struct bp_edge {
    uint64_t gpa;
    enum bp_mark mark;
    int depth;
};

/* A page with traps in it that the guest writes to. */
enum { BP_BUSY_PAGES = 8, BP_GRAINS = 512, BP_TRUST_AFTER = 256 };

enum bp_trust { BP_UNKNOWN, BP_TRUSTED, BP_BARRED };

struct bp_busy {
    uint64_t gpa;
    enum bp_trust trust;
    unsigned repeats;             /* in a row, to places known already */
    uint8_t grain[BP_GRAINS / 8]; /* a bit for each place written to */
};

/* What bp_arm() asks about the guest's memory. */
struct bp_space {
    /* As arch_translate(): -EFAULT when gva is not mapped. */
    int (*translate)(void *context, uint64_t gva, uint64_t *ret_gpa,
                     uint64_t *ret_run);
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

/* The other address that these 32 bits can mean; gva itself if there is none.
 * The twin of a twin is the wish. */
uint64_t bp_twin_gva(uint64_t gva);

/* Can it be come to, as wide as addresses are now? */
bool bp_is_reachable(const struct bp_space *space, const struct breakpoint *bp);

/* The breakpoint in debug register i of bp_wanted(). */
const struct breakpoint *bp_of_register(const struct bp_table *table,
                                        unsigned i);
/* The breakpoint whose trap is planted at gpa, or NULL; if there are several
 * that of the address gva. */
const struct breakpoint *bp_planted_at(const struct bp_table *table,
                                       uint64_t gpa, uint64_t gva);
/* Calls back for each watchpoint that this access concerns, once for each of
 * its pieces, the highest first. Returns how many calls that were. */
typedef void bp_visit(void *context, const struct breakpoint *bp);
unsigned bp_each_watching(const struct bp_table *table, uint64_t gpa, size_t n,
                          bool is_write, bp_visit *visit, void *context);
/* Does gpa lie in one of guard[]? */
bool bp_is_guarded(const struct bp_table *table, uint64_t gpa);

/* What serves it, in words: "int3", "debug register", "page", "pending". */
void bp_service(const struct bp_table *table, const struct breakpoint *bp,
                char *text, size_t cap);

/* --- stub/points/traps.c: memory with traps in it --- */

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

/* --- stub/points/written.c: breakpoints that the client plants itself --- */

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
/* Does the instruction that the client wrote trap by itself, or so we? */
bool bp_is_raw(const struct bp_table *table, const struct breakpoint *bp);
/* The client has forgotten them, and reads anew what it will write over: until
 * it has, or bp_show_written(), it sees what was there before. */
void bp_forget_written(struct bp_table *table);
void bp_show_written(struct bp_table *table);

/* --- stub/points/trust.c: traps that no guard covers --- */

/* The guest writes to a guarded page. The table is stale when that was the
 * write after which the page needs no guard for its traps. */
void bp_trust_write(struct bp_table *table, uint64_t gpa, size_t n);
bool bp_is_trusted(struct bp_table *table, uint64_t gpa);
/* There are traps that have to be looked after. */
bool bp_trusts(struct bp_table *table);
/* Has one been overwritten? */
bool bp_trust_broken(struct bp_table *table);

/* --- stub/points/pages.c: pages to guard --- */

/* Pieces and guards for what no register holds. False when the host has no
 * memory left for them. */
bool bp_guard_pages(struct bp_table *table, const struct bp_space *space);
/* How many bytes of a watchpoint are mapped. */
uint64_t bp_mapped(const struct bp_table *table, const struct bp_space *space,
                   const struct breakpoint *bp);

static inline bool bp_is_exec(const struct breakpoint *bp)
{
    return bp->kind == BP_SOFT || bp->kind == BP_HARD || bp->kind == BP_CATCH ||
           bp->kind == BP_WRITTEN;
}

#endif
