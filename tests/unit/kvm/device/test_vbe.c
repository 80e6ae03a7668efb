/* SPDX-License-Identifier: MIT */
/* The frame buffer's registers, by rows of accesses; what they say is shown;
 * and what that looks like. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "kvm/device/vbe.h"
#include "tests/unit/kvm/rows.h"

struct op {
    char what; /* 'w', 'r'; 'c': a write that clears the memory; 0: end */
    uint16_t index, value;
};

#define W(index, value)                                                        \
    {                                                                          \
        'w', index, value                                                      \
    }
#define R(index, value)                                                        \
    {                                                                          \
        'r', index, value                                                      \
    }
#define C(index, value)                                                        \
    {                                                                          \
        'c', index, value                                                      \
    }
#define MODE(columns, rows, bits)                                              \
    W(VBE_COLUMNS, columns), W(VBE_ROWS, rows), W(VBE_BITS, bits)

/* clang-format off */
static const struct row {
    const char *label;
    struct op op[20];
    struct vbe_view view;
} rows[] = {
    {"power-on", {R(VBE_ID, 0xb0c5), R(VBE_COLUMNS, 0), R(VBE_ENABLE, 0),
     R(VBE_MEMORY, 256), R(VBE_REGISTERS, 0), R(0xffff, 0)}, {0}},
    {"versions", {W(VBE_ID, 0xb0c0), R(VBE_ID, 0xb0c0), W(VBE_ID, 0xb0c6),
     R(VBE_ID, 0xb0c0), W(VBE_ID, 0xb0bf), R(VBE_ID, 0xb0c0)}, {0}},
    {"on", {MODE(1024, 768, 32), C(VBE_ENABLE, 0x41), R(VBE_COLUMNS, 1024),
     R(VBE_VIRTUAL_COLUMNS, 1024), R(VBE_VIRTUAL_ROWS, 4096), R(VBE_X, 0)},
     {1024, 768, 32, 0, 4096}},
    {"on, and kept", {MODE(640, 480, 8), W(VBE_ENABLE, 0xc1)},
     {640, 480, 8, 0, 640}},
    {"on twice", {MODE(640, 480, 15), C(VBE_ENABLE, 0x41),
     W(VBE_ENABLE, 0x41)}, {640, 480, 15, 0, 1280}},
    {"no change while on", {MODE(640, 480, 24), C(VBE_ENABLE, 0x41),
     MODE(800, 600, 32)}, {640, 480, 24, 0, 1920}},
    {"off and on", {MODE(640, 480, 24), C(VBE_ENABLE, 0x41),
     W(VBE_ENABLE, 0), MODE(800, 600, 32), C(VBE_ENABLE, 1)},
     {800, 600, 32, 0, 3200}},
    {"off", {MODE(640, 480, 24), C(VBE_ENABLE, 0x41), W(VBE_ENABLE, 0)}, {0}},
    {"the most", {W(VBE_ENABLE, 0x02), R(VBE_COLUMNS, 1600),
     R(VBE_ROWS, 1200), R(VBE_BITS, 32), R(VBE_MEMORY, 256)}, {0}},
    {"as large as can be", {MODE(1600, 1200, 32), C(VBE_ENABLE, 1)},
     {1600, 1200, 32, 0, 6400}},
    {"one dot", {MODE(1, 1, 8), C(VBE_ENABLE, 1)}, {1, 1, 8, 0, 1}},
    {"too wide", {MODE(1601, 1200, 32), W(VBE_ENABLE, 1), R(VBE_ENABLE, 0)},
     {0}},
    {"too high", {MODE(1600, 1201, 32), W(VBE_ENABLE, 1)}, {0}},
    {"no columns", {MODE(0, 480, 32), W(VBE_ENABLE, 1)}, {0}},
    {"no rows", {MODE(640, 0, 32), W(VBE_ENABLE, 1)}, {0}},
    {"no such bits", {MODE(640, 480, 4), W(VBE_ENABLE, 1)}, {0}},
    {"two pages", {MODE(1024, 768, 32), C(VBE_ENABLE, 1), W(VBE_Y, 768),
     R(VBE_Y, 768)}, {1024, 768, 32, 768 * 4096, 4096}},
    {"to the last row", {MODE(1024, 768, 32), C(VBE_ENABLE, 1),
     W(VBE_Y, 4096 - 768)}, {1024, 768, 32, (4096 - 768) * 4096, 4096}},
    {"past it", {MODE(1024, 768, 32), C(VBE_ENABLE, 1),
     W(VBE_Y, 4096 - 767)}, {1024, 768, 32, 0, 4096}},
    {"wider than it is", {MODE(640, 480, 16), C(VBE_ENABLE, 1),
     W(VBE_VIRTUAL_COLUMNS, 1000), W(VBE_X, 360), W(VBE_Y, 1),
     R(VBE_VIRTUAL_ROWS, 8388)}, {640, 480, 16, 2000 + 720, 2000}},
    {"too far to the right", {MODE(640, 480, 16), C(VBE_ENABLE, 1),
     W(VBE_VIRTUAL_COLUMNS, 1000), W(VBE_X, 361)}, {640, 480, 16, 0, 2000}},
    {"narrower", {MODE(640, 480, 16), C(VBE_ENABLE, 1),
     W(VBE_VIRTUAL_COLUMNS, 1)}, {640, 480, 16, 0, 1280}},
    {"wider than there is memory", {MODE(640, 480, 32), C(VBE_ENABLE, 1),
     W(VBE_VIRTUAL_COLUMNS, 8739)}, {640, 480, 32, 0, 2560}},
    {"nothing moves while off", {W(VBE_X, 5), R(VBE_X, 0),
     W(VBE_VIRTUAL_COLUMNS, 5), R(VBE_VIRTUAL_COLUMNS, 0)}, {0}},
    {"read only", {W(VBE_MEMORY, 1), R(VBE_MEMORY, 256), W(VBE_BANK, 1),
     R(VBE_BANK, 0), W(VBE_VIRTUAL_ROWS, 7), R(VBE_VIRTUAL_ROWS, 0)}, {0}},
};
/* clang-format on */

