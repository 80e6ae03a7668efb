/* SPDX-License-Identifier: MIT */
#include "stub/x86_64/x87.h"

#include <string.h>

#include <linux/kvm.h>

/* The FXSAVE image, Intel SDM 1 table 10-2. */
enum { FSW_AT = 2, FTW_AT = 4, ST_AT = 32 };

enum { TAG_VALID, TAG_ZERO, TAG_SPECIAL, TAG_EMPTY };

static const uint8_t *x87_bytes(const struct kvm_xsave *xsave)
{
    return (const uint8_t *)xsave->region;
}

static unsigned top_of_stack(const struct kvm_xsave *xsave)
{
    return x87_bytes(xsave)[FSW_AT + 1] >> 3 & 7;
}

/* physical: the register's own number; the image is in ST order. */
static unsigned x87_classify(const struct kvm_xsave *xsave, unsigned physical)
{
    unsigned st = (physical - top_of_stack(xsave)) & 7;
    const uint8_t *value = x87_bytes(xsave) + ST_AT + (size_t)16 * st;
    uint64_t mantissa;
    uint16_t exponent;

    memcpy(&mantissa, value, 8);
    memcpy(&exponent, value + 8, 2);
    exponent &= 0x7fff;
    if (exponent == 0)
        return mantissa ? TAG_SPECIAL : TAG_ZERO;
    if (exponent == 0x7fff || !(mantissa >> 63))
        return TAG_SPECIAL;
    return TAG_VALID;
}

uint16_t x87_full_tag(const struct kvm_xsave *xsave)
{
    uint8_t in_use = x87_bytes(xsave)[FTW_AT];
    unsigned tag = 0;

    for (unsigned i = 0; i < 8; i++) {
        unsigned is = in_use >> i & 1 ? x87_classify(xsave, i) : TAG_EMPTY;

        tag |= is << 2 * i;
    }
    return (uint16_t)tag;
}

void x87_set_full_tag(struct kvm_xsave *xsave, uint16_t tag)
{
    uint8_t in_use = 0;

    for (unsigned i = 0; i < 8; i++)
        if ((tag >> 2 * i & 3) != TAG_EMPTY)
            in_use |= (uint8_t)(1u << i);
    ((uint8_t *)xsave->region)[FTW_AT] = in_use;
}
