/* SPDX-License-Identifier: MIT */
/* What board_screen() says of the screen's memory. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <string.h>

#include "kvm/board/board.h"
#include "kvm/board/pc.h"

enum { TEXT = 0x18000, RAM = 1 << 20, PITCH = 160 };

static const struct console_sink console = {NULL, NULL};

static struct board board;
static struct guest_mem mem;
static struct screen_text screen;
static uint32_t dot[PICTURE_DOTS];

static void begin(uint64_t ram)
{
    struct diag diag = {""};

    cr_assert(zero(int, board_init(&board, console, NULL, &diag)), "%s",
              diag.text);
    cr_assert(zero(int, mem_init(&mem, ram, &diag)), "%s", diag.text);
}

static void end(void)
{
    board_done(&board);
    mem_done(&mem);
}

static void put(unsigned row, unsigned column, const char *text)
{
    uint64_t at = PC_VGA_START + TEXT + row * PITCH + 2 * column;

    for (; *text; text++, at += 2)
        cr_assert(zero(int, mem_write(&mem, at, text, 1)));
}

static void port_write(uint16_t port, uint16_t value)
{
    bus_io(&board.bus, true, port, sizeof value, 1, &value);
}

Test(screen, text)
{
    begin(RAM);
    put(0, 0, "first");
    put(2, 4, "a\xe1 \x01\xdb\xff");
    put(3, 79, "]");
    cr_assert(zero(int, board_screen(&board, &mem, &screen, NULL)));
    cr_expect(eq(sz, screen.used, strlen("first\n\n    aß ☺█\n") + 81));
    cr_expect(zero(int, memcmp(screen.text, "first\n\n    aß ☺█\n  ", 24)));
    cr_expect(eq(chr, screen.text[screen.used - 2], ']'));
    cr_expect(eq(sz, screen.n, screen.used + 21));
    end();
}

Test(screen, empty)
{
    begin(RAM);
    cr_assert(zero(int, board_screen(&board, &mem, &screen, NULL)));
    cr_expect(zero(sz, screen.used));
    cr_expect(eq(sz, screen.n, 25));
    end();
}

/* A guest with less memory than a PC has. */
Test(screen, nothing_there)
{
    begin(4096);
    cr_assert(zero(int, board_screen(&board, &mem, &screen, NULL)));
    cr_expect(zero(sz, screen.used));
    end();
}

/* Registers that no monitor could take lead nowhere outside. */
Test(screen, any_registers)
{
    struct picture picture = {.dot = dot};
    struct diag diag = {""};

    begin(RAM);
    port_write(0x3ce, 0x0506);
    cr_expect(eq(int, board_screen(&board, &mem, &screen, &diag), -ENOTSUP));
    cr_expect(eq(str, diag.text,
                 (char *)(uintptr_t) "the screen is in a mode that this "
                                     "machine does not show: it has text and "
                                     "dots of 256 colours"));
    cr_expect(eq(int, board_picture(&board, &mem, &picture, &diag), -ENOTSUP));
    port_write(0x3c4, 0x0e04);
    port_write(0x3d4, 0x4109);
    cr_expect(eq(int, board_screen(&board, &mem, &screen, &diag), -ENOTSUP));
    cr_expect(eq(str, diag.text,
                 (char *)(uintptr_t) "the screen shows 320 by 200 dots: "
                                     "`monitor screenshot FILE` writes a "
                                     "picture of it"));
    port_write(0x3d4, 0x4f09);
    port_write(0x3ce, 0x0e06);
    port_write(0x3d4, 0x0011);
    port_write(0x3d4, 0xff01); /* 256 columns */
    cr_expect(eq(int, board_screen(&board, &mem, &screen, NULL), -ENOTSUP));
    port_write(0x3d4, 131 << 8 | 1);
    port_write(0x3d4, 0xff0c);
    port_write(0x3d4, 0xff0d);
    port_write(0x3d4, 0xff13);
    cr_expect(zero(int, board_screen(&board, &mem, &screen, NULL)));
    port_write(0x3d4, 0x0009); /* 400 rows */
    cr_expect(eq(int, board_screen(&board, &mem, &screen, NULL), -ENOTSUP));
    end();
}

/* The window of memory that is drawn is the screen's. */
Test(screen, picture)
{
    struct picture picture = {.dot = dot};

    begin(RAM);
    put(0, 0, "\xdb");
    cr_assert(zero(int, mem_write(&mem, PC_VGA_START + TEXT + 1, "\x04", 1)));
    cr_assert(zero(int, board_picture(&board, &mem, &picture, NULL)));
    cr_expect(eq(uint, picture.columns, 640));
    cr_expect(eq(u32, dot[0], 0xaa0000));
    cr_expect(eq(u32, dot[7], 0xaa0000));
    cr_expect(eq(u32, dot[8], 0));
    end();
    begin(4096);
    cr_assert(zero(int, board_picture(&board, &mem, &picture, NULL)));
    end();
}

/* A frame buffer hides the VGA's, and is cleared as its mode begins. */
Test(screen, frame_buffer)
{
    const struct mem_hole hole = {PC_HOLE_START, PC_HOLE_END};
    const uint16_t writes[] = {1, 640, 2, 480, 3, 32, 4, 0x41};
    struct picture picture = {.dot = dot};
    struct diag diag = {""};

    begin(RAM);
    mem_done(&mem);
    cr_assert(zero(int, mem_init_around(&mem, RAM, &hole, NULL)));
    cr_assert(zero(int, mem_add_device(&mem, board_memory.start,
                                       board_memory.end - board_memory.start,
                                       &diag)));
    board_connect_memory(&board, &(struct dma){.mem = &mem});
    cr_assert(zero(int, mem_write(&mem, PC_FRAME_BUFFER_END - 1, "x", 1)));
    for (size_t i = 0; i < sizeof writes / sizeof *writes; i++)
        port_write((uint16_t)(0x1ce + i % 2), writes[i]);
    cr_assert(zero(int, mem_read(&mem, PC_FRAME_BUFFER_END - 1, dot, 1)));
    cr_expect(zero(int, *(uint8_t *)dot), "cleared");
    cr_assert(zero(int, mem_write(&mem, PC_FRAME_BUFFER + 4, "\1\2\3", 3)));
    cr_assert(zero(int, board_picture(&board, &mem, &picture, NULL)));
    cr_expect(eq(uint, picture.columns, 640));
    cr_expect(eq(uint, picture.rows, 480));
    cr_expect(zero(u32, dot[0]));
    cr_expect(eq(u32, dot[1], 0x030201));
    cr_expect(eq(int, board_screen(&board, &mem, &screen, &diag), -ENOTSUP));
    cr_expect(strstr(diag.text, "640 by 480 dots") != NULL, "%s", diag.text);
    port_write(0x1cf, 0);
    cr_assert(zero(int, board_picture(&board, &mem, &picture, NULL)));
    cr_expect(eq(uint, picture.rows, 400), "text again");
    end();
}

/* Its index and data ports, in bytes, and beside them. */
Test(screen, frame_buffer_ports)
{
    uint16_t value = 10;
    uint8_t byte = 0;

    begin(RAM);
    bus_io(&board.bus, true, 0x1ce, 2, 1, &value);
    value = 0;
    bus_io(&board.bus, false, 0x1ce, 2, 1, &value);
    cr_expect(eq(u16, value, 10));
    bus_io(&board.bus, false, 0x1cf, 2, 1, &value);
    cr_expect(eq(u16, value, 256));
    bus_io(&board.bus, false, 0x1d0, 1, 1, &byte);
    cr_expect(zero(u8, byte));
    end();
}
