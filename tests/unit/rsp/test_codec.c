/* SPDX-License-Identifier: MIT */
/*
 * Properties of the codings, over data that is made to be awkward.
 */
#include <errno.h>
#include <string.h>

#include "rsp/wire/codec.h"
#include "rsp/wire/hex.h"
#include "tests/unit/rsp/bench.h"

enum { ROUNDS = 2000, SIZE = 700 };

static unsigned state = 1;

/* A small generator, the same for all libc. */
static unsigned next(unsigned limit)
{
    state = state * 1664525u + 1013904223u;
    return (state >> 16) % limit;
}

/* Runs of all lengths, of characters of an alphabet. */
static size_t make_runs(uint8_t *bytes, const char *alphabet)
{
    size_t n = 0;

    while (n < SIZE) {
        size_t run = 1 + (next(4) ? next(5) : next(250));
        char c = alphabet[next((unsigned)strlen(alphabet))];

        for (; run > 0 && n < SIZE; run--)
            bytes[n++] = (uint8_t)c;
    }
    return next(SIZE);
}

Test(codec, packing_is_undone_and_never_longer)
{
    static uint8_t plain[SIZE], packed[4 * SIZE];

    for (int i = 0; i < ROUNDS; i++) {
        size_t n = make_runs(plain, "0f8c");

        memcpy(packed, plain, n);
        size_t packed_n = codec_pack(packed, n);
        cr_assert(le(sz, packed_n, n));
        cr_assert(eq(int, (int)codec_unpack(packed, packed_n, sizeof packed),
                     (int)n));
        cr_assert(eq(int, memcmp(packed, plain, n), 0));
    }
}

/* clang-format off */
/* So many zeros, and what becomes of them. */
static const struct packing {
    size_t n;
    const char *packed;
} packings[] = {
    {0, ""}, {1, "0"}, {3, "000"}, {4, "0* "}, {5, "0*!"}, {6, "0*\""},
    {7, "0*\"0"}, {8, "0*\"00"},        /* not '#', '$' */
    {9, "0*%"}, {14, "0**"},
    {15, "0**0"}, {16, "0*,"}, {17, "0*,0"}, /* not '+', '-' */
    {18, "0*."}, {98, "0*~"}, {99, "0*~0"}, {101, "0*~000"}, {102, "0*~0* "},
};
/* clang-format on */

Test(codec, packings)
{
    for (size_t i = 0; i < COUNT(packings); i++) {
        char run[128] = "";

        memset(run, '0', packings[i].n);
        run[codec_pack(run, packings[i].n)] = '\0';
        cr_expect(eq(str, run, str(packings[i].packed)), "%zu zeros",
                  packings[i].n);
    }
}

/* Where bytes that are alike stand as they are, the longest are so many. */
static size_t longest_left(const uint8_t *packed, size_t n)
{
    size_t longest = 0;
    size_t alike = 0;

    for (size_t at = 0; at < n; at++) {
        if (packed[at] == '*') {
            at++;
            alike = 0;
            continue;
        }
        alike = alike && packed[at] == packed[at - 1] ? alike + 1 : 1;
        if (alike > longest)
            longest = alike;
    }
    return longest;
}

Test(codec, packing_finds_each_run)
{
    static uint8_t bytes[SIZE];

    for (int i = 0; i < ROUNDS; i++) {
        size_t n = codec_pack(bytes, make_runs(bytes, "0f8c"));

        cr_assert(le(sz, longest_left(bytes, n), 3));
    }
}

Test(codec, counts_are_never_signs_of_the_framing)
{
    for (size_t n = 1; n < 300; n++) {
        uint8_t run[300];

        memset(run, '0', n);
        size_t packed_n = codec_pack(run, n);
        for (size_t i = 0; i < packed_n; i++)
            cr_expect(run[i] >= ' ' && run[i] <= '~' && !strchr("#$+-", run[i]),
                      "%zu bytes: 0x%02x", n, (unsigned)run[i]);
    }
}

