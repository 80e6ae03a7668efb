/* SPDX-License-Identifier: MIT */
#include "tests/unit/stub/points/bp_model.h"

#include <string.h>

#include "kvm/core/mem.h"
#include "stub/points/assign.h"
#include "stub/points/pages.h"
#include "stub/points/traps.h"

const struct model_row *row;
uint64_t random_state;
uint8_t model[RAM_SIZE];
struct wish wishes[MOST_WISHES];
size_t n_wishes;
struct written written[MOST_WRITTEN];
size_t n_written;

uint64_t draw(uint64_t n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % n;
}

bool is_exec(const struct wish *w)
{
    return w->kind <= BP_HARD;
}

uint64_t mapped(uint64_t gva)
{
    uint64_t gpa;
    uint64_t run;

    if ((!space.wide && gva > UINT32_MAX) ||
        space.gva.translate(NULL, gva, &gpa, &run) < 0)
        return NOT_MAPPED;
    return gpa;
}

uint64_t other_name(uint64_t gva)
{
    if (gva >= HIGH_TWIN)
        return gva - HIGH_TWIN + LOW_TWIN;
    if (gva >= LOW_TWIN && gva <= UINT32_MAX)
        return gva - LOW_TWIN + HIGH_TWIN;
    return 0;
}

void places(const struct wish *w, uint64_t ret[2])
{
    uint64_t other = w->narrow ? other_name(w->gva) : 0;

    ret[0] = mapped(w->gva);
    ret[1] = NOT_MAPPED;
    if (other && (other > w->gva || !space.wide))
        ret[1] = mapped(other);
}

/* --- what must hold --- */

void expect_shown(void)
{
    uint8_t copy[2 * MEM_PAGE];
    uint64_t gpa = draw(RAM_SIZE - sizeof copy);
    size_t n = draw(sizeof copy + 1);

    memcpy(copy, mem_ptr(&mem, gpa, n), n);
    bp_hide(&bps, gpa, copy, n);
    for (size_t i = 0; i < n_written; i++) {
        for (size_t k = 0; written[i].hidden && k < bps.written->size; k++) {
            size_t at = written[i].gpa + k - gpa;

            if (at >= n)
                continue;
            cr_assert(eq(u8, copy[at], written[i].was[k]), "%s: hidden",
                      row->label);
            copy[at] = model[gpa + at];
        }
    }
    cr_assert(zero(int, memcmp(copy, model + gpa, n)), "%s: shown", row->label);
}

/* A trap is where the instruction does not suffice, nor a register. */
static bool needs_trap(uint64_t gpa)
{
    for (size_t i = 0; i < bps.n; i++) {
        const struct breakpoint *bp = &bps.bp[i];

        if (bp->kind == BP_WRITTEN && bp->place == gpa)
            return !bps.written_exits &&
                   !(bp->in_register && bps.registers_suffice);
    }
    cr_assert(false, "%s: not in the table", row->label);
    return false;
}

/* Who asks for hardware has no trap where a register does. */
static bool is_spared(const struct wish *w, bool twin)
{
    uint64_t gva = twin ? other_name(w->gva) : w->gva;

    for (size_t i = 0; i < bps.n; i++) {
        const struct breakpoint *bp = &bps.bp[i];

        if (bp->kind == w->kind && bp->gva == gva && bp->twin == twin)
            return w->kind == BP_HARD && bp->in_register &&
                   row->host.user_registers;
    }
    return false;
}

static void expect_planted(void)
{
    static uint8_t want[RAM_SIZE];
    size_t size = row->host.trap->size;

    memcpy(want, model, sizeof want);
    for (size_t i = 0; i < n_wishes; i++) {
        uint64_t gpa[2];

        places(&wishes[i], gpa);
        for (unsigned k = 0; k < 2; k++)
            if (is_exec(&wishes[i]) && size && gpa[k] <= RAM_SIZE - size &&
                !is_spared(&wishes[i], k))
                memcpy(want + gpa[k], row->host.trap->bytes, size);
    }
    for (size_t i = 0; i < n_written; i++)
        if (size && needs_trap(written[i].gpa))
            memcpy(want + written[i].gpa, row->host.trap->bytes, size);
    cr_assert(zero(int, memcmp(want, ram(0), sizeof want)), "%s: planted",
              row->label);
}

/* Where byte k of an entry of the table is. */
static uint64_t byte_of(const struct breakpoint *bp, uint64_t k)
{
    bool is_past = bp->twin && bp->gva < HIGH_TWIN && space.wide;

    return is_past ? NOT_MAPPED : mapped(bp->gva + k);
}

static uint64_t ram_of(const struct breakpoint *bp, uint64_t k)
{
    uint64_t gpa = byte_of(bp, k);

    return gpa < RAM_SIZE ? gpa : NOT_MAPPED;
}

