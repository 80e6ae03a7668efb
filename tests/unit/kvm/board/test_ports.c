/* SPDX-License-Identifier: MIT */
/*
 * Whatever a guest does at any port: the machine's own set of devices, each
 * port, each size, in and out, strings too, in any order.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kvm/board/board.h"
#include "kvm/board/pc.h"
#include "tests/unit/kvm/device/disk_fixture.h"
#include "tests/unit/kvm/device/port_rows.h"
#include "tests/unit/kvm/rows.h"

enum { PORTS = 0x10000, SECTORS = 9, STORM = 200000 };

/* Who answers a read. */
static const struct claim {
    uint16_t port, count;
    bool of_disk;
} claims[] = {
    {0x20, 2, false},   {0x40, 4, false},  {0x60, 2, false},
    {0x64, 1, false},   {0x70, 2, false},  {0x92, 1, false},
    {0xa0, 2, false},   {0xe9, 1, false},  {0x1f0, 8, true},
    {0x3f6, 1, true},   {0x3f8, 8, false}, {0x3c0, 16, false},
    {0x3d4, 2, false},  {0x3da, 1, false}, {0x4d0, 2, false},
    {0x600, 6, false},  {0x608, 4, false}, {0xcf9, 1, false},
    {0x8a00, 2, false}, {0x1ce, 3, false},
};

static bool is_claimed(uint16_t port, bool with_disk)
{
    for (size_t i = 0; i < ROWS(claims); i++)
        if (port >= claims[i].port && port - claims[i].port < claims[i].count)
            return with_disk || !claims[i].of_disk;
    return false;
}

static void ignore(void *context, const char *text, size_t n)
{
    (void)context, (void)text, (void)n;
}

/* The one of the program, but for KVM. */
static struct board *machine(bool with_disk, struct file *file)
{
    struct board *board = calloc(1, sizeof *board);
    const struct console_sink console = {ignore, NULL};
    struct diag diag = {""};

    cr_assert(board != NULL);
    cr_assert(zero(int, board_init(board, console, NULL, &diag)), "%s",
              diag.text);
    *file = disk_file(SECTORS * DISK_SECTOR);
    if (with_disk)
        cr_assert(
            zero(int, board_attach_disk(board, NULL, file->path, false, &diag)),
            "%s", diag.text);
    return board;
}

static void machine_done(struct board *board, const struct file *file)
{
    board_done(board);
    (void)close(file->fd);
    free(board);
}

static const struct way {
    const char *label;
    unsigned size;
    uint32_t count; /* a string, beyond 1 */
    bool with_disk;
} ways[] = {
    {"bytes", 1, 1, true},
    {"words", 2, 1, true},
    {"longs", 4, 1, true},
    {"strings of bytes", 1, 16, true},
    {"strings of words", 2, 8, true},
    {"strings of longs", 4, 4, true},
    {"bytes, no disk", 1, 1, false},
    {"longs, no disk", 4, 1, false},
};

enum { DATA = 16 };

/* Nobody's bytes float high, all of them. */
static void expect_floating(const struct way *way, uint16_t port,
                            const uint8_t *data)
{
    for (unsigned i = 0; i < way->size * way->count; i++) {
        uint16_t one = (uint16_t)(port + i % way->size);

        if (!is_claimed(one, way->with_disk))
            cr_assert(eq(u8, data[i], 0xff), "%s: port %#x", way->label, one);
    }
}

ParameterizedTestParameters(ports, in)
{
    return row_numbers(ROWS(ways));
}

ParameterizedTest(const size_t *i, ports, in)
{
    const struct way *way = &ways[*i];
    struct file file;
    struct board *board = machine(way->with_disk, &file);

    for (uint32_t port = 0; port < PORTS; port++) {
        uint8_t data[DATA] = {0};

        bus_io(&board->bus, false, (uint16_t)port, way->size, way->count, data);
        expect_floating(way, (uint16_t)port, data);
    }
    cr_expect(eq(int, atomic_load(&board->end_code), -1), "%s", way->label);
    machine_done(board, &file);
}

/* Of an out of zeros: one to the keyboard controller is no command, and port
 * 0x92 has no reset in it. */
static bool ends_guest(const struct way *way, uint16_t port)
{
    return (uint16_t)(PC_EXIT - port) < way->size;
}

ParameterizedTestParameters(ports, out)
{
    return row_numbers(ROWS(ways));
}

ParameterizedTest(const size_t *i, ports, out)
{
    const struct way *way = &ways[*i];
    struct file file;
    struct board *board = machine(way->with_disk, &file);

    for (uint32_t port = 0; port < PORTS; port++) {
        uint8_t data[DATA] = {0};
        bool ends = ends_guest(way, (uint16_t)port);

        atomic_store(&board->end_code, -1);
        bus_io(&board->bus, true, (uint16_t)port, way->size, way->count, data);
        cr_assert(eq(int, atomic_load(&board->end_code), ends ? 0 : -1),
                  "%s: port %#x", way->label, port);
    }
    machine_done(board, &file);
}

/* Blocks of ports with a device in them, a few neighbours included. */
static const struct {
    uint16_t first;
    unsigned ports;
} blocks[] = {
    {PC_KBC_DATA - 4, 16},
    {PC_SYSTEM_CONTROL - 4, 8},
    {PC_PIC_MASTER - 2, 6},
    {PC_PIC_SLAVE - 2, 6},
    {PC_PIT - 2, 8},
    {PC_RTC - 2, 6},
    {PC_ELCR - 2, 6},
    {PC_PM_EVENT - 2, 16},
    {PC_RESET - 2, 12},
    {PC_DEBUG_PORT - 2, 6},
    {PC_DEBUG_CONSOLE - 4, 20},
    {PC_ATA_COMMAND - 4, 16},
    {PC_ATA_CONTROL - 4, 16},
    {0xfffc, 8},
};

static void expect_sound(const struct board *board)
{
    if (board->ata.state.status & 0x08) /* DRQ */
        cr_assert(lt(uint, board->ata.state.at, DISK_SECTOR));
    cr_assert(le(sz, board->com[0].state.n_typed, SERIAL_TYPED_MAX));
    cr_assert(lt(int, atomic_load(&board->end_code), GUEST_ENDS));
}

/* The order of accesses matters: transfers begun and left, wanted bytes. */
Test(ports, storm)
{
    struct file file;
    struct board *board = machine(true, &file);
    uint64_t seed = 42;
    uint8_t was[DISK_SECTOR];

    for (unsigned round = 0; round < STORM / 16; round++) {
        const size_t block = round % ROWS(blocks);

        (void)serial_type(&board->com[0], "typed", 5);
        port_storm(&board->bus, blocks[block].first, blocks[block].ports, 16,
                   &seed);
        expect_sound(board);
    }
    for (unsigned sector = 0; sector < SECTORS; sector++) {
        cr_assert(eq(long, pread(file.fd, was, sizeof was, sector * 512),
                     sizeof was));
        for (unsigned at = 0; at < sizeof was; at++)
            cr_assert(eq(u8, was[at], disk_byte(sector * 512 + at)),
                      "the file was written to");
    }
    machine_done(board, &file);
}
