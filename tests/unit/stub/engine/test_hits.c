/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "stub/engine/hits.h"
#include "stub/points/table.h"
#include "tests/unit/stub/points/bp_fixture.h"

static struct hits hits;

static const struct breakpoint a = {.kind = BP_WRITE, .gva = 1, .size = 4};
static const struct breakpoint b = {.kind = BP_WRITE, .gva = 5, .size = 4};
static const struct breakpoint c = {.kind = BP_READ, .gva = 1, .size = 4};

static void set(const struct breakpoint *bp)
{
    (void)bp_insert(&bps, bp->kind, bp->gva, bp->size);
}

static void unset(const struct breakpoint *bp)
{
    (void)bp_remove(&bps, bp->kind, bp->gva, bp->size);
}

static bool is(const struct breakpoint *got, const struct breakpoint *want)
{
    return got && got->kind == want->kind && got->gva == want->gva &&
           got->size == want->size;
}

static void begin_with_all(void)
{
    static const struct bp_host host = {&trap_byte, 4, true, false, 0, 0};

    begin(&host);
    hits_forget(&hits);
    set(&a);
    set(&b);
    set(&c);
}

Test(hits, in_order_and_once)
{
    begin_with_all();
    hits_note(&hits, &b);
    hits_note(&hits, &a);
    hits_note(&hits, &b);
    cr_expect(is(hits_take(&hits, &bps, false), &b));
    cr_expect(is(hits_take(&hits, &bps, false), &a));
    cr_expect(eq(int, hits_take(&hits, &bps, false) == NULL, true));
    end();
}

Test(hits, by_kind_as_well)
{
    begin_with_all();
    hits_note(&hits, &a);
    hits_note(&hits, &c);
    cr_expect(is(hits_take(&hits, &bps, false), &a));
    cr_expect(is(hits_take(&hits, &bps, false), &c));
    end();
}

Test(hits, set_again)
{
    begin_with_all();
    hits_note(&hits, &a);
    unset(&a);
    set(&a);
    cr_expect(is(hits_take(&hits, &bps, false), &a));
    end();
}

Test(hits, taken_away_for_good)
{
    begin_with_all();
    hits_note(&hits, &a);
    hits_note(&hits, &b);
    unset(&a);
    cr_expect(is(hits_take(&hits, &bps, false), &b));
    set(&a);
    cr_expect(eq(int, hits_take(&hits, &bps, false) == NULL, true));
    end();
}

Test(hits, the_last_taken_away)
{
    begin_with_all();
    hits_note(&hits, &a);
    unset(&a);
    cr_expect(eq(int, hits_take(&hits, &bps, false) == NULL, true));
    set(&a);
    cr_expect(eq(int, hits_take(&hits, &bps, false) == NULL, true));
    end();
}

/* As many as there can be watchpoints, and nothing behind them is touched. */
Test(hits, full)
{
    static struct {
        struct hits hits;
        struct hit behind;
    } all;
    struct breakpoint bp = {.kind = BP_WRITE, .size = 1};

    begin_with_all();
    bp_remove_all(&bps);
    for (bp.gva = 0; bp.gva <= BP_MAX; bp.gva++)
        hits_note(&all.hits, &bp);
    cr_expect(eq(sz, all.hits.n, BP_MAX), "the last one had no room");
    for (bp.gva = 0; bp.gva < BP_MAX; bp.gva++)
        set(&bp);
    for (bp.gva = 0; bp.gva < BP_MAX; bp.gva++)
        cr_assert(is(hits_take(&all.hits, &bps, bp.gva % 2), &bp));
    cr_expect(eq(int, hits_take(&all.hits, &bps, false) == NULL, true));
    cr_expect(zero(sz, all.hits.n));
    cr_expect(zero(u64, all.behind.gva | all.behind.size));
    end();
}

Test(hits, kept_over_a_step)
{
    begin_with_all();
    hits_note(&hits, &a);
    hits_note(&hits, &b);
    unset(&a);
    cr_expect(is(hits_take(&hits, &bps, true), &b));
    set(&a);
    cr_expect(is(hits_take(&hits, &bps, true), &a));
    cr_expect(zero(sz, hits.n));
    end();
}
