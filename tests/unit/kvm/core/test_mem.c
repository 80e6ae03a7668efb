/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "kvm/core/mem.h"
#include "tests/unit/kvm/rows.h"

#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)

#define HOLE_START GIB(3)
#define HOLE_END   GIB(4)

static const struct mem_hole hole = {HOLE_START, HOLE_END};

/* clang-format off */
static const struct size_row {
    const char *label;
    uint64_t size;
    int err;
    unsigned regions;
    uint64_t low_end;
    const char *says;
} size_rows[] = {
    {"one page",            KIB(4),   0,       1, KIB(4),         ""},
    {"odd number of pages", KIB(12),  0,       1, KIB(12),        ""},
    {"up to the hole",      GIB(3),   0,       1, HOLE_START,     ""},
    {"a page above it",     GIB(3) + KIB(4), 0, 2, HOLE_START,    ""},
    {"none",                0,        -EINVAL, 0, 0,              "-m"},
    {"part of a page",      100,      -EINVAL, 0, 0,              "-m"},
    {"a page and a byte",   4097,     -EINVAL, 0, 0,              "4097"},
    {"more than fits",      UINT64_C(1) << 62, -ENOMEM, 0, 0,     "-m"},
    {"as much as can be",   -(uint64_t)KIB(4), -ENOMEM, 0, 0,     "-m"},
};
/* clang-format on */

ParameterizedTestParameters(mem, init)
{
    return row_numbers(ROWS(size_rows));
}

ParameterizedTest(const size_t *i, mem, init)
{
    const struct size_row *row = &size_rows[*i];
    struct guest_mem mem;
    struct diag diag = {""};

    cr_expect(eq(int, mem_init_around(&mem, row->size, &hole, &diag), row->err),
              "%s", row->label);
    cr_expect(eq(u32, mem.n, row->regions), "%s", row->label);
    cr_expect(eq(u64, mem_low_end(&mem), row->low_end), "%s", row->label);
    cr_expect(eq(u64, mem_size(&mem), row->err ? 0 : row->size), "%s",
              row->label);
    cr_expect(strstr(diag.text, row->says) != NULL, "%s: %s", row->label,
              diag.text);
    for (unsigned r = 0; r < mem.n; r++)
        cr_expect(eq(u64, (uintptr_t)mem.region[r].hva % MIB(2), 0),
                  "%s: huge pages serve region %u", row->label, r);
    mem_done(&mem);
    cr_expect(eq(u32, mem.n, 0), "%s", row->label);
    mem_done(&mem);
}

/* Without a hole it is in one piece, whatever its size. */
Test(mem, no_hole)
{
    struct guest_mem mem;

    cr_assert(zero(int, mem_init(&mem, GIB(3) + KIB(8), NULL)));
    cr_expect(eq(u32, mem.n, 1));
    cr_expect(eq(u64, mem_low_end(&mem), GIB(3) + KIB(8)));
    cr_expect(mem_ptr(&mem, GIB(3) - 1, 2) != NULL);
    mem_done(&mem);
}

/* Each board has its own. */
Test(mem, another_hole)
{
    const struct mem_hole low = {MIB(2), MIB(16)};
    struct guest_mem mem;

    cr_assert(zero(int, mem_init_around(&mem, MIB(4), &low, NULL)));
    cr_expect(eq(u64, mem_low_end(&mem), MIB(2)));
    cr_expect(mem_ptr(&mem, MIB(2), 1) == NULL);
    cr_expect(mem_ptr(&mem, MIB(16), MIB(2)) != NULL);
    mem_done(&mem);
}

/* RAM is [0, 3 GiB) and [4 GiB, 4 GiB + 8 KiB). */
#define TOP (GIB(4) + KIB(8))

/* clang-format off */
static const struct range_row {
    const char *label;
    uint64_t gpa;
    size_t n;
    bool ram;
    size_t run;
} range_rows[] = {
    {"first byte",             0,                  1,        true,  1},
    {"nothing at 0",           0,                  0,        true,  0},
    {"last byte below hole",   GIB(3) - 1,         1,        true,  1},
    {"nothing at its end",     GIB(3),             0,        true,  0},
    {"into the hole",          GIB(3) - 1,         2,        false, 1},
    {"in the hole",            GIB(3),             1,        false, 0},
    {"nothing in the hole",    GIB(3) + 1,         0,        false, 0},
    {"out of the hole",        GIB(4) - 1,         2,        false, 0},
    {"high RAM",               GIB(4),             KIB(8),   true,  KIB(8)},
    {"past high RAM",          GIB(4),             KIB(8)+1, false, KIB(8)},
    {"all low RAM",            0,                  GIB(3),   true,  GIB(3)},
    {"across the hole",        0,                  TOP,      false, GIB(3)},
    {"length wraps",           16,                 SIZE_MAX, false, GIB(3)-16},
    {"last address",           UINT64_MAX,         1,        false, 0},
    {"address wraps",          UINT64_MAX,         2,        false, 0},
    {"all wraps",              UINT64_MAX,         SIZE_MAX, false, 0},
};
/* clang-format on */

