/* SPDX-License-Identifier: MIT */
/* The VGA's registers, by rows of accesses; and what they say is shown. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "kvm/device/vga.h"
#include "tests/unit/kvm/rows.h"

struct op {
    char what; /* 'w', 'r'; 0: end */
    unsigned port;
    uint8_t value;
};

#define W(port, value)                                                         \
    {                                                                          \
        'w', port, value                                                       \
    }
#define R(port, value)                                                         \
    {                                                                          \
        'r', port, value                                                       \
    }
#define SET(port, index, value) W(port, index), W((port) + 1, value)
#define GET(port, index, value) W(port, index), R((port) + 1, value)

/* clang-format off */
static const struct row {
    const char *label;
    struct op op[16];
} rows[] = {
    {"power-on", {R(0x3cc, 0x67), GET(0x3c4, 4, 2), GET(0x3ce, 6, 0x0e),
     GET(0x3d4, 1, 0x4f), R(0x3c6, 0xff)}},
    {"indices are kept apart", {W(0x3c4, 1), W(0x3ce, 2), W(0x3d4, 0x0e),
     R(0x3c4, 1), R(0x3ce, 2), R(0x3d4, 0x0e)}},
    {"the cursor", {SET(0x3d4, 0x0e, 0x07), SET(0x3d4, 0x0f, 0x80),
     GET(0x3d4, 0x0e, 0x07), GET(0x3d4, 0x0f, 0x80)}},
    {"timing is protected", {SET(0x3d4, 0x00, 0), SET(0x3d4, 0x07, 0),
     GET(0x3d4, 0x00, 0x5f), GET(0x3d4, 0x07, 0x0f)}},
    {"but for line compare", {SET(0x3d4, 0x07, 0xf0), GET(0x3d4, 0x07, 0x1f)}},
    {"unless it is allowed", {SET(0x3d4, 0x11, 0x0e), SET(0x3d4, 0x00, 0),
     GET(0x3d4, 0x00, 0)}},
    {"no such register", {SET(0x3d4, 25, 0x12), R(0x3d5, 0xff),
     SET(0x3c4, 5, 0x12), R(0x3c5, 0xff), SET(0x3ce, 9, 1), R(0x3cf, 0xff)}},
    {"an index of any size", {SET(0x3d4, 0xff, 0x12), R(0x3d4, 0xff),
     R(0x3d5, 0xff), GET(0x3d4, 5, 0x81)}},
    {"miscellaneous", {W(0x3c2, 0x63), R(0x3cc, 0x63), R(0x3c2, 0)}},
    {"attributes: index and data in turn", {R(0x3da, 0x09), W(0x3c0, 0x02),
     W(0x3c0, 0x3f), W(0x3c0, 0x02), R(0x3c1, 0x3f), R(0x3c0, 0x02),
     R(0x3da, 0), W(0x3c0, 0x20), R(0x3c0, 0x20), R(0x3c1, 0)}},
    {"no such attribute", {R(0x3da, 0x09), W(0x3c0, 0x1f), W(0x3c0, 0x55),
     R(0x3c1, 0)}},
    {"retrace comes and goes", {R(0x3da, 0x09), R(0x3da, 0), R(0x3da, 0x09)}},
    {"a colour", {W(0x3c8, 255), W(0x3c9, 0xff), W(0x3c9, 2), W(0x3c9, 3),
     R(0x3c8, 0), R(0x3c7, 0), W(0x3c7, 255), R(0x3c7, 3), R(0x3c9, 0x3f),
     R(0x3c9, 2), R(0x3c9, 3)}},
    {"and the next", {W(0x3c7, 7), R(0x3c9, 42), R(0x3c9, 42), R(0x3c9, 42),
     R(0x3c9, 0), R(0x3c9, 0), R(0x3c9, 21)}},
    {"brown", {W(0x3c7, 0x14), R(0x3c9, 42), R(0x3c9, 21), R(0x3c9, 0)}},
    {"mask", {W(0x3c6, 0x0f), R(0x3c6, 0x0f)}},
};
/* clang-format on */

ParameterizedTestParameters(vga, registers)
{
    return row_numbers(ROWS(rows));
}

ParameterizedTest(const size_t *i, vga, registers)
{
    const struct row *row = &rows[*i];
    struct vga_state s = vga_power_on();

    for (const struct op *op = row->op; op->what; op++)
        if (op->what == 'w')
            vga_write(&s, op->port, op->value);
        else
            cr_expect(eq(u8, vga_read(&s, op->port), op->value),
                      "%s: op %td, port %#x", row->label, op - row->op,
                      op->port);
}

static void set(struct vga_state *s, unsigned port, uint8_t index,
                uint8_t value)
{
    vga_write(s, port, index);
    vga_write(s, port + 1, value);
}

Test(vga, shows_text)
{
    struct vga_state s = vga_power_on();
    struct vga_view view = vga_view(&s);

    cr_expect(eq(int, view.kind, VGA_TEXT));
    cr_expect(eq(uint, view.columns, 80));
    cr_expect(eq(uint, view.rows, 25));
    cr_expect(eq(u32, view.start, 0x18000));
    cr_expect(eq(u32, view.pitch, 160));
    cr_expect(eq(int, view.cursor_on, true));
    set(&s, 0x3d4, 0x0c, 0x08); /* page 1 */
    set(&s, 0x3d4, 0x0e, 0x08);
    set(&s, 0x3d4, 0x0f, 0x05);
    set(&s, 0x3d4, 0x0a, 0x20);
    set(&s, 0x3d4, 0x09, 0x47); /* a font of 8 lines */
    set(&s, 0x3ce, 6, 0x0a);    /* b0000 */
    view = vga_view(&s);
    cr_expect(eq(uint, view.rows, 50));
    cr_expect(eq(u32, view.start, 0x11000));
    cr_expect(eq(u32, view.cursor, 0x1100a));
    cr_expect(eq(int, view.cursor_on, false));
}

/* Mode 0x13 as drivers set it, without a BIOS. */
Test(vga, shows_dots)
{
    struct vga_state s = vga_power_on();
    struct vga_view view;

    set(&s, 0x3c4, 4, 0x0e);
    set(&s, 0x3ce, 6, 0x05);
    set(&s, 0x3d4, 0x09, 0x41);
    view = vga_view(&s);
    cr_expect(eq(int, view.kind, VGA_DOTS));
    cr_expect(eq(uint, view.columns, 320));
    cr_expect(eq(uint, view.rows, 200));
    cr_expect(eq(u32, view.start, 0));
    cr_expect(eq(u32, view.pitch, 320));
    set(&s, 0x3c4, 4, 0x06); /* planes */
    view = vga_view(&s);
    cr_expect(eq(int, view.kind, VGA_UNKNOWN));
}
