/* SPDX-License-Identifier: MIT */
/* What is on a PC's screen, in characters and in dots. */
#include <errno.h>
#include <string.h>

#include "kvm/board/board.h"
#include "kvm/board/pc.h"
#include "kvm/device/vga_draw.h"

/* Code page 437 (IBM PC Technical Reference, "Characters, Keystrokes, and
 * Colors") in Unicode; 0x20 to 0x7e are ASCII. */
static const uint16_t low[0x20] = {
    ' ',    0x263a, 0x263b, 0x2665, 0x2666, 0x2663, 0x2660, 0x2022,
    0x25d8, 0x25cb, 0x25d9, 0x2642, 0x2640, 0x266a, 0x266b, 0x263c,
    0x25ba, 0x25c4, 0x2195, 0x203c, 0x00b6, 0x00a7, 0x25ac, 0x21a8,
    0x2191, 0x2193, 0x2192, 0x2190, 0x221f, 0x2194, 0x25b2, 0x25bc};

static const uint16_t high[0x81] = {
    0x2302, 0x00c7, 0x00fc, 0x00e9, 0x00e2, 0x00e4, 0x00e0, 0x00e5, 0x00e7,
    0x00ea, 0x00eb, 0x00e8, 0x00ef, 0x00ee, 0x00ec, 0x00c4, 0x00c5, 0x00c9,
    0x00e6, 0x00c6, 0x00f4, 0x00f6, 0x00f2, 0x00fb, 0x00f9, 0x00ff, 0x00d6,
    0x00dc, 0x00a2, 0x00a3, 0x00a5, 0x20a7, 0x0192, 0x00e1, 0x00ed, 0x00f3,
    0x00fa, 0x00f1, 0x00d1, 0x00aa, 0x00ba, 0x00bf, 0x2310, 0x00ac, 0x00bd,
    0x00bc, 0x00a1, 0x00ab, 0x00bb, 0x2591, 0x2592, 0x2593, 0x2502, 0x2524,
    0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557, 0x255d, 0x255c,
    0x255b, 0x2510, 0x2514, 0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0x255e,
    0x255f, 0x255a, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256c, 0x2567,
    0x2568, 0x2564, 0x2565, 0x2559, 0x2558, 0x2552, 0x2553, 0x256b, 0x256a,
    0x2518, 0x250c, 0x2588, 0x2584, 0x258c, 0x2590, 0x2580, 0x03b1, 0x00df,
    0x0393, 0x03c0, 0x03a3, 0x03c3, 0x00b5, 0x03c4, 0x03a6, 0x0398, 0x03a9,
    0x03b4, 0x221e, 0x03c6, 0x03b5, 0x2229, 0x2261, 0x00b1, 0x2265, 0x2264,
    0x2320, 0x2321, 0x00f7, 0x2248, 0x00b0, 0x2219, 0x00b7, 0x221a, 0x207f,
    0x00b2, 0x25a0, ' '};

#define MODE_UNKNOWN                                                           \
    "the screen is in a mode that this machine does not show: it has text "    \
    "and dots of 256 colours"

static unsigned unicode_of(uint8_t c)
{
    if (c < 0x20)
        return low[c];
    return c < 0x7f ? c : high[c - 0x7f];
}

/* The Unicode Standard, table 3-6; up to U+FFFF. Returns how many bytes. */
static size_t utf8_put(char out[3], unsigned c)
{
    size_t n = 0;

    if (c >= 0x800) {
        out[n++] = (char)(0xe0 | c >> 12);
        out[n++] = (char)(0x80 | (c >> 6 & 0x3f));
    } else if (c >= 0x80) {
        out[n++] = (char)(0xc0 | c >> 6);
    }
    out[n++] = (char)(c < 0x80 ? c : 0x80 | (c & 0x3f));
    return n;
}

/* A row without the blanks at its end; each character has two bytes. */
static size_t pc_screen_put_row(const uint8_t *cells, unsigned columns,
                                char *out)
{
    size_t n = 0;
    size_t end = 0;

    for (unsigned i = 0; i < columns; i++) {
        unsigned c = unicode_of(cells[2 * (size_t)i]);

        n += utf8_put(out + n, c);
        if (c != ' ')
            end = n;
    }
    return end;
}

static bool can_be_text(const struct vga_view *view)
{
    return view->kind == VGA_TEXT && view->columns <= BOARD_SCREEN_COLUMNS &&
           view->rows <= BOARD_SCREEN_ROWS;
}

static int no_text(const struct vga_view *view, struct diag *diag)
{
    if (view->kind == VGA_UNKNOWN)
        return diag_set(diag, -ENOTSUP, MODE_UNKNOWN);
    return diag_set(diag, -ENOTSUP,
                    "the screen shows %u by %u %s: `monitor screenshot FILE` "
                    "writes a picture of it",
                    view->columns, view->rows,
                    view->kind == VGA_TEXT ? "characters" : "dots");
}

/* A frame buffer hides the VGA. */
static struct vga_view pc_screen_view_of(struct board *board)
{
    const struct vga_state vga = vga_save(&board->vga);
    const struct vbe_state vbe = vbe_save(&board->vbe);
    const struct vbe_view buffer = vbe_view(&vbe);

    if (buffer.bits)
        return (struct vga_view){
            .kind = VGA_DOTS, .columns = buffer.columns, .rows = buffer.rows};
    return vga_view(&vga);
}

int board_screen(struct board *board, const struct guest_mem *mem,
                 struct screen_text *ret, struct diag *diag)
{
    const struct vga_view view = pc_screen_view_of(board);
    uint8_t cells[2 * BOARD_SCREEN_COLUMNS];

    *ret = (struct screen_text){.n = 0};
    if (!can_be_text(&view))
        return no_text(&view, diag);
    for (unsigned row = 0; row < view.rows; row++) {
        uint64_t at = view.start + (uint64_t)row * view.pitch;
        size_t n = 0;

        if (!mem_read(mem, PC_VGA_START + at, cells, 2 * (size_t)view.columns))
            n = pc_screen_put_row(cells, view.columns, ret->text + ret->n);
        ret->n += n;
        ret->text[ret->n++] = '\n';
        if (n)
            ret->used = ret->n;
    }
    return 0;
}

int board_picture(struct board *board, const struct guest_mem *mem,
                  struct picture *ret, struct diag *diag)
{
    const struct vga_state state = vga_save(&board->vga);
    const struct vbe_state vbe = vbe_save(&board->vbe);
    const struct vbe_view buffer = vbe_view(&vbe);
    struct mem_span window;

    if (buffer.bits) {
        (void)mem_span(mem, PC_FRAME_BUFFER, VBE_MEMORY_SIZE, &window);
        vbe_draw(&buffer, &state, window.at, window.n, ret);
        return 0;
    }
    (void)mem_span(mem, PC_VGA_START, PC_VGA_END - PC_VGA_START, &window);
    if (!vga_draw(&state, window.at, window.n, ret))
        return diag_set(diag, -ENOTSUP, MODE_UNKNOWN);
    return 0;
}
