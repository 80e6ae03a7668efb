/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "stub/points/assign.h"
#include "stub/points/table.h"
#include "tests/unit/stub/points/bp_fixture.h"

/*
 * What the client had when the guest last ran, for `monitor breakpoints`: GDB
 * takes all away at each stop.
 */

static const struct bp_host host = {&trap_byte, 4, false, false, 0, 0};

static void expect_last(const char *label, size_t n, uint64_t first)
{
    cr_expect(eq(sz, bps.n_last, n), "%s", label);
    if (n)
        cr_expect(eq(u64, bps.last[0].gva, first), "%s", label);
}

Test(bp, last)
{
    begin(&host);
    cr_expect(eq(int, insert("s1000 w2000+4"), 0));
    expect_last("not armed yet", 0, 0);
    (void)bp_arm(&bps, &space);
    expect_last("armed", 2, 0x1000);
    cr_expect(bps.last[0].planted, "what served it");
    cr_expect(bps.last[1].in_pages, "what served it");
    cr_expect(eq(int, remove_all_of("s1000 w2000+4"), 0));
    expect_last("taken away one by one", 2, 0x1000);
    (void)bp_arm(&bps, &space);
    expect_last("nothing armed", 2, 0x1000);
    cr_expect(eq(int, bp_insert(&bps, BP_CATCH, 0x3000, 14), 0));
    (void)bp_arm(&bps, &space);
    expect_last("our own alone", 2, 0x1000);
    cr_expect(eq(int, insert("h4000"), 0));
    (void)bp_arm(&bps, &space);
    expect_last("our own and another", 2, 0x3000);
    cr_expect(eq(u64, bps.last[1].gva, 0x4000));
    bp_remove_kind(&bps, BP_CATCH);
    (void)bp_arm(&bps, &space);
    expect_last("the other", 1, 0x4000);
    end();
}
