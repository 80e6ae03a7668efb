/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "kvm/core/mem.h"
#include "stub/points/assign.h"
#include "stub/points/table.h"
#include "stub/points/traps.h"
#include "stub/points/written.h"
#include "tests/unit/stub/points/bp_model.h"

/*
 * Long random stories, against bp_model.h. At any time a reader is shown the
 * model's bytes; after bp_arm() memory is the model with a trap at each wish
 * that is mapped, under any address that it can mean; when all is removed
 * memory is the model.
 */

enum { ROUNDS = 5000, WRITE_MAX = 24 };

/* clang-format off */
static const struct model_row random_rows[] = {
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

static void arm(void)
{
    expect_appeared();
    bps.written_exits = draw(2);
    bps.registers_suffice = draw(2);
    sweep();
    expect_armed(bp_arm(&bps, &space));
    expect_counts();
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