/* How much of a guard each page needs: 0 none, 1 writes, 2 all. */
static void needed_guards(unsigned need[RAM_PAGES])
{
    memset(need, 0, RAM_PAGES * sizeof *need);
    for (size_t i = 0; i < bps.n; i++) {
        const struct breakpoint *bp = &bps.bp[i];
        unsigned how = bp->kind == BP_READ || bp->kind == BP_ACCESS ? 2 : 1;

        if (bp->kind == BP_WRITTEN)
            continue; /* nothing guards it */
        for (uint64_t k = 0; !bp->in_register && k < bp->size; k++) {
            uint64_t gpa = ram_of(bp, k);
            unsigned *page = &need[gpa % RAM_SIZE / MEM_PAGE];

            if (gpa != NOT_MAPPED && how > *page &&
                (bp->planted || bp->kind > BP_HARD))
                *page = how;
            if (bp->kind <= BP_HARD)
                break;
        }
    }
    if (need[PAGE_TABLE] > 1)
        need[PAGE_TABLE] = 1;
}

static void expect_guards(void)
{
    unsigned need[RAM_PAGES];
    unsigned got[RAM_PAGES] = {0};

    for (size_t i = 0; i < bps.n_guards; i++) {
        const struct guard_range *g = &bps.guard[i];
        const struct guard_range *next = g + 1;

        cr_assert(g->size > 0 && g->gpa % MEM_PAGE == 0 &&
                  g->size % MEM_PAGE == 0 && g->gpa + g->size <= RAM_SIZE);
        if (i + 1 < bps.n_guards)
            cr_assert(
                next->gpa > g->gpa + g->size ||
                    (next->gpa == g->gpa + g->size && next->kind != g->kind),
                "%s: apart, or unlike", row->label);
        for (uint64_t at = 0; at < g->size; at += MEM_PAGE)
            got[(g->gpa + at) / MEM_PAGE] = g->kind == GUARD_WRITE ? 1 : 2;
    }
    needed_guards(need);
    for (size_t i = 0; i < RAM_PAGES; i++)
        cr_assert(eq(u32, got[i], need[i]), "%s: page %zu", row->label, i);
}

static bool concerns(const struct breakpoint *bp, uint64_t gpa, size_t n,
                     bool is_write)
{
    bool way =
        bp->kind == BP_ACCESS || bp->kind == (is_write ? BP_WRITE : BP_READ);

    for (uint64_t k = 0; way && k < bp->size; k++)
        if (ram_of(bp, k) - gpa < n)
            return true;
    return false;
}

static bool was_told[BP_MAX];

static void tell(void *context, const struct breakpoint *bp)
{
    (void)context;
    was_told[bp - bps.bp] = true;
}

static void expect_watching(void)
{
    uint64_t gpa = draw(RAM_PAGES) * MEM_PAGE + draw(16);
    size_t n = 1 + draw(8);
    bool is_write = draw(2);

    memset(was_told, 0, sizeof was_told);
    (void)bp_each_watching(&bps, gpa, n, is_write, tell, NULL);
    for (size_t i = 0; i < bps.n; i++)
        cr_assert(eq(int, was_told[i], concerns(&bps.bp[i], gpa, n, is_write)),
                  "%s: %#llx+%zu, breakpoint %zu", row->label,
                  (unsigned long long)gpa, n, i);
}

static void expect_pending(bool pending)
{
    bool any = false;

    for (size_t i = 0; i < bps.n; i++) {
        const struct breakpoint *bp = &bps.bp[i];

        if (bp->kind == BP_WRITTEN)
            continue; /* it is there, or nowhere */
        if (bp->kind <= BP_HARD)
            any |= !bp->planted && !bp->in_register;
        else
            for (uint64_t k = 0; !bp->in_register && k < bp->size; k++)
                any |= byte_of(bp, k) == NOT_MAPPED;
    }
    cr_assert(eq(int, pending, any), "%s: pending", row->label);
}

static bool has_place(const struct breakpoint *bp)
{
    size_t size = row->host.trap->size;
    uint64_t n = 0;

    if (bp->kind <= BP_HARD)
        return !bp->planted && size && ram_of(bp, 0) <= RAM_SIZE - size;
    for (uint64_t k = 0; k < bp->size; k++)
        n += byte_of(bp, k) != NOT_MAPPED;
    return n > bp->mapped;
}

/* In a register, which is not enough in user code. */
static bool lacks_trap(const struct breakpoint *bp)
{
    return bp->kind <= BP_HARD && !row->host.user_registers &&
           bp->place == BP_NO_PLACE;
}

void expect_appeared(void)
{
    bool any = false;

    for (size_t i = 0; i < bps.n; i++)
        any |= bps.bp[i].kind != BP_WRITTEN && has_place(&bps.bp[i]) &&
               (!bps.bp[i].in_register || lacks_trap(&bps.bp[i]));
    cr_assert(eq(int, bp_appeared(&bps, &space), any), "%s: appeared",
              row->label);
}

void expect_armed(bool pending)
{
    expect_pending(pending);
    expect_planted();
    expect_guards();
    for (unsigned i = 0; i < 8; i++)
        expect_watching();
}
