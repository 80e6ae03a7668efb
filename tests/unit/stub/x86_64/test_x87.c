/* SPDX-License-Identifier: MIT */
/* The x87 tag word, of which FXSAVE keeps one bit a register (Intel SDM 1
 * 8.1.7, 10.5.1.1): what is empty, and what the rest are. */
#include <string.h>

#include <linux/kvm.h>

#include "stub/x86_64/x87.h"
#include "tests/unit/stub/x86_64/regs_fixture.h"

enum { FSW_AT = 2, FTW_AT = 4, ST_AT = 32 };

#define INTEGER_BIT (UINT64_C(1) << 63)

/* clang-format off */
static const struct tag_row {
    const char *label;
    uint8_t top, in_use;    /* physical registers */
    uint64_t mantissa;      /* of ST(0); the others are zero */
    uint16_t exponent, tag;
} tag_rows[] = {
    {"all empty",       0, 0x00, 0,               0,      0xffff},
    {"all zero",        0, 0xff, 0,               0,      0x5555},
    {"one is valid",    7, 0x80, INTEGER_BIT,     0x3fff, 0x3fff},
    {"a zero",          7, 0x80, 0,               0,      0x7fff},
    {"minus zero",      7, 0x80, 0,               0x8000, 0x7fff},
    {"infinity",        7, 0x80, INTEGER_BIT,     0x7fff, 0xbfff},
    {"not a number",    7, 0x80, INTEGER_BIT | 1, 0xffff, 0xbfff},
    {"denormal",        7, 0x80, 1,               0,      0xbfff},
    {"unnormal",        7, 0x80, 1,               0x3fff, 0xbfff},
    {"ST(0) is 3",      3, 0x08, INTEGER_BIT,     0x4000, 0xff3f},
    {"ST(1) is zero",   3, 0x18, INTEGER_BIT,     0x4000, 0xfd3f},
    {"an empty ST(0)",  3, 0x10, INTEGER_BIT,     0x4000, 0xfdff},
};
/* clang-format on */

static struct kvm_xsave image;

static uint8_t *bytes(void)
{
    return (uint8_t *)image.region;
}

static void fill(const struct tag_row *row)
{
    memset(&image, 0, sizeof image);
    bytes()[FSW_AT + 1] = (uint8_t)(row->top << 3);
    bytes()[FTW_AT] = row->in_use;
    memcpy(bytes() + ST_AT, &row->mantissa, 8);
    memcpy(bytes() + ST_AT + 8, &row->exponent, 2);
}

ParameterizedTestParameters(x87, tags)
{
    return row_numbers(ROWS(tag_rows));
}

ParameterizedTest(const size_t *i, x87, tags)
{
    const struct tag_row *row = &tag_rows[*i];

    fill(row);
    cr_expect(eq(u16, x87_full_tag(&image), row->tag), "%s", row->label);
    bytes()[FTW_AT] = (uint8_t)~row->in_use;
    x87_set_full_tag(&image, row->tag);
    cr_expect(eq(u8, bytes()[FTW_AT], row->in_use), "%s: written", row->label);
}
