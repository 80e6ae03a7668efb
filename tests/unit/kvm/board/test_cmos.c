/* SPDX-License-Identifier: MIT */
/* What the firmware has written down in the clock's memory, and what it leaves
 * in the chips. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "kvm/board/board.h"
#include "tests/unit/kvm/device/port_rows.h"
#include "tests/unit/kvm/rows.h"

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

static void ignore(void *context, const char *text, size_t n)
{
    (void)context, (void)text, (void)n;
}

static struct board board;

static void start(void)
{
    const struct console_sink console = {ignore, NULL};

    cr_assert(zero(int, board_init(&board, console, NULL, NULL)));
}

static unsigned cmos(unsigned at, unsigned bytes)
{
    unsigned value = 0;

    for (unsigned i = 0; i < bytes; i++) {
        port_out(&board.bus, 0x70, 1, at + i);
        value |= port_in(&board.bus, 0x71, 1) << 8 * i;
    }
    return value;
}

/* clang-format off */
static const struct row {
    uint64_t low, high;
    unsigned base, kib, blocks, blocks_above_4g;
} rows[] = {
    {512 * KIB,   0,         512, 0,      0,      0},
    {640 * KIB,   0,         640, 0,      0,      0},
    {1 * MIB,     0,         640, 0,      0,      0},
    {2 * MIB,     0,         640, 1024,   0,      0},
    {16 * MIB,    0,         640, 15360,  0,      0},
    {65 * MIB,    0,         640, 0xffff, 784,    0},
    {128 * MIB,   0,         640, 0xffff, 1792,   0},
    {3 * GIB,     1 * GIB,   640, 0xffff, 48896,  0x4000},
    {3 * GIB,     1021 * GIB, 640, 0xffff, 48896, 0xff4000},
    {3 * GIB,     2048 * GIB, 640, 0xffff, 48896, 0xffffff},
};
/* clang-format on */

ParameterizedTestParameters(cmos, memory)
{
    return row_numbers(ROWS(rows));
}

ParameterizedTest(const size_t *i, cmos, memory)
{
    const struct row *row = &rows[*i];
    unsigned sum = 0;

    start();
    board_describe_memory(&board, row->low, row->high);
    cr_expect(eq(uint, cmos(0x15, 2), row->base));
    cr_expect(eq(uint, cmos(0x17, 2), row->kib));
    cr_expect(eq(uint, cmos(0x30, 2), row->kib));
    cr_expect(eq(uint, cmos(0x34, 2), row->blocks));
    cr_expect(eq(uint, cmos(0x5b, 3), row->blocks_above_4g));
    for (unsigned at = 0x10; at < 0x2e; at++)
        sum += cmos(at, 1);
    cr_expect(eq(uint, cmos(0x2e, 1) << 8 | cmos(0x2f, 1), sum));
    board_done(&board);
}

/* Nothing is due at power-on; behind a BIOS the timer is, 55 ms later, and it
 * alone is let through. */
Test(cmos, post)
{
    start();
    cr_expect(eq(u64, board_deadline(&board, 0), CLOCK_NEVER));
    board_post(&board);
    cr_expect(eq(u64, board_deadline(&board, 0) / 1000, 54926));
    cr_expect(eq(u32, port_in(&board.bus, 0x21, 1), 0xf8));
    cr_expect(eq(u32, port_in(&board.bus, 0xa1, 1), 0xff));
    cr_expect(eq(u32, port_in(&board.bus, 0x4d0, 2), 0x0200), "ACPI's level");
    cr_expect(not(board_asks(&board, 0)));
    board.clock.passed = 54927000;
    cr_expect(eq(u64, board_deadline(&board, 0), CLOCK_NEVER),
              "it asks already");
    cr_expect(board_asks(&board, 0));
    cr_expect(eq(u8, board_take(&board, 0), 8));
    cr_expect(eq(u64, board_deadline(&board, 0) / 1000, 109851));
    board_give_back(&board, 0);
    cr_expect(board_asks(&board, 0));
    board_done(&board);
}

/* On zeros, too: there is no board. */
Test(cmos, no_board)
{
    static struct board none;

    cr_expect(eq(u64, board_deadline(&none, 0), CLOCK_NEVER));
}
