/* SPDX-License-Identifier: MIT */
/* The local APIC as a device: its page of memory, and CR8. test_lapic.c has the
 * chip. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "kvm/device/lapic.h"
#include "tests/unit/kvm/rows.h"

/* Registers of 32 bits at multiples of 16, in a page that can be moved; sizes
 * that nobody defines read what is there, and write nothing. */
/* clang-format off */
static const struct access_row {
    const char *label;
    unsigned offset, size;
    uint64_t read;
    bool is_written;
} access_rows[] = {
    {"a register", 0x80, 4, 0x000000a5, true},
    {"its first byte", 0x80, 1, 0xa5, false},
    {"its second byte", 0x81, 1, 0, false},
    {"half of it", 0x80, 2, 0xa5, false},
    {"what is behind it", 0x84, 4, 0, false},
    {"beside it", 0x82, 4, 0, false},
    {"with what is behind it", 0x80, 8, 0xa5, false},
};
/* clang-format on */

static uint64_t page_access(struct lapic *lapic, bool is_write, unsigned offset,
                            unsigned size, uint64_t value)
{
    uint8_t data[8];

    memcpy(data, &value, sizeof data);
    lapic_access(lapic, is_write, offset, size, data);
    memcpy(&value, data, sizeof data);
    return size == 8 ? value : value & ((UINT64_C(1) << 8 * size) - 1);
}

ParameterizedTestParameters(lapic_device, accesses)
{
    return row_numbers(ROWS(access_rows));
}

ParameterizedTest(const size_t *i, lapic_device, accesses)
{
    const struct access_row *row = &access_rows[*i];
    const struct lapic_host nobody = {NULL, NULL, NULL, NULL};
    struct machine_clock clock;
    atomic_uint changes = 0;
    struct lapic lapic;

    machine_clock_init(&clock);
    lapic_init(&lapic, 0, &clock, &changes, nobody);
    (void)page_access(&lapic, true, 0x80, 4, 0xa5);
    cr_expect(eq(u64,
                 page_access(&lapic, false, row->offset, row->size, UINT64_MAX),
                 row->read),
              "%s", row->label);
    (void)page_access(&lapic, true, row->offset, row->size, 0x5a);
    cr_expect(eq(u64, page_access(&lapic, false, 0x80, 4, 0),
                 row->is_written ? 0x5a : 0xa5),
              "%s", row->label);
    cr_expect(lapic_is_at(&lapic, 0xfee00fff) &&
              !lapic_is_at(&lapic, 0xfee01000) &&
              !lapic_is_at(&lapic, 0xfedfffff));
    lapic_change_base(&lapic, 0xfed00900);
    cr_expect(lapic_is_at(&lapic, 0xfed00000) &&
              !lapic_is_at(&lapic, 0xfee00000));
    lapic_change_base(&lapic, 0xfed00100);
    cr_expect(not(lapic_is_at(&lapic, 0xfed00000)), "switched off");
}

/* CR8 is bits 7 to 4 of TPR (11.8.6); the others go when it changes. */
Test(lapic_device, cr8)
{
    const struct lapic_host nobody = {NULL, NULL, NULL, NULL};
    struct machine_clock clock;
    atomic_uint changes = 0;
    struct lapic lapic;

    machine_clock_init(&clock);
    lapic_init(&lapic, 0, &clock, &changes, nobody);
    (void)page_access(&lapic, true, 0x80, 4, 0x53);
    cr_expect(eq(u8, lapic_cr8(&lapic), 5));
    lapic_set_cr8(&lapic, 5);
    cr_expect(eq(u64, page_access(&lapic, false, 0x80, 4, 0), 0x53));
    lapic_set_cr8(&lapic, 0xe);
    cr_expect(eq(u64, page_access(&lapic, false, 0x80, 4, 0), 0xe0));
    cr_expect(eq(u8, lapic_cr8(&lapic), 0xe));
}
