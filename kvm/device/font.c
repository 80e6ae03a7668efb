/* SPDX-License-Identifier: MIT */
#include "kvm/device/font.h"

const uint8_t font_437[FONT_GLYPHS][FONT_LINES] = {
#include "kvm/device/font.inc"
};
