/* SPDX-License-Identifier: MIT */
#include "rsp/wire/hex.h"

#include <errno.h>
#include <string.h>

/* clang-format off */
#define ROW(d) \
    d "0" d "1" d "2" d "3" d "4" d "5" d "6" d "7" \
    d "8" d "9" d "a" d "b" d "c" d "d" d "e" d "f"

/* Both digits of each byte, so that encoding is one load and one store. */
static const char pairs[] =
    ROW("0") ROW("1") ROW("2") ROW("3") ROW("4") ROW("5") ROW("6") ROW("7")
    ROW("8") ROW("9") ROW("a") ROW("b") ROW("c") ROW("d") ROW("e") ROW("f");

/* Value + 1, so that 0 is "no digit". */
static const uint8_t digit[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,
    ['5'] = 6,  ['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10,
    ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};
/* clang-format on */

int hex_value(char c)
{
    return digit[(uint8_t)c] - 1;
}

size_t hex_num(char out[HEX_NUM_MAX], uint64_t value)
{
    size_t n = 1;

    while (n < HEX_NUM_MAX && value >> (4 * n))
        n++;
    for (size_t i = n; i-- > 0; value >>= 4)
        out[i] = pairs[2 * (value & 15) + 1];
    return n;
}

size_t decimal_num(char out[DECIMAL_NUM_MAX], uint64_t value)
{
    size_t n = 1;

    for (uint64_t rest = value; rest >= 10; rest /= 10)
        n++;
    for (size_t i = n; i-- > 0; value /= 10)
        out[i] = pairs[2 * (value % 10) + 1];
    return n;
}

void hex_encode(void *out, const void *in, size_t n)
{
    const uint8_t *from = in;
    char *to = out;

    for (size_t i = 0; i < n; i++)
        memcpy(to + 2 * i, pairs + 2 * (size_t)from[i], 2);
}

int hex_decode(void *out, const void *in, size_t n)
{
    const uint8_t *from = in;
    uint8_t *to = out;

    for (size_t i = 0; i < n; i++) {
        int high = digit[from[2 * i]] - 1;
        int low = digit[from[2 * i + 1]] - 1;

        if (high < 0 || low < 0)
            return -EINVAL;
        to[i] = (uint8_t)(high << 4 | low);
    }
    return 0;
}
