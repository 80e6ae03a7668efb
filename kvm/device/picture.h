/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_PICTURE_H
#define KVM_DEVICE_PICTURE_H

/* A picture of a screen: dots as 0x00RRGGBB, row after row, without gaps. */

#include <stdint.h>

/* No screen of this machine has more columns, rows or dots. */
enum {
    PICTURE_COLUMNS = 2048,
    PICTURE_ROWS = 1200,
    PICTURE_DOTS = 1600 * 1200
};

struct picture {
    unsigned columns, rows;
    uint32_t *dot; /* room for PICTURE_DOTS; the caller's */
};

#endif
