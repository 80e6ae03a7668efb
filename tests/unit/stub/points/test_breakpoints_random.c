/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "kvm/core/mem.h"
#include "stub/points/assign.h"
#include "stub/points/pages.h"
#include "stub/points/table.h"
#include "stub/points/traps.h"
#include "stub/points/written.h"
#include "tests/unit/stub/points/bp_fixture.h"

/*
 * Long random stories, against a model so simple that it is right: the bytes
 * that the guest believes to have, and a list of wishes. At any time a reader
 * is shown the model's bytes; after bp_arm() memory is the model with a trap at
 * each wish that is mapped, under any address that it can mean; when all is
 * removed memory is the model.
 */

enum { ROUNDS = 5000, MOST_WISHES = 24, MOST_WRITTEN = 24, WRITE_MAX = 24 };

/* clang-format off */
static const struct random_row {
    const char *label;
    struct bp_host host;
    unsigned align; /* of code */
    uint64_t seed;
} random_rows[] = {
    {"four registers, for code",   {&trap_byte, 4, false, false, 0, 0}, 1, 1},
    {"four registers, for all",    {&trap_byte, 4, true, false, 0, 0},  1, 2},
    {"no registers",               {&trap_byte, 0, false, false, 0, 0}, 1, 3},
    {"registers and no trap",      {&trap_none, 4, true, false, 0, 0},  1, 4},
    {"nothing",                    {&trap_none, 0, false, false, 0, 0}, 1, 5},
    {"long traps",                 {&trap_word, 4, true, false, 0, 0},  4, 6},
    {"long traps, no registers",   {&trap_word, 0, false, false, 0, 0}, 4, 7},
    {"again",                      {&trap_byte, 1, true, false, 0, 0},  1, 8},
    {"registers for user code",    {&trap_byte, 3, true, true, 0, 0},   1, 9},
};
/* clang-format on */

struct wish {
    enum bp_kind kind;
    uint64_t gva, size;
    bool narrow; /* only 32 bits of its address are known */
};

/* What the client wrote itself, and what was there before. */
struct written {
    uint64_t gpa;
    uint8_t was[TRAP_MAX_BYTES];
    bool hidden; /* and the client believes it to be there still */
};

static const struct random_row *row;
static uint64_t random_state; /* xorshift64, Marsaglia 2003 */
static uint8_t model[RAM_SIZE];
static struct wish wishes[MOST_WISHES];
static size_t n_wishes;
static struct written written[MOST_WRITTEN];
static size_t n_written;

static uint64_t draw(uint64_t n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % n;
}

static bool is_exec(const struct wish *w)
{
    return w->kind <= BP_HARD;
}

/* Where gva is mapped to, NOT_MAPPED when nowhere. */
static uint64_t mapped(uint64_t gva)
{
    uint64_t gpa;
    uint64_t run;

    if ((!space.wide && gva > UINT32_MAX) ||
        space.gva.translate(NULL, gva, &gpa, &run) < 0)
        return NOT_MAPPED;
    return gpa;
}

/* What else 32 bits can mean: 0xffffffff80000000 and above, if they are more
 * than 0x80000000, and the other way round; 0 if nothing. */
static uint64_t other_name(uint64_t gva)
{
    if (gva >= HIGH_TWIN)
        return gva - HIGH_TWIN + LOW_TWIN;
    if (gva >= LOW_TWIN && gva <= UINT32_MAX)
        return gva - LOW_TWIN + HIGH_TWIN;
    return 0;
}

/* All places that a wish means now: up to two, NOT_MAPPED for none. */
static void places(const struct wish *w, uint64_t ret[2])
{
    uint64_t other = w->narrow ? other_name(w->gva) : 0;

    ret[0] = mapped(w->gva);
    ret[1] = NOT_MAPPED;
    if (other && (other > w->gva || !space.wide))
        ret[1] = mapped(other);
}

/* --- what happens --- */

