/* SPDX-License-Identifier: MIT */
#include "kvm/device/vga_draw.h"

#include "kvm/device/font.h"

/* --- colours --- */

/* 6 bits to 8: the highest is the highest again. */
static uint32_t vga_draw_part(uint8_t six)
{
    return (uint32_t)(six << 2 | six >> 4);
}

uint32_t vga_colour(const struct vga_state *s, uint8_t index)
{
    const uint8_t *colour = s->colour[index & s->mask];

    return vga_draw_part(colour[0]) << 16 | vga_draw_part(colour[1]) << 8 |
           vga_draw_part(colour[2]);
}

/* The attribute controller makes 8 bits for the DAC of 4 (IBM, "Attribute
 * Controller", internal palette and color select registers). */
static uint32_t text_colour(const struct vga_state *s, unsigned four)
{
    enum { MODE = 0x10, SELECT = 0x14, BITS_5_4 = 0x80 };
    const uint8_t *attribute = s->bank[VGA_ATTRIBUTE];
    unsigned index = attribute[four & 0x0f] & 0x3fu;
    unsigned select = attribute[SELECT];

    if (attribute[MODE] & BITS_5_4)
        index = (index & 0x0f) | (select & 3) << 4;
    return vga_colour(s, (uint8_t)(index | (select & 0x0c) << 4));
}

/* --- memory --- */

struct memory {
    const uint8_t *at;
    size_t n;
};

static uint8_t byte_at(const struct memory *memory, uint32_t at)
{
    return at < memory->n ? memory->at[at] : 0;
}

/* --- text --- */

/* All of a text screen that is the same for each cell. */
struct text_look {
    uint32_t colour[16];
    bool blinks;                     /* bit 7, else it is a colour's */
    unsigned lines;                  /* of a cell */
    unsigned cursor_from, cursor_to; /* lines; none where from > to */
};

static struct text_look text_look_of(const struct vga_state *s,
                                     const struct vga_view *view)
{
    enum { CURSOR_START = 0x0a, CURSOR_END = 0x0b, MAX_LINE = 9 };
    const uint8_t *crtc = s->bank[VGA_CRT];
    struct text_look look = {
        .blinks = s->bank[VGA_ATTRIBUTE][0x10] & 0x08,
        .lines = (crtc[MAX_LINE] & 0x1fu) + 1,
        .cursor_from = view->cursor_on ? crtc[CURSOR_START] & 0x1fu : 1,
        .cursor_to = view->cursor_on ? crtc[CURSOR_END] & 0x1fu : 0,
    };

    for (unsigned i = 0; i < 16; i++)
        look.colour[i] = text_colour(s, i);
    return look;
}

/* One line of a glyph in a cell of so many: none of its lines is lost. */
static uint8_t glyph_line(uint8_t character, unsigned line, unsigned lines)
{
    unsigned from = line * FONT_LINES / lines;
    unsigned to = (line + 1) * FONT_LINES / lines;
    uint8_t dots = font_437[character][from];

    for (unsigned i = from + 1; i < to; i++)
        dots |= font_437[character][i];
    return dots;
}

static void draw_cell(const struct text_look *look, uint8_t character,
                      uint8_t attribute, bool has_cursor, uint32_t *to,
                      unsigned pitch)
{
    uint32_t ink = look->colour[attribute & 0x0f];
    uint32_t paper =
        look->colour[attribute >> 4 & (look->blinks ? 0x07 : 0x0f)];

    for (unsigned line = 0; line < look->lines; line++, to += pitch) {
        uint8_t dots = glyph_line(character, line, look->lines);

        if (has_cursor && line >= look->cursor_from && line <= look->cursor_to)
            dots = 0xff;
        for (unsigned i = 0; i < FONT_COLUMNS; i++)
            to[i] = dots & 0x80 >> i ? ink : paper;
    }
}

static void draw_text(const struct vga_state *s, const struct vga_view *view,
                      const struct memory *memory, struct picture *ret)
{
    const struct text_look look = text_look_of(s, view);

    for (unsigned row = 0; row < view->rows; row++)
        for (unsigned column = 0; column < view->columns; column++) {
            uint32_t at = view->start + row * view->pitch + 2 * column;

            draw_cell(&look, byte_at(memory, at), byte_at(memory, at + 1),
                      at == view->cursor,
                      ret->dot + (size_t)row * look.lines * ret->columns +
                          (size_t)column * FONT_COLUMNS,
                      ret->columns);
        }
}

/* --- dots --- */

static void draw_dots(const struct vga_state *s, const struct vga_view *view,
                      const struct memory *memory, struct picture *ret)
{
    uint32_t *to = ret->dot;

    for (unsigned row = 0; row < view->rows; row++)
        for (unsigned column = 0; column < view->columns; column++)
            *to++ = vga_colour(
                s, byte_at(memory, view->start + row * view->pitch + column));
}

bool vga_draw(const struct vga_state *s, const uint8_t *memory, size_t n,
              struct picture *ret)
{
    const struct vga_view view = vga_view(s);
    const struct memory window = {memory, n};
    bool is_text = view.kind == VGA_TEXT;
    unsigned columns = is_text ? view.columns * FONT_COLUMNS : view.columns;
    unsigned rows =
        is_text ? view.rows * ((s->bank[VGA_CRT][9] & 0x1fu) + 1) : view.rows;

    if (view.kind == VGA_UNKNOWN || !columns || !rows ||
        columns > PICTURE_COLUMNS || rows > PICTURE_ROWS ||
        columns * rows > PICTURE_DOTS)
        return false;
    ret->columns = columns;
    ret->rows = rows;
    (is_text ? draw_text : draw_dots)(s, &view, &window, ret);
    return true;
}