ParameterizedTestParameters(mem, range)
{
    return row_numbers(ROWS(range_rows));
}

/* How many of n bytes lie in one piece, which is where mem_ptr() has them. */
static size_t span_of(const struct guest_mem *mem, uint64_t gpa, size_t n)
{
    struct mem_span span = {.n = 1};
    bool any = mem_span(mem, gpa, n, &span);

    cr_expect(eq(int, any, span.n > 0));
    cr_expect(any ? span.at == mem_ptr(mem, gpa, span.n) : span.at == NULL);
    return span.n;
}

ParameterizedTest(const size_t *i, mem, range)
{
    const struct range_row *row = &range_rows[*i];
    struct guest_mem mem;
    char byte[2] = {1, 2};
    size_t n = row->n < sizeof byte ? row->n : sizeof byte;

    cr_assert(eq(int, mem_init_around(&mem, GIB(3) + KIB(8), &hole, NULL), 0));
    cr_expect(eq(int, mem_ptr(&mem, row->gpa, row->n) != NULL, row->ram), "%s",
              row->label);
    cr_expect(eq(int, mem_has(&mem, row->gpa, row->n), row->ram), "%s",
              row->label);
    cr_expect(eq(sz, span_of(&mem, row->gpa, row->n), row->run), "%s",
              row->label);
    if (row->n <= n) {
        int err = row->ram ? 0 : -EFAULT;

        cr_expect(eq(int, mem_write(&mem, row->gpa, byte, n), err), "%s",
                  row->label);
        cr_expect(eq(int, mem_read(&mem, row->gpa, byte, n), err), "%s",
                  row->label);
    }
    mem_done(&mem);
}

/* clang-format off */
static const struct zero_row {
    const char *label;
    uint64_t gpa;
    size_t n;
    int err;
} zero_rows[] = {
    {"nothing",                100,   0,     0},
    {"within a page",          100,   200,   0},
    {"one page",               4096,  4096,  0},
    {"end of a page",          4000,  96,    0},
    {"across two",             4000,  200,   0},
    {"page and both edges",    4095,  4098,  0},
    {"all",                    0,     16384, 0},
    {"past the end",           16000, 385,   -EFAULT},
    {"far away",               99999, 1,     -EFAULT},
};
/* clang-format on */

ParameterizedTestParameters(mem, zero)
{
    return row_numbers(ROWS(zero_rows));
}

ParameterizedTest(const size_t *i, mem, zero)
{
    const struct zero_row *row = &zero_rows[*i];
    struct guest_mem mem;
    uint8_t *byte;
    size_t zeros = 0;

    cr_assert(eq(int, mem_init(&mem, 16384, NULL), 0));
    byte = mem_ptr(&mem, 0, 16384);
    memset(byte, 0xee, 16384);
    cr_expect(eq(int, mem_zero(&mem, row->gpa, row->n), row->err), "%s",
              row->label);
    for (size_t k = 0; k < 16384; k++)
        if (byte[k] == 0 && k >= row->gpa && k - row->gpa < row->n)
            zeros++;
        else
            cr_assert(eq(u8, byte[k], 0xee), "%s: byte %zu", row->label, k);
    cr_expect(eq(sz, zeros, row->err ? 0 : row->n), "%s", row->label);
    mem_done(&mem);
}

Test(mem, clear)
{
    struct guest_mem mem;
    uint64_t word = 0;

    cr_assert(eq(int, mem_init_around(&mem, GIB(3) + KIB(8), &hole, NULL), 0));
    cr_expect(eq(int, mem_write(&mem, 0x1000, "low word", 8), 0));
    cr_expect(eq(int, mem_write(&mem, TOP - 8, "top word", 8), 0));
    cr_expect(eq(int, mem_clear(&mem), 0));
    cr_expect(eq(int, mem_read(&mem, 0x1000, &word, 8), 0));
    cr_expect(eq(u64, word, 0));
    cr_expect(eq(int, mem_read(&mem, TOP - 8, &word, 8), 0));
    cr_expect(eq(u64, word, 0));
    mem_done(&mem);
}