/* Few places, so that they meet often; most of them at the ends of pages. */
static struct wish draw_wish(void)
{
    static const uint64_t bases[] = {0, LOW_TWIN, HIGH_TWIN};
    struct wish w = {.kind = (enum bp_kind)draw(5),
                     .gva = draw(GVA_PAGES + 1) * MEM_PAGE + draw(8) - 4,
                     .narrow = draw(2)};

    if (draw(2))
        w.gva += bases[draw(3)];
    w.size = draw(4) ? 1 + draw(12) : 1 + draw(3 * MEM_PAGE);
    if (is_exec(&w))
        w.gva -= w.gva % row->align;
    return w;
}

static bool same(const struct wish *a, const struct wish *b)
{
    return a->kind == b->kind && a->gva == b->gva &&
           (is_exec(a) || a->size == b->size);
}

static struct wish *known(const struct wish *w)
{
    for (size_t i = 0; i < n_wishes; i++)
        if (same(&wishes[i], w))
            return &wishes[i];
    return NULL;
}

static void expect_counts(void)
{
    size_t twins = 0;

    for (size_t i = 0; i < n_wishes; i++)
        twins += wishes[i].narrow && other_name(wishes[i].gva);
    cr_assert(eq(sz, bps.n, n_wishes + twins + n_written), "%s", row->label);
}

static void insert_one(void)
{
    struct wish w = draw_wish();

    if (w.gva > UINT64_MAX - w.size || n_wishes == MOST_WISHES)
        return;
    if (!known(&w))
        wishes[n_wishes++] = w;
    known(&w)->narrow = w.narrow;
    cr_assert(eq(
        int,
        (w.narrow ? bp_insert_narrow : bp_insert)(&bps, w.kind, w.gva, w.size),
        0));
    expect_counts();
}

/* By its other name it is known to a client of 32 bits, or to one that had 32
 * bits when it inserted it. */
static struct wish *meant(const struct wish *w)
{
    struct wish other = *w;
    struct wish *at = known(w);

    other.gva = other_name(w->gva);
    if (at || !other.gva)
        return at;
    at = known(&other);
    return at && (w->narrow || at->narrow) ? at : NULL;
}

/* One that is there, mostly. */
static void remove_one(void)
{
    struct wish w = n_wishes && draw(4) ? wishes[draw(n_wishes)] : draw_wish();
    struct wish *at;

    w.narrow = draw(2);
    if (draw(4) == 0 && other_name(w.gva))
        w.gva = other_name(w.gva);
    at = meant(&w);
    if (at)
        *at = wishes[--n_wishes];
    cr_assert(eq(
        int,
        (w.narrow ? bp_remove_narrow : bp_remove)(&bps, w.kind, w.gva, w.size),
        0));
    expect_counts();
}

static void map_one(void)
{
    static const uint64_t beyond[] = {NOT_MAPPED, RAM_SIZE};
    static uint64_t *const maps[] = {page_map, page_map, low_map, high_map};
    uint64_t page = draw(RAM_PAGES + 2);

    maps[draw(4)][draw(GVA_PAGES)] =
        page < RAM_PAGES ? page * MEM_PAGE : beyond[page - RAM_PAGES];
}

/* Near the places of draw_wish(). */
static void write_some(bool seen)
{
    size_t n = 1 + draw(WRITE_MAX);
    uint64_t gpa = draw(RAM_PAGES) * MEM_PAGE + draw(WRITE_MAX);

    for (size_t i = 0; i < n; i++) {
        uint8_t byte = pattern(draw(MEM_PAGE));

        /* A loader's trap byte on a trap cannot be told from ours. */
        if (seen && !draw(4))
            byte = row->host.trap->bytes[draw(TRAP_MAX_BYTES)];
        model[gpa + i] = *ram(gpa + i) = byte;
    }
    if (seen)
        bp_written(&bps, gpa, n);
}

static bool is_insn(const uint8_t *bytes)
{
    return memcmp(bytes, bps.written->bytes, bps.written->size) == 0;
}

