/* SPDX-License-Identifier: MIT */
#include "kvm/device/vga.h"

#include <string.h>

#include "kvm/device/vga_text.h"

enum {
    ATTRIBUTE = 0x3c0,
    ATTRIBUTE_READ = 0x3c1,
    MISC_WRITE = 0x3c2, /* read: which retrace asked; none does */
    DAC_MASK = 0x3c6,
    DAC_READ = 0x3c7,
    DAC_WRITE = 0x3c8,
    DAC_DATA = 0x3c9,
    MISC_READ = 0x3cc,
    STATUS = 0x3da,
};

enum {
    STATUS_RETRACE = 0x09,  /* vertical, and no display */
    ATTRIBUTE_INDEX = 0x3f, /* and bit 5, the screen's switch */
    CRTC_PROTECT = 0x80,    /* of register 0x11 */
    CRTC_PROTECTED = 8,     /* registers before this one, but for */
    CRTC_OVERFLOW = 7,      /* bit 4 of this one */
    CRTC_LINE_COMPARE = 0x10,
    PARTS = 3, /* of a colour */
};

/* Banks with an index port and a data port behind it. */
static const struct port_pair {
    unsigned port;
    enum vga_bank bank;
    uint8_t registers;
} pairs[] = {{0x3c4, VGA_SEQUENCER, 5},
             {0x3ce, VGA_GRAPHICS, 9},
             {0x3d4, VGA_CRT, 25}};

enum { ATTRIBUTES = 21 };

static const struct port_pair *pair_of(unsigned port)
{
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if ((port & ~1u) == pairs[i].port)
            return &pairs[i];
    return NULL;
}

/* --- the DAC --- */

static uint8_t next_part(struct vga_state *s, uint8_t *colour)
{
    uint8_t part = s->part++;

    if (s->part == PARTS) {
        s->part = 0;
        ++*colour;
    }
    return part;
}

static uint8_t dac_read(struct vga_state *s)
{
    const uint8_t *colour = s->colour[s->reads];

    return colour[next_part(s, &s->reads)];
}

static void dac_write(struct vga_state *s, uint8_t value)
{
    uint8_t *colour = s->colour[s->writes];

    colour[next_part(s, &s->writes)] = value & 0x3f;
}

static void dac_point(struct vga_state *s, bool reading, uint8_t value)
{
    s->reading = reading;
    s->part = 0;
    *(reading ? &s->reads : &s->writes) = value;
}

/* --- registers --- */

/* The CRTC's timing may be write-protected. */
static uint8_t writable(const struct vga_state *s, const struct port_pair *pair)
{
    uint8_t index = s->index[pair->bank];

    if (pair->bank != VGA_CRT || index >= CRTC_PROTECTED ||
        !(s->bank[VGA_CRT][0x11] & CRTC_PROTECT))
        return 0xff;
    return index == CRTC_OVERFLOW ? CRTC_LINE_COMPARE : 0;
}

static void pair_write(struct vga_state *s, const struct port_pair *pair,
                       unsigned port, uint8_t value)
{
    uint8_t *index = &s->index[pair->bank];
    uint8_t *reg = &s->bank[pair->bank][*index % VGA_MOST_REGISTERS];
    uint8_t mask = writable(s, pair);

    if (port == pair->port)
        *index = value;
    else if (*index < pair->registers)
        *reg = (uint8_t)((*reg & ~mask) | (value & mask));
}

static uint8_t pair_read(const struct vga_state *s,
                         const struct port_pair *pair, unsigned port)
{
    uint8_t index = s->index[pair->bank];

    if (port == pair->port)
        return index;
    return index < pair->registers ? s->bank[pair->bank][index] : 0xff;
}

/* One port for index and data, in turn. */
static void attribute_write(struct vga_state *s, uint8_t value)
{
    uint8_t *index = &s->index[VGA_ATTRIBUTE];

    if (!s->attribute_data)
        *index = value & ATTRIBUTE_INDEX;
    else if ((*index & 0x1f) < ATTRIBUTES)
        s->bank[VGA_ATTRIBUTE][*index & 0x1f] = value;
    s->attribute_data = !s->attribute_data;
}

static uint8_t attribute_read(const struct vga_state *s)
{
    uint8_t index = s->index[VGA_ATTRIBUTE] & 0x1f;

    return index < ATTRIBUTES ? s->bank[VGA_ATTRIBUTE][index] : 0;
}

/* Each time the other one: whoever waits for either has it. */
static uint8_t vga_status_read(struct vga_state *s)
{
    s->attribute_data = false;
    s->retraces = !s->retraces;
    return s->retraces ? STATUS_RETRACE : 0;
}