Test(mem, never_initialised)
{
    struct guest_mem mem = {0};

    cr_expect(eq(ptr, mem_ptr(&mem, 0, 0), NULL));
    cr_expect(eq(sz, span_of(&mem, 0, 1), 0));
    cr_expect(eq(u64, mem_low_end(&mem), 0));
    cr_expect(eq(int, mem_clear(&mem), 0));
    mem_done(&mem);
}

/* Whether a mapping that holds the address has the flag (proc(5), VmFlags). */
static bool has_flag(const void *address, const char *flag)
{
    FILE *file = fopen("/proc/self/smaps", "r");
    unsigned long low, high;
    bool here = false;
    bool found = false;
    char line[512];

    cr_assert(file != NULL);
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "%lx-%lx ", &low, &high) == 2)
            here = (uintptr_t)address >= low && (uintptr_t)address < high;
        else if (here && !strncmp(line, "VmFlags:", 8))
            found = strstr(line, flag) != NULL;
    }
    (void)fclose(file);
    return found;
}

/* It is in no core file, and no child pays for it. */
Test(mem, is_the_guests_alone)
{
    struct guest_mem mem;
    int mine;

    cr_assert(zero(int, mem_init_around(&mem, GIB(3) + MIB(4), &hole, NULL)));
    for (unsigned i = 0; i < mem.n; i++) {
        cr_expect(has_flag(mem.region[i].hva, " dd"), "MADV_DONTDUMP");
        cr_expect(has_flag(mem.region[i].hva, " dc"), "MADV_DONTFORK");
    }
    cr_expect(not(has_flag(&mine, " dd")), "and not everything has it");
    mem_done(&mem);
}

/* clang-format off */
static const struct device_row {
    const char *label;
    uint64_t ram, gpa, size;
    int err;
} device_rows[] = {
    {"in the hole",          MIB(1),           GIB(3) + MIB(2), MIB(16), 0},
    {"all of it",            MIB(1),           GIB(3), GIB(1),           0},
    {"between RAM and RAM",  GIB(3) + MIB(2),  GIB(3) + MIB(2), MIB(16), 0},
    {"before it",            MIB(1),           GIB(3) - KIB(4), KIB(4),  -EINVAL},
    {"behind it",            MIB(1),           GIB(4), KIB(4),           -EINVAL},
    {"past its end",         MIB(1),           GIB(4) - KIB(4), KIB(8),  -EINVAL},
    {"none",                 MIB(1),           GIB(3), 0,                -EINVAL},
    {"no whole page",        MIB(1),           GIB(3), 100,              -EINVAL},
    {"at no whole page",     MIB(1),           GIB(3) + 8, KIB(4),       -EINVAL},
    {"a size that wraps",    MIB(1),           GIB(3) + KIB(4), -(uint64_t)KIB(4), -EINVAL},
};
/* clang-format on */

ParameterizedTestParameters(mem, of_device)
{
    return row_numbers(ROWS(device_rows));
}

/* It is memory, and no RAM; in order. */
ParameterizedTest(const size_t *i, mem, of_device)
{
    const struct device_row *row = &device_rows[*i];
    struct guest_mem mem;
    struct diag diag = {""};

    cr_assert(zero(int, mem_init_around(&mem, row->ram, &hole, NULL)));
    cr_expect(
        eq(int, mem_add_device(&mem, row->gpa, row->size, &diag), row->err),
        "%s", row->label);
    cr_expect(eq(int, diag.text[0] != '\0', row->err != 0), "%s", row->label);
    cr_expect(eq(u64, mem_size(&mem), row->ram), "%s", row->label);
    cr_expect(eq(u64, mem_low_end(&mem), row->ram < GIB(3) ? row->ram : GIB(3)),
              "%s", row->label);
    if (!row->err) {
        cr_expect(mem_has(&mem, row->gpa, row->size), "%s", row->label);
        cr_expect(eq(int,
                     mem_add_device(&mem, row->gpa + row->size - KIB(4), KIB(4),
                                    NULL),
                     -EINVAL),
                  "%s: in it", row->label);
        cr_expect(eq(int, mem_add_device(&mem, GIB(4) - KIB(4), KIB(4), NULL),
                     row->size == GIB(1) ? -EINVAL : 0),
                  "%s: another one", row->label);
        cr_expect(eq(u64, mem_size(&mem), row->ram), "%s", row->label);
    }
    for (unsigned r = 1; r < mem.n; r++)
        cr_expect(lt(u64, mem.region[r - 1].gpa, mem.region[r].gpa), "%s",
                  row->label);
    mem_done(&mem);
}
