/* SPDX-License-Identifier: MIT */
/* What is where on a PC, and what is said when a table puts two there. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "kvm/board/board.h"
#include "tests/unit/kvm/device/disk_fixture.h"
#include "tests/unit/kvm/rows.h"

/* In order. */
static const struct region_row {
    enum bus_space space;
    uint64_t base, size;
    const char *name;
    bool of_disk;
} region_rows[] = {
    {BUS_PORTS, 0x60, 1, "keyboard controller", false},
    {BUS_PORTS, 0x64, 1, "keyboard controller", false},
    {BUS_PORTS, 0x92, 1, "keyboard controller", false},
    {BUS_PORTS, 0xe9, 1, "debug console", false},
    {BUS_PORTS, 0xf4, 1, "exit port", false},
    {BUS_PORTS, 0x1f0, 8, "ATA channel", true},
    {BUS_PORTS, 0x3f6, 1, "ATA channel", true},
    {BUS_PORTS, 0x3f8, 8, "serial port", false},
};

static void expect_region(const struct bus *bus, const struct region_row *row,
                          size_t *at)
{
    const struct bus_region *region =
        &bus->map[row->space].region[at[row->space]++];

    cr_assert(le(sz, at[row->space], bus->map[row->space].n), "%s", row->name);
    cr_expect(eq(u64, region->base, row->base), "%s", row->name);
    cr_expect(eq(u64, region->size, row->size), "%s", row->name);
    cr_expect(zero(int, strcmp(region->name, row->name)), "%s", row->name);
}

static void expect_regions(const struct bus *bus, bool with_disk)
{
    size_t at[BUS_SPACES] = {0};

    for (size_t i = 0; i < ROWS(region_rows); i++)
        if (with_disk || !region_rows[i].of_disk)
            expect_region(bus, &region_rows[i], at);
    cr_expect(eq(sz, at[BUS_PORTS], bus->map[BUS_PORTS].n));
    cr_expect(eq(sz, at[BUS_MMIO], bus->map[BUS_MMIO].n));
}

static void ignore(void *context, const char *text, size_t n)
{
    (void)context, (void)text, (void)n;
}

static const struct console_sink console = {ignore, NULL};

Test(pc, everything_is_in_its_place)
{
    static struct board board;
    struct file file = disk_file(4 * DISK_SECTOR);
    struct diag diag = {""};

    cr_assert(zero(int, board_init(&board, console, &diag)), "%s", diag.text);
    expect_regions(&board.bus, false);
    cr_assert(zero(int, board_attach_disk(&board, NULL, file.path, &diag)),
              "%s", diag.text);
    expect_regions(&board.bus, true);
    cr_expect(eq(int, atomic_load(&board.end_code), -1));
    board_done(&board);
    (void)close(file.fd);
}

/* A machine is made anew in the same place. */
Test(pc, made_anew)
{
    static struct board board;
    uint8_t status = 7;

    for (unsigned i = 0; i < 2; i++) {
        cr_assert(zero(int, board_init(&board, console, NULL)));
        expect_regions(&board.bus, false);
        cr_expect(eq(int, atomic_load(&board.end_code), -1));
        bus_io(&board.bus, true, 0xf4, 1, 1, &status);
        cr_expect(eq(int, atomic_load(&board.end_code), 7));
        board_done(&board);
    }
}

Test(pc, two_in_one_place)
{
    static struct board board;
    static struct kbc second;
    static const struct device_place places[KBC_BLOCKS] = {
        {BUS_PORTS, 0x50}, {BUS_PORTS, 0x54}, {BUS_PORTS, 0x3f9}};
    struct diag diag = {""};

    cr_assert(zero(int, board_init(&board, console, NULL)));
    kbc_init(&second, &board.end_code);
    cr_expect(eq(int,
                 device_attach(&kbc_kind, &second, &board.bus, places, &diag),
                 -EEXIST));
    cr_expect(strstr(diag.text, "keyboard controller at 0x3f9 collides with "
                                "serial port at 0x3f8") != NULL,
              "%s", diag.text);
    board_done(&board);
}

/* Without its disk the board is as it was. */
Test(pc, no_such_disk)
{
    static struct board board;
    struct diag diag = {""};

    cr_assert(zero(int, board_init(&board, console, NULL)));
    cr_expect(eq(int, board_attach_disk(&board, NULL, "/nowhere/disk", &diag),
                 -ENOENT));
    cr_expect(strstr(diag.text, "/nowhere/disk") != NULL, "%s", diag.text);
    expect_regions(&board.bus, false);
    board_done(&board);
}
