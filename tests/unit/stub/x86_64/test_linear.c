/* SPDX-License-Identifier: MIT */
/* Memory by linear address: what steps write there, a frame at most. */
#include <errno.h>
#include <string.h>

#include "kvm/x86_64/state/linear.h"
#include "tests/unit/stub/x86_64/memview_fixture.h"

/* clang-format off */
static const struct {
    const char *label;
    uint64_t addr;
    int result;
    uint64_t first, last; /* gpa */
} writes[] = {
    {"within a page",  0x1234,  0,       0x1234, 0x1253},
    {"to its end",     0x1fe0,  0,       0x1fe0, 0x1fff},
    {"two pages",      0x1ff0,  0,       0x1ff0, 0x500f},
    {"into a hole",    0x2ff0,  -EFAULT, 0, 0},
    {"out of a hole",  0x3ff0,  -EFAULT, 0, 0},
    {"up to no RAM",   0x3fff0, -EFAULT, 0, 0},
};
/* clang-format on */

Test(linear, writes)
{
    static uint8_t before[LOW_SIZE];
    uint8_t bytes[0x20];

    memset(bytes, 0xee, sizeof bytes);
    for (size_t i = 0; i < ROWS(writes); i++) {
        begin_view(false);
        memcpy(before, host_bytes(0), sizeof before);
        cr_expect(eq(int, x86_write(cpu, writes[i].addr, bytes, sizeof bytes),
                     writes[i].result),
                  "%s", writes[i].label);
        bool changed = memcmp(before, host_bytes(0), sizeof before) != 0;
        cr_expect(eq(int, changed, writes[i].last != 0), "%s", writes[i].label);
        if (!changed)
            continue;
        cr_expect(eq(u8, *host_bytes(writes[i].first), 0xee));
        cr_expect(eq(u8, *host_bytes(writes[i].last), 0xee));
        cr_expect(ne(u8, *host_bytes(writes[i].last + 1), 0xee));
    }
}

/* The end of the page table itself: by its last entry the second half is
 * reached. */
Test(linear, a_write_that_unmaps_its_second_page)
{
    enum { TABLE = 510, BEHIND = 511, HALF = 0x10 };
    uint8_t bytes[2 * HALF] = {0};

    begin_view(false);
    map_page(TABLE, PT);
    map_page(BEHIND, 7 * PAGE);
    cr_assert(
        zero(int, x86_write(cpu, BEHIND * PAGE - HALF, bytes, sizeof bytes)));
    cr_expect(zero(ptr, x86_byte(cpu, BEHIND * PAGE)), "it is gone");
    cr_expect(zero(u8, *host_bytes(7 * PAGE)));
    cr_expect(zero(u8, *host_bytes(7 * PAGE + HALF - 1)));
    cr_expect(ne(u8, *host_bytes(7 * PAGE + HALF), 0));
}
