/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_VGA_DRAW_H
#define KVM_DEVICE_VGA_DRAW_H

/*
 * What a VGA's registers and memory look like: pure functions. Characters are
 * 8 dots wide, of the font for code page 437 whatever a guest has loaded; those
 * that blink are on.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kvm/device/picture.h"
#include "kvm/device/vga.h"

/* The memory from a0000 on, n bytes of it: what is not there reads as 0. False:
 * it shows something else than text or dots of 256 colours, or more of them
 * than a picture has; ret is not touched. */
bool vga_draw(const struct vga_state *s, const uint8_t *memory, size_t n,
              struct picture *ret);
/* A colour of the DAC, as 0x00RRGGBB. */
uint32_t vga_colour(const struct vga_state *s, uint8_t index);

#endif
