/* SPDX-License-Identifier: MIT */
#ifndef STUB_MONITOR_PNG_H
#define STUB_MONITOR_PNG_H

/* A picture as a PNG file (ISO/IEC 15948), by libpng where there is one when
 * the program is built (png.c), and else not at all (png_none.c). */

#include "kvm/core/diag.h"
#include "kvm/device/picture.h"

/* 0; or -errno with a sentence: this build writes none. */
int png_can_write(struct diag *diag);
/* All of it, 8 bits for red, green and blue, to fd. -errno as write(2) has
 * it, and then part of it may be there. */
int png_write(int fd, const struct picture *picture);

#endif
