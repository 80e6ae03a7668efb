/* SPDX-License-Identifier: MIT */
#include "rsp/wire/codec.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* GDB manual, "Overview": an escaped byte is sent as } and the byte ^ 0x20; a
 * run is the byte, *, and the number of repeats + 29, a printable character. */
enum {
    ESCAPE = '}',
    ESCAPE_FLIP = 0x20,
    RUN = '*',
    RUN_BIAS = 29,
    RUN_MIN = 4, /* bytes: shorter runs would not get shorter */
    REPEATS_MIN = 3,
    REPEATS_MAX = 126 - RUN_BIAS,
    BLOCK = 16, /* bytes that are looked at together */
};

/* Bytes that mean something to the framing or to this file. */
static const bool special[256] =
    {['#'] = true, ['$'] = true, [ESCAPE] = true, [RUN] = true};

/* Some clients look for these outside packets only, so a repeat count must
 * not look like them: '#' and '$' by the manual, acks by prudence. */
static const bool bad_count[256] =
    {['#'] = true, ['$'] = true, ['+'] = true, ['-'] = true};

uint8_t codec_sum(const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    unsigned sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += p[i];
    return (uint8_t)sum;
}

/* A loop that compilers turn into a few vector instructions. */
static bool any_special(const uint8_t p[BLOCK])
{
    uint8_t any = 0;

    for (size_t i = 0; i < BLOCK; i++)
        any |= (p[i] == '#') | (p[i] == '$') | (p[i] == ESCAPE) | (p[i] == RUN);
    return any;
}

/* How many bytes from p on are not special. */
static size_t codec_plain(const uint8_t *p, size_t n)
{
    size_t i = 0;

    while (n - i >= BLOCK && !any_special(p + i))
        i += BLOCK;
    while (i < n && !special[p[i]])
        i++;
    return i;
}

size_t codec_escape(void *out, const void *in, size_t n)
{
    const uint8_t *from = in;
    const uint8_t *end = from + n;
    uint8_t *to = out;

    for (;;) {
        size_t run = codec_plain(from, (size_t)(end - from));

        memmove(to, from, run);
        to += run;
        from += run;
        if (from == end)
            return (size_t)(to - (uint8_t *)out);
        /* Read first: the two bytes written may overlap it. */
        uint8_t byte = *from++;
        *to++ = ESCAPE;
        *to++ = byte ^ ESCAPE_FLIP;
    }
}

/* Does a run start at one of BLOCK places? */
static bool any_run(const uint8_t p[BLOCK + RUN_MIN - 1])
{
    uint8_t any = 0;

    for (size_t i = 0; i < BLOCK; i++)
        any |= (p[i] == p[i + 1]) & (p[i + 1] == p[i + 2]) &
               (p[i + 2] == p[i + 3]);
    return any;
}

/*
 * Where the next run of RUN_MIN bytes starts, or n. Whole blocks first, as hex
 * of random bytes has few runs; then the last two bytes of the window: if they
 * differ no run starts at its first three places.
 */
static size_t find_run(const uint8_t *p, size_t at, size_t n)
{
    while (n - at >= BLOCK + RUN_MIN - 1 && !any_run(p + at))
        at += BLOCK;
    while (n - at >= RUN_MIN) {
        if (p[at + 3] != p[at + 2])
            at += 3;
        else if (p[at + 2] != p[at + 1])
            at += 2;
        else if (p[at + 1] != p[at])
            at += 1;
        else
            return at;
    }
    return n;
}

/* How often p[0] is repeated in the n bytes, as far as one count can say. */
static size_t codec_repeats(const uint8_t *p, size_t n)
{
    size_t count = RUN_MIN - 1;

    while (count < REPEATS_MAX && count + 1 < n && p[count + 1] == p[0])
        count++;
    while (bad_count[count + RUN_BIAS])
        count--;
    return count;
}

size_t codec_pack(void *bytes, size_t n)
{
    uint8_t *p = bytes;
    size_t at = 0;
    size_t to = 0;

    for (;;) {
        size_t start = find_run(p, at, n);

        if (to != at)
            memmove(p + to, p + at, start - at);
        to += start - at;
        at = start;
        if (at == n)
            return to;
        size_t count = codec_repeats(p + at, n - at);
        p[to] = p[at];
        p[to + 1] = RUN;
        p[to + 2] = (uint8_t)(count + RUN_BIAS);
        to += 3;
        at += count + 1;
    }
}

/* Undoes one escape or run: the pair stands for bytes at to, where there is
 * room for that many. Returns how many, or -errno. */
static ssize_t unpack_pair(uint8_t *to, size_t room, const uint8_t pair[2],
                           bool first)
{
    if (pair[0] == ESCAPE) {
        *to = pair[1] ^ ESCAPE_FLIP;
        return 1;
    }
    if (pair[0] != RUN || first || pair[1] < REPEATS_MIN + RUN_BIAS ||
        pair[1] > REPEATS_MAX + RUN_BIAS)
        return -EINVAL;

    size_t count = (size_t)pair[1] - RUN_BIAS;
    if (count > room)
        return -EMSGSIZE;
    memset(to, to[-1], count);
    return (ssize_t)count;
}

ssize_t codec_unpack(void *bytes, size_t n, size_t cap)
{
    uint8_t *begin = bytes;
    uint8_t *to = begin;
    const uint8_t *from = begin;

    /* Runs make the output longer than the input, so move the input to the end
     * of the buffer first; the output must not overtake it. */
    if (memchr(begin, RUN, n))
        from = memmove(begin + cap - n, begin, n);

    const uint8_t *end = from + n;
    for (;;) {
        size_t run = codec_plain(from, (size_t)(end - from));

        if (to != from)
            memmove(to, from, run);
        to += run;
        from += run;
        if (from == end)
            return to - begin;
        if (end - from < 2)
            return -EINVAL;
        const uint8_t pair[2] = {from[0], from[1]};
        from += 2;
        ssize_t size = unpack_pair(to, (size_t)(from - to), pair, to == begin);
        if (size < 0)
            return size;
        to += size;
    }
}
