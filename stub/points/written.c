/* SPDX-License-Identifier: MIT */
/*
 * Breakpoints that the client plants itself: it writes the CPU's breakpoint
 * instruction into memory, as debuggers do that know no Z packets, or were told
 * to use none. Memory is as it was written, to everybody who reads. Where that
 * instruction does not leave the guest (kvm/probe/trap.h), a debug register
 * stops at it, or a trap of this host is planted over it.
 *
 * It is the client's as long as it is there: when anybody has written something
 * else it is gone. So nothing guards it.
 */
#include "stub/points/written.h"

#include <errno.h>
#include <string.h>

#include "kvm/core/mem.h"
#include "stub/points/table.h"
#include "stub/points/traps.h"

/* As the guest has it. */
static bool written_read_code(const struct bp_table *table, uint64_t gpa,
                              uint8_t shown[TRAP_MAX_BYTES])
{
    size_t size = table->written->size;

    if (mem_read(table->mem, gpa, shown, size) < 0)
        return false;
    bp_unpatch(table, gpa, shown, size);
    return true;
}

static bool is_insn(const struct bp_table *table, const uint8_t *bytes)
{
    return memcmp(bytes, table->written->bytes, table->written->size) == 0;
}

static bool is_there(const struct bp_table *table, uint64_t gpa)
{
    uint8_t shown[TRAP_MAX_BYTES];

    return written_read_code(table, gpa, shown) && is_insn(table, shown);
}

void bp_sweep_written(struct bp_table *table)
{
    for (size_t i = table->n_written ? table->n : 0; i-- > 0;)
        if (table->bp[i].kind == BP_WRITTEN &&
            !is_there(table, table->bp[i].place))
            bp_drop(table, &table->bp[i]);
}

struct breakpoint *bp_written_at(struct bp_table *table, uint64_t gpa)
{
    for (size_t i = 0; table->n_written && i < table->n; i++)
        if (table->bp[i].kind == BP_WRITTEN && table->bp[i].place == gpa &&
            is_there(table, gpa))
            return &table->bp[i];
    return NULL;
}

/* One instruction by itself: what a download brings comes in larger pieces, and
 * is the guest's. */
static bool is_one(const struct bp_table *table, uint64_t gpa, size_t n)
{
    return table->written && n == table->written->size && gpa % n == 0;
}

/* The breakpoint bp is there already. Where the guest's own instruction is the
 * same, planting and taking away write the same bytes; a client does one after
 * the other. */
static int write_again(struct bp_table *table, struct breakpoint *bp)
{
    bool over_own = is_insn(table, bp->was);

    if (over_own && !bp->hidden)
        bp_drop(table, bp);
    else
        bp->hidden = false;
    return 1;
}

static int written_plant(struct bp_table *table, uint64_t gva, uint64_t gpa)
{
    struct breakpoint bp = {.kind = BP_WRITTEN,
                            .gva = gva,
                            .size = table->written->size,
                            .place = gpa};

    if (!written_read_code(table, gpa, bp.was))
        return 0;
    if (table->n_written == BP_WRITTEN_MAX)
        return -ENOSPC;
    bp_add(table, bp);
    return 1;
}

int bp_client_writes(struct bp_table *table, uint64_t gva, uint64_t gpa,
                     const void *bytes, size_t n)
{
    struct breakpoint *bp;

    if (!is_one(table, gpa, n))
        return 0;
    bp_sweep_written(table);
    bp = bp_written_at(table, gpa);
    if (!is_insn(table, bytes))
        return bp && memcmp(bytes, bp->was, n) == 0;
    return bp ? write_again(table, bp) : written_plant(table, gva, gpa);
}

/* --- a client that has forgotten them --- */

static void set_hidden(struct bp_table *table, bool hidden)
{
    for (size_t i = 0; table->n_written && i < table->n; i++)
        if (table->bp[i].kind == BP_WRITTEN)
            table->bp[i].hidden = hidden;
}

void bp_forget_written(struct bp_table *table)
{
    set_hidden(table, true);
}

void bp_show_written(struct bp_table *table)
{
    set_hidden(table, false);
}
