/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_FONT_H
#define KVM_DEVICE_FONT_H

/*
 * What the characters of code page 437 look like: the uppermost line first, the
 * leftmost dot in bit 7. The glyphs are those of X11's "-misc-fixed-medium-r-
 * normal--13-120-75-75-c-80-iso10646-1" (8x13.bdf of X.Org's font-misc-misc
 * 1.1.2, whose licence is "Public domain font. Share and enjoy."), with two
 * blank lines above and one below. Lines and blocks (b0 to df) go to the edges
 * of the cell.
 */

#include <stdint.h>

enum { FONT_GLYPHS = 256, FONT_LINES = 16, FONT_COLUMNS = 8 };

extern const uint8_t font_437[FONT_GLYPHS][FONT_LINES];

#endif
