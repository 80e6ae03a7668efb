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
    {BUS_PORTS, 0x20, 2, "interrupt controller", false},
    {BUS_PORTS, 0x40, 4, "timer", false},
    {BUS_PORTS, 0x60, 1, "keyboard controller", false},
    {BUS_PORTS, 0x61, 1, "timer", false},
    {BUS_PORTS, 0x64, 1, "keyboard controller", false},
    {BUS_PORTS, 0x70, 2, "real-time clock", false},
    {BUS_PORTS, 0x92, 1, "keyboard controller", false},
    {BUS_PORTS, 0xa0, 2, "interrupt controller", false},
    {BUS_PORTS, 0xe9, 1, "debug console", false},
    {BUS_PORTS, 0xf4, 1, "exit port", false},
    {BUS_PORTS, 0x1ce, 3, "frame buffer", false},
    {BUS_PORTS, 0x1f0, 8, "ATA channel", true},
    {BUS_PORTS, 0x3c0, 16, "VGA", false},
    {BUS_PORTS, 0x3d4, 2, "VGA", false},
    {BUS_PORTS, 0x3da, 1, "VGA", false},
    {BUS_PORTS, 0x3f6, 1, "ATA channel", true},
    {BUS_PORTS, 0x3f8, 8, "serial port", false},
    {BUS_PORTS, 0x4d0, 2, "interrupt controller", false},
    {BUS_PORTS, 0x600, 4, "ACPI power management", false},
    {BUS_PORTS, 0x604, 2, "ACPI power management", false},
    {BUS_PORTS, 0x608, 4, "ACPI power management", false},
    {BUS_PORTS, 0xcf8, 8, "reset control", false},
    {BUS_PORTS, 0x8a00, 2, "debugger port", false},
    {BUS_MMIO, 0xfeb00000, 0x200, "virtio disk", true},
    {BUS_MMIO, 0xfec00000, 0x100, "I/O APIC", false},
};

static const struct line_row {
    unsigned line;
    const char *name;
    bool of_disk;
} line_rows[] = {
    {0, "timer", false},
    {1, "keyboard controller", false},
    {4, "serial port", false},
    {8, "real-time clock", false},
    {9, "ACPI power management", false},
    {14, "ATA channel", true},
    {16, "virtio disk", true},
};

static const char *driver_of(unsigned line, bool with_disk)
{
    for (size_t i = 0; i < ROWS(line_rows); i++)
        if (line_rows[i].line == line && (with_disk || !line_rows[i].of_disk))
            return line_rows[i].name;
    return "";
}

static void expect_lines(const struct bus *bus, bool with_disk)
{
    for (unsigned n = 0; n < BUS_LINES; n++) {
        const char *driver = bus->driver[n] ? bus->driver[n] : "";

        cr_expect(zero(int, strcmp(driver, driver_of(n, with_disk))),
                  "line %u: %s", n, driver);
        cr_expect(not(irq_is_high(&bus->line[n])), "line %u", n);
    }
}

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
    expect_lines(bus, with_disk);
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

    cr_assert(zero(int, board_init(&board, console, NULL, &diag)), "%s",
              diag.text);
    expect_regions(&board.bus, false);
    cr_assert(
        zero(int, board_attach_disk(&board, NULL, file.path, false, &diag)),
        "%s", diag.text);
    expect_regions(&board.bus, true);
    cr_expect(eq(int, atomic_load(&board.end_code), -1));
    board_done(&board);
    (void)close(file.fd);
}

/* Each device's line, as a guest's driver brings it up. */
Test(pc, interrupts_arrive)
{
    static struct board board;
    struct file file = disk_file(4 * DISK_SECTOR);
    const struct {
        uint16_t port;
        uint8_t value;
        unsigned line; /* high afterwards; 0: none */
    } ops[] = {{0x3f9, 0x02, 4}, {0x1f7, 0xe7, 14}, {0x64, 0xaa, 1}};

    cr_assert(zero(int, board_init(&board, console, NULL, NULL)));
    cr_assert(
        zero(int, board_attach_disk(&board, NULL, file.path, false, NULL)));
    for (size_t i = 0; i < ROWS(ops); i++) {
        uint8_t byte = ops[i].value;

        bus_io(&board.bus, true, ops[i].port, 1, 1, &byte);
        cr_expect(eq(int, irq_is_high(bus_line(&board.bus, ops[i].line)),
                     ops[i].line != 0),
                  "port %#x", ops[i].port);
    }
    board_done(&board);
    (void)close(file.fd);
}

/* A machine is made anew in the same place. */
Test(pc, made_anew)
{
    static struct board board;
    uint8_t status = 7;

    for (unsigned i = 0; i < 2; i++) {
        cr_assert(zero(int, board_init(&board, console, NULL, NULL)));
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
    static const struct device_wiring wiring = {
        {{BUS_PORTS, 0x50}, {BUS_PORTS, 0x54}, {BUS_PORTS, 0x3f9}},
        BUS_NO_LINE};
    struct diag diag = {""};

    cr_assert(zero(int, board_init(&board, console, NULL, NULL)));
    kbc_init(&second, &board.clock, &board.changes, &board.end_code);
    cr_expect(eq(int,
                 device_attach(&kbc_kind, &second, &board.bus, &wiring, &diag),
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

    cr_assert(zero(int, board_init(&board, console, NULL, NULL)));
    cr_expect(eq(int,
                 board_attach_disk(&board, NULL, "/nowhere/disk", false, &diag),
                 -ENOENT));
    cr_expect(strstr(diag.text, "/nowhere/disk") != NULL, "%s", diag.text);
    expect_regions(&board.bus, false);
    board_done(&board);
}
