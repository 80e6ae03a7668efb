/* SPDX-License-Identifier: MIT */
#ifndef RSP_WIRE_HEX_H
#define RSP_WIRE_HEX_H

/*
 * Hex digits, the protocol's way to write numbers and bytes. Digits are sent
 * in lower case and taken in both (GDB manual, "Overview").
 */

#include <stddef.h>
#include <stdint.h>

enum {
    HEX_NUM_MAX = 16,     /* digits of a 64-bit number */
    DECIMAL_NUM_MAX = 20, /* the same */
};

/* The value of a digit, or -1. */
int hex_value(char c);

/* Digits of value, most significant first, without leading zeros; returns how
 * many (at least 1). Not terminated. */
size_t hex_num(char out[HEX_NUM_MAX], uint64_t value);

/* The same in decimal, which LLDB and XML want here and there. */
size_t decimal_num(char out[DECIMAL_NUM_MAX], uint64_t value);

/* Writes 2 * n digits. in may lie n bytes or more ahead of out in the same
 * buffer: each byte is read before a digit lands on it. */
void hex_encode(void *out, const void *in, size_t n);

/* Reads 2 * n digits; out may be in. -EINVAL at the first non-digit. */
int hex_decode(void *out, const void *in, size_t n);

#endif