/* GDB manual, "Overview": from 3 repeats (' ') to 97 ('~'). */
Test(codec, counts_stand_for_that_many_more)
{
    for (unsigned c = 0; c < 256; c++) {
        char run[256] = {'y', '*', (char)c};
        ssize_t n = codec_unpack(run, 3, sizeof run);

        if (c < ' ' || c > '~') {
            cr_expect(eq(int, (int)n, -EINVAL), "count 0x%02x", c);
            continue;
        }
        cr_expect(eq(int, (int)n, (int)c - 28), "count 0x%02x", c);
        cr_expect(eq(sz, strspn(run, "y"), c - 28), "count 0x%02x", c);
    }
}

Test(codec, escaping_is_undone_and_hides_the_signs)
{
    static uint8_t plain[SIZE], escaped[2 * SIZE];

    for (int i = 0; i < ROUNDS; i++) {
        size_t n = make_runs(plain, "#$}*a\x03\x04\n\r+-]");
        size_t escaped_n = codec_escape(escaped, plain, n);

        for (size_t at = 0; at < escaped_n; at++)
            cr_assert(eq(ptr, strchr("#$*", escaped[at]), NULL));
        cr_assert(eq(int, (int)codec_unpack(escaped, escaped_n, sizeof escaped),
                     (int)n));
        cr_assert(eq(int, memcmp(escaped, plain, n), 0));
    }
}

Test(codec, works_in_place_from_that_many_bytes_ahead)
{
    static uint8_t plain[SIZE], buffer[2 * SIZE], apart[2 * SIZE];

    for (int i = 0; i < ROUNDS; i++) {
        size_t n = make_runs(plain, "#$}*abc");

        memcpy(buffer + n, plain, n);
        size_t apart_n = codec_escape(apart, plain, n);
        cr_assert(eq(sz, codec_escape(buffer, buffer + n, n), apart_n));
        cr_assert(eq(int, memcmp(buffer, apart, apart_n), 0));

        memcpy(buffer + n, plain, n);
        hex_encode(buffer, buffer + n, n);
        cr_assert(eq(int, hex_decode(buffer, buffer, n), 0));
        cr_assert(eq(int, memcmp(buffer, plain, n), 0));
    }
}

/* clang-format off */
static const struct sum {
    const char *text;
    unsigned sum;
} sums[] = {
    {"", 0}, {"!", 0x21}, {"OK", 0x9a}, {"vMustReplyEmpty", 0x3a},
    {"qSupported:multiprocess+", 0xc6}, {"\xff\xff\xff\xff\xff\xff\xff\xff\xff", 0xf7},
};

static const struct number {
    uint64_t value;
    const char *digits;
} numbers[] = {
    {0, "0"}, {1, "1"}, {0xf, "f"}, {0x10, "10"}, {0xabcdef, "abcdef"},
    {UINT64_C(1) << 60, "1000000000000000"}, {UINT64_MAX, "ffffffffffffffff"},
};
/* clang-format on */

Test(codec, sums)
{
    for (size_t i = 0; i < COUNT(sums); i++)
        cr_expect(eq(uint, codec_sum(sums[i].text, strlen(sums[i].text)),
                     sums[i].sum),
                  "%s", sums[i].text);
}

Test(hex, numbers)
{
    for (size_t i = 0; i < COUNT(numbers); i++) {
        char digits[HEX_NUM_MAX + 1] = "";

        digits[hex_num(digits, numbers[i].value)] = '\0';
        cr_expect(eq(str, digits, str(numbers[i].digits)));
    }
}

Test(hex, every_byte_there_and_back)
{
    for (unsigned i = 0; i < 256; i++) {
        uint8_t byte = (uint8_t)i;
        char digits[2];

        hex_encode(digits, &byte, 1);
        cr_expect(eq(int, hex_decode(&byte, digits, 1), 0));
        cr_expect(eq(uint, byte, i));
        cr_expect(eq(uint, (unsigned)hex_value((char)i) < 16,
                     i && strchr("0123456789abcdefABCDEF", (int)i) != NULL));
    }
}
