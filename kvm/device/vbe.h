/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_VBE_H
#define KVM_DEVICE_VBE_H

/*
 * A linear frame buffer and the registers of its modes, which are those of
 * Bochs and QEMU ("Bochs VBE display interface", vbe_display_api.txt in the
 * sources of Bochs): an index and a data port, of 16 bits. The memory is there
 * at any time, in one piece; there are no banks, and no DAC of 8 bits. While no
 * mode is on, the VGA is what is seen.
 *
 * struct vbe_state is all that it knows. It may be copied to save it and copied
 * back; the functions on it are pure. struct vbe is the device.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kvm/core/mem.h"
#include "kvm/device/chip.h"
#include "kvm/device/device.h"
#include "kvm/device/picture.h"
#include "kvm/device/vga.h"

enum vbe_register {
    VBE_ID,
    VBE_COLUMNS,
    VBE_ROWS,
    VBE_BITS, /* of a dot: 8, 15, 16, 24 or 32 */
    VBE_ENABLE,
    VBE_BANK,
    VBE_VIRTUAL_COLUMNS, /* from one row to the next, in dots */
    VBE_VIRTUAL_ROWS,    /* how many of them there are; read only */
    VBE_X,               /* where what is seen begins */
    VBE_Y,
    VBE_MEMORY, /* in 64 KiB; read only */
    VBE_REGISTERS
};

enum {
    VBE_ON = 0x01,
    VBE_MOST = 0x02, /* columns, rows and bits read as what there can be */
    VBE_LINEAR = 0x40,
    VBE_KEEP = 0x80, /* the memory is not cleared */
};

enum { VBE_MEMORY_SIZE = 16 << 20, VBE_MOST_COLUMNS = 1600 };

struct vbe_state {
    uint16_t index;
    uint16_t reg[VBE_REGISTERS];
};

struct vbe_state vbe_power_on(void);
/* The data port. */
uint16_t vbe_read(const struct vbe_state *s);
/* True: the memory is cleared. */
bool vbe_write(struct vbe_state *s, uint16_t value);

/* What is shown. */
struct vbe_view {
    unsigned columns, rows;
    unsigned bits;         /* 0: no mode is on */
    uint32_t start, pitch; /* bytes, of the memory and of a row */
};

struct vbe_view vbe_view(const struct vbe_state *s);
/* n bytes of its memory; what is not there reads as 0. vga has the colours for
 * 8 bits. A mode is on. */
void vbe_draw(const struct vbe_view *view, const struct vga_state *vga,
              const uint8_t *memory, size_t n, struct picture *ret);

struct vbe {
    struct chip chip;            /* no clock */
    const struct guest_mem *mem; /* NULL: nobody clears it */
    uint64_t gpa;                /* of its memory in there */
    struct vbe_state state;
};

/* Its device is a struct vbe; one block of VBE_PORTS: index, and data one port
 * on. */
enum { VBE_PORTS = 3 };
extern const struct device_kind vbe_kind;

/* changes is borrowed. */
void vbe_init(struct vbe *vbe, atomic_uint *changes);
/* Any thread. */
struct vbe_state vbe_save(struct vbe *vbe);

#endif
