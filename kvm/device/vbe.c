/* SPDX-License-Identifier: MIT */
#include "kvm/device/vbe.h"

#include <string.h>

#include "kvm/device/vga_draw.h"

enum { ID_FIRST = 0xb0c0, ID_LAST = 0xb0c5, UNIT = 64 << 10 };

static const uint16_t most[VBE_REGISTERS] = {
    [VBE_COLUMNS] = VBE_MOST_COLUMNS,
    [VBE_ROWS] = PICTURE_ROWS,
    [VBE_BITS] = 32,
};

struct vbe_state vbe_power_on(void)
{
    return (struct vbe_state){
        .reg = {[VBE_ID] = ID_LAST, [VBE_MEMORY] = VBE_MEMORY_SIZE / UNIT}};
}

/* 0: no dot has so many bits. */
static unsigned bytes_of(unsigned bits)
{
    switch (bits) {
    case 8:
    case 16:
    case 24:
    case 32:
        return bits / 8;
    case 15:
        return 2;
    default:
        return 0;
    }
}

/* --- registers --- */

uint16_t vbe_read(const struct vbe_state *s)
{
    if (s->index >= VBE_REGISTERS)
        return 0;
    if (s->reg[VBE_ENABLE] & VBE_MOST && most[s->index])
        return most[s->index];
    return s->reg[s->index];
}

static bool is_mode(const uint16_t *reg)
{
    return bytes_of(reg[VBE_BITS]) && reg[VBE_COLUMNS] &&
           reg[VBE_COLUMNS] <= VBE_MOST_COLUMNS && reg[VBE_ROWS] &&
           reg[VBE_ROWS] <= PICTURE_ROWS;
}

/* Rows of so many dots that there is memory for. */
static unsigned rows_of(const uint16_t *reg, unsigned columns)
{
    unsigned rows = VBE_MEMORY_SIZE / (columns * bytes_of(reg[VBE_BITS]));

    return rows < UINT16_MAX ? rows : UINT16_MAX;
}

static void set_virtual(uint16_t *reg, uint16_t columns)
{
    reg[VBE_VIRTUAL_COLUMNS] = columns;
    reg[VBE_VIRTUAL_ROWS] = (uint16_t)rows_of(reg, columns);
    reg[VBE_X] = reg[VBE_Y] = 0;
}

/* Returns whether a mode has begun that wants its memory cleared. */
static bool enable(uint16_t *reg, uint16_t value)
{
    bool was_on = reg[VBE_ENABLE] & VBE_ON;

    if (value & VBE_ON && !was_on && !is_mode(reg))
        value &= (uint16_t)~VBE_ON;
    reg[VBE_ENABLE] = value;
    if (!(value & VBE_ON) || was_on)
        return false;
    set_virtual(reg, reg[VBE_COLUMNS]);
    return !(value & VBE_KEEP);
}

/* What would show more than there is stays as it was. */
static void move(uint16_t *reg, enum vbe_register which, uint16_t value)
{
    bool is_x = which == VBE_X;
    unsigned shown = reg[is_x ? VBE_COLUMNS : VBE_ROWS];
    unsigned there = reg[is_x ? VBE_VIRTUAL_COLUMNS : VBE_VIRTUAL_ROWS];

    if (value + shown <= there)
        reg[which] = value;
}

static void widen(uint16_t *reg, uint16_t columns)
{
    if (columns < reg[VBE_COLUMNS])
        columns = reg[VBE_COLUMNS];
    if (rows_of(reg, columns) >= reg[VBE_ROWS])
        set_virtual(reg, columns);
}

bool vbe_write(struct vbe_state *s, uint16_t value)
{
    uint16_t *reg = s->reg;
    bool is_on = reg[VBE_ENABLE] & VBE_ON;

    switch (s->index) {
    case VBE_ID:
        if (value >= ID_FIRST && value <= ID_LAST)
            reg[VBE_ID] = value;
        return false;
    case VBE_COLUMNS:
    case VBE_ROWS:
    case VBE_BITS:
        if (!is_on)
            reg[s->index] = value;
        return false;
    case VBE_ENABLE:
        return enable(reg, value);
    case VBE_VIRTUAL_COLUMNS:
        if (is_on)
            widen(reg, value);
        return false;
    case VBE_X:
    case VBE_Y:
        if (is_on)
            move(reg, (enum vbe_register)s->index, value);
        return false;
    default:
        return false;
    }
}

/* --- what is shown --- */

struct vbe_view vbe_view(const struct vbe_state *s)
{
    const uint16_t *reg = s->reg;
    unsigned bytes = bytes_of(reg[VBE_BITS]);
    struct vbe_view view = {.bits = 0};

    if (!(reg[VBE_ENABLE] & VBE_ON))
        return view;
    view.bits = reg[VBE_BITS];
    view.columns = reg[VBE_COLUMNS];
    view.rows = reg[VBE_ROWS];
    view.pitch = reg[VBE_VIRTUAL_COLUMNS] * bytes;
    view.start = reg[VBE_Y] * view.pitch + reg[VBE_X] * bytes;
    return view;
}

/* Some bits of a dot, as 8: the highest are the lowest again. */
static uint32_t vbe_part(uint32_t dot, unsigned from, unsigned bits)
{
    uint32_t value = dot >> from & ((1u << bits) - 1);

    return value << (8 - bits) | value >> (2 * bits - 8);
}

static uint32_t colour_of(uint32_t dot, unsigned bits,
                          const struct vga_state *vga)
{
    switch (bits) {
    case 8:
        return vga_colour(vga, (uint8_t)dot);
    case 15:
        return vbe_part(dot, 10, 5) << 16 | vbe_part(dot, 5, 5) << 8 |
               vbe_part(dot, 0, 5);
    case 16:
        return vbe_part(dot, 11, 5) << 16 | vbe_part(dot, 5, 6) << 8 |
               vbe_part(dot, 0, 5);
    default:
        return dot & 0xffffff;
    }
}

static void draw_row(const struct vbe_view *view, const struct vga_state *vga,
                     const uint8_t *from, uint32_t *to)
{
    unsigned bytes = bytes_of(view->bits);

    for (unsigned i = 0; i < view->columns; i++, from += bytes) {
        uint32_t dot = 0;

        for (unsigned byte = 0; byte < bytes; byte++)
            dot |= (uint32_t)from[byte] << 8 * byte;
        to[i] = colour_of(dot, view->bits, vga);
    }
}

void vbe_draw(const struct vbe_view *view, const struct vga_state *vga,
              const uint8_t *memory, size_t n, struct picture *ret)
{
    size_t row_size = (size_t)view->columns * bytes_of(view->bits);

    ret->columns = view->columns;
    ret->rows = view->rows;
    for (unsigned row = 0; row < view->rows; row++) {
        uint32_t *to = ret->dot + (size_t)row * view->columns;
        size_t at = view->start + (size_t)row * view->pitch;

        if (at <= n && n - at >= row_size)
            draw_row(view, vga, memory + at, to);
        else
            memset(to, 0, view->columns * sizeof *to);
    }
}
