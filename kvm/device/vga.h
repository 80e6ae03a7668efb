/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_VGA_H
#define KVM_DEVICE_VGA_H

/*
 * The registers of a VGA (IBM PS/2 Hardware Interface Technical Reference,
 * "Video Subsystem"). Its memory at a0000 is plain RAM: text and the dots of
 * mode 0x13 lie there as they are; planes and latches are not there, so other
 * modes of dots cannot be shown. The retrace comes whenever it is asked for.
 *
 * struct vga_state is all that the chip knows. It may be copied to save it and
 * copied back; the functions on it are pure. struct vga is the device.
 */

#include <stdbool.h>
#include <stdint.h>

#include "kvm/device/chip.h"
#include "kvm/device/device.h"

/* Blocks; a PC has them at 0x3c0, 0x3d4 and 0x3da. */
enum { VGA_REGISTERS, VGA_CRTC, VGA_STATUS, VGA_BLOCKS };

enum { VGA_COLOURS = 256 };

/* Registers behind an index. */
enum vga_bank {
    VGA_SEQUENCER,
    VGA_GRAPHICS,
    VGA_CRT,
    VGA_ATTRIBUTE,
    VGA_BANKS
};
enum { VGA_MOST_REGISTERS = 25 };

struct vga_state {
    uint8_t misc;
    uint8_t index[VGA_BANKS];
    uint8_t bank[VGA_BANKS][VGA_MOST_REGISTERS];
    bool attribute_data; /* the next write to 0x3c0 is data */
    bool retraces;
    uint8_t mask;                   /* of the DAC */
    uint8_t reads, writes, part;    /* colour and part of it that is next */
    bool reading;                   /* 0x3c7 was written last */
    uint8_t colour[VGA_COLOURS][3]; /* red, green, blue: 0 to 63 */
};

/* As a BIOS leaves it: text, 80 by 25. */
struct vga_state vga_power_on(void);
/* A port from 0x3c0 on; 0x3d4, 0x3d5 and 0x3da. */
uint8_t vga_read(struct vga_state *s, unsigned port);
void vga_write(struct vga_state *s, unsigned port, uint8_t value);

/* What is shown. */
struct vga_view {
    enum { VGA_TEXT, VGA_DOTS, VGA_UNKNOWN } kind;
    unsigned columns, rows; /* characters, or dots */
    uint32_t start;         /* its first byte, and the first of a row less */
    uint32_t pitch;         /* that of the row before; from a0000 */
    uint32_t cursor;        /* of text, its byte; with cursor_on */
    bool cursor_on;
};

struct vga_view vga_view(const struct vga_state *s);

struct vga {
    struct chip chip; /* no clock */
    struct vga_state state;
};

/* Its device is a struct vga. */
extern const struct device_kind vga_kind;

/* changes is borrowed. */
void vga_init(struct vga *vga, atomic_uint *changes);
/* Any thread. */
struct vga_state vga_save(struct vga *vga);

#endif
