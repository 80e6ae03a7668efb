/* SPDX-License-Identifier: MIT */
/* Which dot has which colour. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "kvm/device/font.h"
#include "kvm/device/vga_draw.h"
#include "tests/unit/kvm/rows.h"

enum { WINDOW = 0x20000, TEXT = 0x18000, COLUMNS = 640 };

static uint8_t memory[WINDOW];
static uint32_t dot[PICTURE_DOTS];

static void set(struct vga_state *s, unsigned port, uint8_t index,
                uint8_t value)
{
    vga_write(s, port, index);
    vga_write(s, port + 1, value);
}

static void set_attribute(struct vga_state *s, uint8_t index, uint8_t value)
{
    (void)vga_read(s, 0x3da);
    vga_write(s, 0x3c0, index);
    vga_write(s, 0x3c0, value);
}

static struct picture draw(const struct vga_state *s)
{
    struct picture picture = {.dot = dot};

    cr_assert(vga_draw(s, memory, sizeof memory, &picture));
    return picture;
}

static void put(unsigned row, unsigned column, uint8_t character,
                uint8_t attribute)
{
    uint8_t *cell = memory + TEXT + 160 * row + 2 * column;

    cell[0] = character;
    cell[1] = attribute;
}

/* The cell's lines of so many, a bit for each dot of that colour; those of the
 * other one are 0, and any third fails. */
static void expect_cell(const char *label, unsigned row, unsigned column,
                        unsigned lines, const uint8_t *wanted, uint32_t ink,
                        uint32_t paper)
{
    for (unsigned y = 0; y < lines; y++)
        for (unsigned x = 0; x < 8; x++) {
            uint32_t got = dot[(row * lines + y) * COLUMNS + 8 * column + x];

            cr_expect(eq(u32, got, wanted[y] & 0x80 >> x ? ink : paper),
                      "%s: line %u, dot %u", label, y, x);
        }
}

Test(vga_draw, text)
{
    static const uint8_t cursor[16] = {[13] = 0xff, [14] = 0xff};
    static const uint8_t blank[16];
    struct vga_state s = vga_power_on();
    struct picture picture;

    set(&s, 0x3d4, 0x0f, 80 + 3);
    put(0, 0, 'A', 0x1e);
    put(24, 79, 0xc9, 0xa4); /* blinks */
    put(1, 3, ' ', 0x07);
    picture = draw(&s);
    cr_expect(eq(uint, picture.columns, COLUMNS));
    cr_expect(eq(uint, picture.rows, 400));
    expect_cell("A", 0, 0, 16, font_437['A'], 0xffff55, 0x0000aa);
    expect_cell("corner", 24, 79, 16, font_437[0xc9], 0xaa0000, 0x00aa00);
    expect_cell("cursor", 1, 3, 16, cursor, 0xaaaaaa, 0);
    set(&s, 0x3d4, 0x0a, 0x2d);
    set_attribute(&s, 0x10, 0x04); /* bit 7 is a colour's */
    (void)draw(&s);
    expect_cell("no cursor", 1, 3, 16, blank, 1, 0);
    expect_cell("intense", 24, 79, 16, font_437[0xc9], 0xaa0000, 0x55ff55);
}

/* Palette, colour select and the DAC's mask lie between an attribute and what
 * it looks like. */
Test(vga_draw, text_colours)
{
    struct vga_state s = vga_power_on();

    put(0, 0, 0xdb, 0x02);
    s.colour[0x3c][0] = 63;
    s.colour[0x7c][1] = 63;
    s.colour[0x5c][2] = 63;
    set_attribute(&s, 0x02, 0x3c);
    (void)draw(&s);
    cr_expect(eq(u32, dot[0], 0xff5555), "palette");
    s.colour[0x3c][1] = s.colour[0x3c][2] = 0;
    (void)draw(&s);
    cr_expect(eq(u32, dot[0], 0xff0000), "DAC");
    set_attribute(&s, 0x14, 0x05);
    (void)draw(&s);
    cr_expect(eq(u32, dot[0], 0x00ff00), "bits 7 and 6");
    set_attribute(&s, 0x10, 0x8c);
    (void)draw(&s);
    cr_expect(eq(u32, dot[0], 0x0000ff), "bits 5 and 4, too");
    vga_write(&s, 0x3c6, 0x00);
    (void)draw(&s);
    cr_expect(eq(u32, dot[0], 0), "mask");
}

/* 80 by 50: of each two lines of a glyph what either has. */
Test(vga_draw, text_low)
{
    struct vga_state s = vga_power_on();
    uint8_t lines[8];

    for (unsigned i = 0; i < 8; i++)
        lines[i] = font_437['g'][2 * i] | font_437['g'][2 * i + 1];
    set(&s, 0x3d4, 0x09, 0x47);
    put(49, 7, 'g', 0x70);
    cr_expect(eq(uint, draw(&s).rows, 400));
    expect_cell("g", 49, 7, 8, lines, 0, 0xaaaaaa);
}