uint8_t vga_read(struct vga_state *s, unsigned port)
{
    const struct port_pair *pair = pair_of(port);

    if (pair)
        return pair_read(s, pair, port);
    switch (port) {
    case ATTRIBUTE:
        return s->index[VGA_ATTRIBUTE];
    case ATTRIBUTE_READ:
        return attribute_read(s);
    case DAC_MASK:
        return s->mask;
    case DAC_READ:
        return s->reading ? 3 : 0;
    case DAC_WRITE:
        return s->writes;
    case DAC_DATA:
        return dac_read(s);
    case MISC_READ:
        return s->misc;
    case STATUS:
        return vga_status_read(s);
    default:
        return 0;
    }
}

void vga_write(struct vga_state *s, unsigned port, uint8_t value)
{
    const struct port_pair *pair = pair_of(port);

    if (pair)
        pair_write(s, pair, port, value);
    else if (port == ATTRIBUTE)
        attribute_write(s, value);
    else if (port == MISC_WRITE)
        s->misc = value;
    else if (port == DAC_MASK)
        s->mask = value;
    else if (port == DAC_READ || port == DAC_WRITE)
        dac_point(s, port == DAC_READ, value);
    else if (port == DAC_DATA)
        dac_write(s, value);
}

/* --- at power-on --- */

static const uint8_t text_mode[VGA_BANKS][VGA_MOST_REGISTERS] = {
    [VGA_SEQUENCER] = {VGA_TEXT_SEQUENCER},
    [VGA_GRAPHICS] = {VGA_TEXT_GRAPHICS},
    [VGA_CRT] = {VGA_TEXT_CRT},
    [VGA_ATTRIBUTE] = {VGA_TEXT_ATTRIBUTE},
};

/* Bits rgbRGB: thirds and two thirds of a colour. */
static void ega_colour(uint8_t colour[PARTS], unsigned bits)
{
    for (unsigned i = 0; i < PARTS; i++)
        colour[i] = (uint8_t)((bits >> (2 - i) & 1 ? 42 : 0) +
                              (bits >> (5 - i) & 1 ? 21 : 0));
}

/* The first 64 are what the attribute controller's registers mean in text. */
static void set_colours(struct vga_state *s)
{
    for (unsigned n = 0; n < 64; n++)
        ega_colour(s->colour[n], n);
}

struct vga_state vga_power_on(void)
{
    struct vga_state s = {.misc = VGA_TEXT_MISC, .mask = 0xff};

    memcpy(s.bank, text_mode, sizeof s.bank);
    s.index[VGA_ATTRIBUTE] = 0x20;
    set_colours(&s);
    return s;
}

/* --- what is shown --- */

/* The memory map select: of a0000. */
static uint32_t window(const struct vga_state *s)
{
    static const uint32_t start[] = {0, 0, 0x10000, 0x18000};

    return start[s->bank[VGA_GRAPHICS][6] >> 2 & 3];
}

static unsigned lines(const uint8_t *crtc)
{
    return 1u + crtc[0x12] + ((crtc[7] & 0x02u) << 7) +
           ((crtc[7] & 0x40u) << 3);
}

static struct vga_view text_view(const struct vga_state *s)
{
    const uint8_t *crtc = s->bank[VGA_CRT];
    struct vga_view view = {
        .kind = VGA_TEXT,
        .columns = crtc[1] + 1u,
        .rows = lines(crtc) / ((crtc[9] & 0x1f) + 1u),
        .start = window(s) + 2 * (uint32_t)(crtc[0xc] << 8 | crtc[0xd]),
        .pitch = 4u * crtc[0x13],
        .cursor = window(s) + 2 * (uint32_t)(crtc[0xe] << 8 | crtc[0xf]),
        .cursor_on = !(crtc[0xa] & 0x20),
    };

    return view;
}

struct vga_view vga_view(const struct vga_state *s)
{
    enum { GRAPHICS = 0x01, CHAIN_4 = 0x08 };
    const uint8_t *crtc = s->bank[VGA_CRT];
    struct vga_view view = {.kind = VGA_UNKNOWN};

    if (!(s->bank[VGA_GRAPHICS][6] & GRAPHICS))
        return text_view(s);
    if (!(s->bank[VGA_SEQUENCER][4] & CHAIN_4))
        return view;
    view.kind = VGA_DOTS;
    view.columns = 4 * (crtc[1] + 1u);
    view.rows = lines(crtc) / ((crtc[9] & 0x1f) + 1u);
    view.start = window(s) + 4 * (uint32_t)(crtc[0xc] << 8 | crtc[0xd]);
    view.pitch = 8u * crtc[0x13];
    return view;
}
