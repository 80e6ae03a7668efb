/* SPDX-License-Identifier: MIT */
#include "rsp/wire/reply.h"

#include <string.h>

#include "rsp/wire/codec.h"
#include "rsp/wire/hex.h"

/* The place of n more payload bytes, or NULL. */
static uint8_t *reply_extend(struct rsp_reply *r, size_t n)
{
    if (r->overflow || n > r->cap - r->n) {
        r->overflow = true;
        return NULL;
    }
    uint8_t *at = r->bytes + r->n;
    r->n += n;
    return at;
}

void reply_bytes(struct rsp_reply *r, const void *bytes, size_t n)
{
    uint8_t *at = reply_extend(r, n);

    if (at)
        memcpy(at, bytes, n);
}

void reply_char(struct rsp_reply *r, char c)
{
    reply_bytes(r, &c, 1);
}

void reply_text(struct rsp_reply *r, const char *text)
{
    reply_bytes(r, text, strlen(text));
}

void reply_num(struct rsp_reply *r, uint64_t value)
{
    char digits[HEX_NUM_MAX];

    reply_bytes(r, digits, hex_num(digits, value));
}

void reply_decimal(struct rsp_reply *r, uint64_t value)
{
    char digits[DECIMAL_NUM_MAX];

    reply_bytes(r, digits, decimal_num(digits, value));
}

void reply_byte(struct rsp_reply *r, uint8_t value)
{
    reply_hex(r, &value, 1);
}

void reply_hex(struct rsp_reply *r, const void *bytes, size_t n)
{
    uint8_t *at = reply_extend(r, 2 * n);

    if (at)
        hex_encode(at, bytes, n);
}

void reply_binary(struct rsp_reply *r, const void *bytes, size_t n)
{
    uint8_t *at = reply_extend(r, 2 * n);

    r->binary = true;
    if (at)
        r->n -= 2 * n - codec_escape(at, bytes, n);
}

void reply_unknown(struct rsp_reply *r, size_t n)
{
    uint8_t *at = reply_extend(r, 2 * n);

    if (at)
        memset(at, 'x', 2 * n);
}

void *reply_space(struct rsp_reply *r, size_t n)
{
    if (r->overflow || 2 * n > r->cap - r->n) {
        r->overflow = true;
        return NULL;
    }
    /* Two characters a byte at most: from n bytes ahead the bytes are read
     * before they are overwritten. */
    return r->bytes + r->n + n;
}

void reply_clear(struct rsp_reply *r)
{
    r->n = 0;
    r->overflow = false;
    r->binary = false;
}
