/* SPDX-License-Identifier: MIT */
#include "scripts/bench.d/codec.h"

#include <errno.h>
#include <string.h>

static const char hex[] = "0123456789abcdef";

uint8_t codec_sum(const void *bytes, size_t n)
{
    const uint8_t *b = bytes;
    uint8_t sum = 0;

    for (size_t i = 0; i < n; i++)
        sum = (uint8_t)(sum + b[i]);
    return sum;
}

size_t codec_escape(char *out, const uint8_t *data, size_t n)
{
    size_t at = 0;

    for (size_t i = 0; i < n; i++) {
        bool special = data[i] == '#' || data[i] == '$' || data[i] == '}' ||
                       data[i] == '*';

        if (special)
            out[at++] = '}';
        out[at++] = (char)(special ? data[i] ^ 0x20 : data[i]);
    }
    return at;
}

size_t codec_hex(char *out, const uint8_t *data, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = hex[data[i] >> 4];
        out[2 * i + 1] = hex[data[i] & 15];
    }
    return 2 * n;
}

ssize_t codec_expand(uint8_t *out, size_t cap, const char *in, size_t n,
                     bool binary)
{
    size_t at = 0;

    for (size_t i = 0; i < n; i++) {
        size_t count = 1;
        uint8_t byte = (uint8_t)in[i];

        if (binary && byte == '}' && ++i < n)
            byte = (uint8_t)in[i] ^ 0x20;
        else if (byte == '*' && at > 0 && ++i < n) {
            count = (uint8_t)in[i] - 29u; /* GDB manual, Overview */
            byte = out[at - 1];
        }
        if (count > 97 || count > cap - at)
            return -EBADMSG;
        memset(out + at, byte, count);
        at += count;
    }
    return (ssize_t)at;
}

static int unhex(uint8_t digit)
{
    const char *at = digit ? strchr(hex, digit | 0x20) : NULL;

    return at ? (int)(at - hex) : -1;
}

static ssize_t pair_up(uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i + 1 < n; i += 2) {
        int high = unhex(bytes[i]);
        int low = unhex(bytes[i + 1]);

        if (high < 0 || low < 0)
            return -EBADMSG;
        bytes[i / 2] = (uint8_t)(high << 4 | low);
    }
    return n % 2 ? -EBADMSG : (ssize_t)(n / 2);
}

ssize_t codec_decode(uint8_t *out, size_t cap, const char *payload, size_t n,
                     bool binary)
{
    ssize_t got = codec_expand(out, cap, payload, n, binary);

    return got < 0 || binary ? got : pair_up(out, (size_t)got);
}