static void access(const struct row *row, struct vbe_state *s,
                   const struct op *op)
{
    s->index = op->index;
    if (op->what == 'r')
        cr_expect(eq(u16, vbe_read(s), op->value), "%s: op %td", row->label,
                  op - row->op);
    else
        cr_expect(eq(int, vbe_write(s, op->value), op->what == 'c'),
                  "%s: op %td", row->label, op - row->op);
}

ParameterizedTestParameters(vbe, registers)
{
    return row_numbers(ROWS(rows));
}

ParameterizedTest(const size_t *i, vbe, registers)
{
    const struct row *row = &rows[*i];
    struct vbe_state s = vbe_power_on();
    struct vbe_view view;

    for (const struct op *op = row->op; op->what; op++)
        access(row, &s, op);
    view = vbe_view(&s);
    cr_expect(eq(uint, view.bits, row->view.bits), "%s", row->label);
    cr_expect(eq(uint, view.columns, row->view.columns), "%s", row->label);
    cr_expect(eq(uint, view.rows, row->view.rows), "%s", row->label);
    cr_expect(eq(u32, view.start, row->view.start), "%s", row->label);
    cr_expect(eq(u32, view.pitch, row->view.pitch), "%s", row->label);
}

/* Whatever is written: what is shown is there. */
Test(vbe, random)
{
    struct vbe_state s = vbe_power_on();
    unsigned on = 0;

    srand(1);
    for (unsigned i = 0; i < 500000; i++) {
        unsigned width = (unsigned)rand() % 17;
        struct vbe_view view;

        s.index = (uint16_t)(rand() % (VBE_REGISTERS + 1));
        (void)vbe_write(&s, (uint16_t)((unsigned)rand() & ((1u << width) - 1)));
        view = vbe_view(&s);
        if (!view.bits)
            continue;
        on++;
        cr_assert(view.columns * view.rows <= PICTURE_DOTS);
        cr_assert(view.start + (view.rows - 1) * (uint64_t)view.pitch +
                      view.columns * ((view.bits + 7) / 8) <=
                  VBE_MEMORY_SIZE);
    }
    cr_expect(gt(uint, on, 1000));
}

/* --- what it looks like --- */

static const struct dot_row {
    const char *label;
    unsigned bits;
    uint8_t byte[4];
    uint32_t colour;
} dots[] = {
    {"the palette's", 8, {4}, 0xaa0000},
    {"15: white", 15, {0xff, 0x7f}, 0xffffff},
    {"15: red", 15, {0x00, 0x7c}, 0xff0000},
    {"15: green", 15, {0xe0, 0x03}, 0x00ff00},
    {"15: dark blue", 15, {0x01, 0x80}, 0x000008},
    {"16: red", 16, {0x00, 0xf8}, 0xff0000},
    {"16: green", 16, {0xe0, 0x07}, 0x00ff00},
    {"16: half green", 16, {0x00, 0x04}, 0x008200},
    {"16: blue", 16, {0x1f, 0x00}, 0x0000ff},
    {"24", 24, {0x01, 0x02, 0x03}, 0x030201},
    {"32", 32, {0x01, 0x02, 0x03, 0xff}, 0x030201},
};

ParameterizedTestParameters(vbe, dots)
{
    return row_numbers(ROWS(dots));
}

/* Two rows of two dots, the second of which begins later. */
ParameterizedTest(const size_t *i, vbe, dots)
{
    const struct dot_row *row = &dots[*i];
    const struct vga_state vga = vga_power_on();
    unsigned bytes = (row->bits + 7) / 8;
    const struct vbe_view view = {2, 2, row->bits, 1, 2 * bytes + 3};
    uint8_t memory[1 + 2 * (2 * 4 + 3)] = {0};
    uint32_t dot[4];
    struct picture picture = {.dot = dot};

    memcpy(memory + 1, row->byte, bytes);
    memcpy(memory + 1 + view.pitch + bytes, row->byte, bytes);
    vbe_draw(&view, &vga, memory, sizeof memory, &picture);
    cr_expect(eq(uint, picture.columns, 2));
    cr_expect(eq(uint, picture.rows, 2));
    cr_expect(eq(u32, dot[0], row->colour), "%s", row->label);
    cr_expect(zero(u32, dot[1]), "%s", row->label);
    cr_expect(zero(u32, dot[2]), "%s", row->label);
    cr_expect(eq(u32, dot[3], row->colour), "%s", row->label);
    memset(dot, 0xee, sizeof dot);
    vbe_draw(&view, &vga, memory, 1 + view.pitch + 2 * bytes - 1, &picture);
    cr_expect(eq(u32, dot[0], row->colour), "%s", row->label);
    cr_expect(zero(u32, dot[3]), "%s: not there", row->label);
    vbe_draw(&view, &vga, NULL, 0, &picture);
    cr_expect(zero(u32, dot[0]), "%s: nothing there", row->label);
}