/* Those that are there no more are no breakpoints any more. */
static void sweep(void)
{
    for (size_t i = n_written; i-- > 0;)
        if (!is_insn(model + written[i].gpa))
            written[i] = written[--n_written];
}

/* Where one is, over an instruction that was the same, it is taken away. */
static void plant(uint64_t gpa)
{
    size_t i = 0;

    while (i < n_written && written[i].gpa != gpa)
        i++;
    if (i < n_written && is_insn(written[i].was) && !written[i].hidden) {
        written[i] = written[--n_written];
        return;
    }
    if (i == n_written) {
        written[n_written++].gpa = gpa;
        memcpy(written[i].was, model + gpa, bps.written->size);
    }
    written[i].hidden = false;
}

/* Often the one instruction, at few places. */
static void write_as_client(void)
{
    size_t size = bps.written->size;
    uint8_t bytes[TRAP_MAX_BYTES + 1];
    size_t n = draw(4) ? size : size + 1;
    uint64_t gpa = draw(4) * MEM_PAGE + draw(8);

    sweep();
    if (n_written == MOST_WRITTEN)
        return;
    for (size_t i = 0; i < n; i++)
        bytes[i] = pattern(draw(MEM_PAGE));
    if (draw(3))
        memcpy(bytes, bps.written->bytes, size);
    if (n == size && gpa % size == 0 && is_insn(bytes))
        plant(gpa);
    (void)bp_client_writes(&bps, gpa, gpa, bytes, n);
    for (size_t i = 0; i < n; i++)
        model[gpa + i] = *ram(gpa + i) = bytes[i];
    bp_written(&bps, gpa, n);
    bp_sweep_written(&bps);
    sweep();
    expect_counts();
}

static void forget_written(bool hidden)
{
    (hidden ? bp_forget_written : bp_show_written)(&bps);
    for (size_t i = 0; i < n_written; i++)
        written[i].hidden = hidden;
}

/* --- what must hold --- */

static void expect_shown(void)
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

static void expect_appeared(void)
{
    bool any = false;

    for (size_t i = 0; i < bps.n; i++)
        any |= bps.bp[i].kind != BP_WRITTEN && has_place(&bps.bp[i]) &&
               (!bps.bp[i].in_register || lacks_trap(&bps.bp[i]));
    cr_assert(eq(int, bp_appeared(&bps, &space), any), "%s: appeared",
              row->label);
}

static void arm(void)
{
    expect_appeared();
    bps.written_exits = draw(2);
    bps.registers_suffice = draw(2);
    sweep();
    expect_pending(bp_arm(&bps, &space));
    expect_counts();
    expect_planted();
    expect_guards();
    for (unsigned i = 0; i < 8; i++)
        expect_watching();
}

/* --- all together --- */

static void happen(void)
{
    switch (draw(11)) {
    case 0:
    case 1:
        insert_one();
        break;
    case 2:
        remove_one();
        break;
    case 3:
    case 4:
        arm();
        break;
    case 5:
        write_some(true);
        break;
    case 6:
        write_some(false);
        break;
    case 7: /* the CPU changes its mode */
        space.wide = draw(4);
        break;
    case 8:
        write_as_client();
        break;
    case 9: /* it reads target.xml anew */
        forget_written(draw(2));
        break;
    default:
        map_one();
        break;
    }
}

ParameterizedTestParameters(bp, random)
{
    return row_numbers(ROWS(random_rows));
}

ParameterizedTest(const size_t *i, bp, random)
{
    row = &random_rows[*i];
    random_state = row->seed;
    begin(&row->host);
    memcpy(model, ram(0), sizeof model);
    for (unsigned round = 0; round < ROUNDS; round++) {
        happen();
        expect_shown();
        if (draw(100) == 0) {
            bp_remove_all(&bps);
            n_wishes = n_written = 0;
            cr_assert(zero(int, memcmp(model, ram(0), sizeof model)),
                      "%s: removed", row->label);
        }
    }
    end();
}