/* A font of 32 lines: each twice. */
Test(vga_draw, text_high)
{
    struct vga_state s = vga_power_on();
    uint8_t lines[32];

    for (unsigned i = 0; i < 32; i++)
        lines[i] = font_437['g'][i / 2];
    set(&s, 0x3d4, 0x09, 0x5f);
    put(11, 7, 'g', 0x70);
    cr_expect(eq(uint, draw(&s).rows, 12 * 32));
    expect_cell("g", 11, 7, 32, lines, 0, 0xaaaaaa);
}

static struct vga_state mode_13(void)
{
    struct vga_state s = vga_power_on();

    set(&s, 0x3c4, 4, 0x0e);
    set(&s, 0x3ce, 6, 0x05);
    set(&s, 0x3d4, 0x09, 0x41);
    s.colour[200][0] = 1;
    s.colour[200][1] = 32;
    s.colour[200][2] = 63;
    return s;
}

Test(vga_draw, dots)
{
    struct vga_state s = mode_13();
    struct picture picture;

    memory[0] = 200;
    memory[320 * 199 + 319] = 200;
    memory[64] = 200;
    picture = draw(&s);
    cr_expect(eq(uint, picture.columns, 320));
    cr_expect(eq(uint, picture.rows, 200));
    cr_expect(eq(u32, dot[0], 0x0482ff));
    cr_expect(eq(u32, dot[1], 0));
    cr_expect(eq(u32, dot[320 * 199 + 319], 0x0482ff));
    set(&s, 0x3d4, 0x0d, 16); /* it begins 64 bytes later */
    (void)draw(&s);
    cr_expect(eq(u32, dot[0], 0x0482ff));
    cr_expect(eq(u32, dot[320 * 199 + 319 - 64], 0x0482ff));
}

/* What is not there is 0, and nothing behind it is looked at. */
Test(vga_draw, short_of_memory)
{
    struct vga_state s = mode_13();
    struct picture picture = {.dot = dot};
    static const uint8_t one[] = {200};

    cr_assert(vga_draw(&s, one, 1, &picture));
    cr_expect(eq(u32, dot[0], 0x0482ff));
    cr_expect(eq(u32, dot[1], 0));
    cr_assert(vga_draw(&s, NULL, 0, &picture));
    cr_expect(eq(u32, dot[0], 0));
}

static const struct row {
    const char *label;
    uint8_t reg[8]; /* of the CRTC: index and value */
    bool is_drawn;
    unsigned columns, rows;
} rows[] = {
    {"as it is", {0x13, 0x28}, true, 640, 400},
    {"as wide as can be", {1, 255}, true, 2048, 400},
    {"as high as can be", {0x12, 0xff, 7, 0x42, 9, 0x5f}, true, 640, 1024},
    {"too many dots", {1, 255, 0x12, 0xff, 7, 0x42, 9, 0x5f}, false, 1, 2},
    {"no row", {0x12, 1, 7, 0, 9, 0x5f}, false, 1, 2},
};

ParameterizedTestParameters(vga_draw, sizes)
{
    return row_numbers(ROWS(rows));
}

ParameterizedTest(const size_t *i, vga_draw, sizes)
{
    const struct row *row = &rows[*i];
    struct vga_state s = vga_power_on();
    struct picture picture = {.columns = 1, .rows = 2, .dot = dot};

    set(&s, 0x3d4, 0x11, 0);
    for (unsigned at = 0; at < sizeof row->reg; at += 2)
        if (row->reg[at])
            set(&s, 0x3d4, row->reg[at], row->reg[at + 1]);
    cr_expect(
        eq(int, vga_draw(&s, memory, sizeof memory, &picture), row->is_drawn),
        "%s", row->label);
    cr_expect(eq(uint, picture.columns, row->columns), "%s", row->label);
    cr_expect(eq(uint, picture.rows, row->rows), "%s", row->label);
}

Test(vga_draw, planes)
{
    struct vga_state s = mode_13();
    struct picture picture = {.dot = dot};

    set(&s, 0x3c4, 4, 0x06);
    cr_expect(eq(int, vga_draw(&s, memory, sizeof memory, &picture), false));
}

/* Each glyph that is not blank differs from all others, but for those that
 * look alike. */
Test(vga_draw, font)
{
    unsigned same = 0;

    for (unsigned a = 0; a < FONT_GLYPHS; a++)
        for (unsigned b = 0; b < a; b++)
            same += !memcmp(font_437[a], font_437[b], FONT_LINES);
    cr_expect(le(uint, same, 8));
    cr_expect(eq(u8, font_437['L'][12], 0x7e));
    cr_expect(eq(u8, font_437[0xcd][0], 0));
    cr_expect(eq(u8, font_437[0xba][0], font_437[0xba][15]));
    cr_expect(ne(u8, font_437[0xba][0], 0));
}
