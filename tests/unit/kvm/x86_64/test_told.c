/* SPDX-License-Identifier: MIT */
/* What a guest is told by each boot protocol, read back as a guest does: from
 * addresses, at the offsets of the specification. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "kvm/board/pc.h"
#include "kvm/core/mem.h"
#include "kvm/image/image.h"
#include "kvm/x86_64/boot/info.h"
#include "kvm/x86_64/boot/linux.h"
#include "kvm/x86_64/boot/memory_map.h"
#include "kvm/x86_64/boot/multiboot.h"
#include "kvm/x86_64/boot/multiboot2.h"
#include "kvm/x86_64/boot/pvh.h"
#include "tests/unit/kvm/rows.h"

#define MIB(n) ((uint64_t)(n) << 20)

enum { INFO = 0x10000 };

static const struct mem_hole hole = {PC_HOLE_START, PC_HOLE_END};

static const struct image_boot full = {
    .path = "dir/kernel",
    .append = "one two",
    .info = INFO,
    .info_size = 0x4000,
    .n_modules = 2,
    .module = {{0x200000, 10, "m1 a b"}, {0x300000, 0x1001, "m2"}},
    .tables = 0xf0000,
};

static const struct image_boot bare = {.path = "k",
                                       .info = INFO,
                                       .info_size = 0x4000};

static uint64_t number(const struct guest_mem *mem, uint64_t gpa, size_t n)
{
    uint64_t value = 0;

    cr_assert(zero(int, mem_read(mem, gpa, &value, n)));
    return value;
}

static uint32_t word(const struct guest_mem *mem, uint64_t gpa)
{
    return (uint32_t)number(mem, gpa, 4);
}

static uint64_t quad(const struct guest_mem *mem, uint64_t gpa)
{
    return number(mem, gpa, 8);
}

/* The text at gpa, which is in what was written. */
static void expect_text(const struct guest_mem *mem, uint64_t gpa,
                        const char *want)
{
    const char *got = mem_ptr(mem, gpa, strlen(want) + 1);

    cr_assert(gpa >= INFO && gpa < INFO + 0x4000, "%#lx", (unsigned long)gpa);
    cr_expect(got && strcmp(got, want) == 0, "%s: %s", want, got);
}

static struct guest_mem memory(uint64_t size)
{
    struct guest_mem mem;

    cr_assert(zero(int, mem_init_around(&mem, size, &hole, NULL)));
    return mem;
}

/* --- the memory map --- */

/* clang-format off */
static const struct map_row {
    uint64_t size;
    size_t n;
    struct x86_range ranges[6];
} map_rows[] = {
    {0x1000,  3, {{0, 0x1000, 1}, {0x9fc00, 0x400, 2}, {0xf0000, 0x10000, 2}}},
    {MIB(1),  3, {{0, 0x9fc00, 1}, {0x9fc00, 0x400, 2}, {0xf0000, 0x10000, 2}}},
    {MIB(16), 4, {{0, 0x9fc00, 1}, {0x9fc00, 0x400, 2}, {0xf0000, 0x10000, 2},
                  {MIB(1), MIB(15), 1}}},
    {MIB(4096), 5, {{0, 0x9fc00, 1}, {0x9fc00, 0x400, 2}, {0xf0000, 0x10000, 2},
                    {MIB(1), MIB(3071), 1}, {MIB(4096), MIB(1024), 1}}},
};
/* clang-format on */

ParameterizedTestParameters(told, memory_map)
{
    return row_numbers(ROWS(map_rows));
}

ParameterizedTest(const size_t *i, told, memory_map)
{
    const struct map_row *row = &map_rows[*i];
    struct guest_mem mem = memory(row->size);
    struct x86_range map[X86_RANGES_MAX];

    cr_assert(eq(sz, x86_memory_map(&mem, map), row->n), "row %zu", *i);
    for (size_t k = 0; k < row->n; k++) {
        cr_expect(eq(u64, map[k].start, row->ranges[k].start), "row %zu", *i);
        cr_expect(eq(u64, map[k].size, row->ranges[k].size), "row %zu", *i);
        cr_expect(eq(u32, map[k].type, row->ranges[k].type), "row %zu", *i);
    }
    mem_done(&mem);
}

/* --- multiboot (0.6.96, 3.3) --- */

Test(told, multiboot)
{
    struct guest_mem mem = memory(MIB(16));
    struct info info = info_begin(&mem, &full);
    uint64_t mb = x86_put_multiboot(&info, &full);
    uint32_t mods = word(&mem, mb + 24);
    uint32_t map = word(&mem, mb + 48);

    cr_assert(not(info.is_full));
    cr_expect(eq(u64, mb % 4, 0));
    cr_expect(eq(u32, word(&mem, mb), 0x124d));
    cr_expect(eq(u32, word(&mem, mb + 4), 639));
    cr_expect(eq(u32, word(&mem, mb + 8), 15 * 1024));
    expect_text(&mem, word(&mem, mb + 16), "dir/kernel one two");
    cr_expect(eq(u32, word(&mem, mb + 20), 2));
    cr_expect(eq(u32, word(&mem, mods), 0x200000));
    cr_expect(eq(u32, word(&mem, mods + 4), 0x20000a), "one past its end");
    expect_text(&mem, word(&mem, mods + 8), "m1 a b");
    cr_expect(eq(u32, word(&mem, mods + 16 + 4), 0x301001));
    cr_expect(eq(u32, word(&mem, mb + 44), 4 * 24));
    cr_expect(eq(u32, word(&mem, map), 20), "the size does not count itself");
    cr_expect(eq(u64, quad(&mem, map + 3 * 24 + 4), MIB(1)));
    cr_expect(eq(u64, quad(&mem, map + 3 * 24 + 12), MIB(15)));
    cr_expect(eq(u32, word(&mem, map + 3 * 24 + 20), 1));
    expect_text(&mem, word(&mem, mb + 64), "kvmgdbstub");
    cr_expect(eq(u64, quad(&mem, mb + 88), 0xb8000), "the screen");
    cr_expect(eq(u32, word(&mem, mb + 96), 160));
    cr_expect(eq(u32, word(&mem, mb + 100), 80));
    cr_expect(eq(u32, word(&mem, mb + 104), 25));
    cr_expect(eq(u64, number(&mem, mb + 108, 2), 0x0210), "type, bits");
    mem_done(&mem);
}

Test(told, multiboot_without)
{
    struct guest_mem mem = memory(0x40000);
    struct info info = info_begin(&mem, &bare);
    uint64_t mb = x86_put_multiboot(&info, &bare);

    cr_assert(not(info.is_full));
    cr_expect(eq(u32, word(&mem, mb + 4), 256));
    cr_expect(eq(u32, word(&mem, mb + 8), 0));
    cr_expect(eq(u32, word(&mem, mb + 20), 0));
    expect_text(&mem, word(&mem, mb + 16), "k");
    mem_done(&mem);
}

/* --- multiboot 2 (2.0, 3.6) --- */

/* The nth tag of a type, from 0; 0: there is none. Each begins at a multiple of
 * 8, and the last ends where the whole does. */
static uint64_t find_tag(const struct guest_mem *mem, uint64_t mb,
                         uint32_t type, unsigned n)
{
    uint64_t found = 0;
    uint64_t at;

    for (at = mb + 8; word(mem, at) != 0;
         at += (word(mem, at + 4) + 7U) / 8 * 8) {
        cr_assert(lt(u64, at, mb + word(mem, mb)));
        if (word(mem, at) == type && n-- == 0)
            found = at;
    }
    cr_expect(eq(u64, at + 8, mb + word(mem, mb)), "the end tag ends it");
    return found;
}

static const struct image_boot relocatable = {
    .path = "k",
    .info = INFO,
    .info_size = 0x4000,
    .is_relocatable = true,
    .base = 0x123000,
    .sections = {.at = 0x8000, .n = 3, .entry_size = 64, .names = 2}};

static const char rsdp[] = "RSD PTR, but for this any 36 bytes do";

static void expect_rsdp(const struct guest_mem *mem, uint64_t tag, uint32_t n)
{
    cr_expect(eq(u32, word(mem, tag + 4), 8 + n));
    cr_expect(zero(int, memcmp(mem_ptr(mem, tag + 8, n), rsdp, n)));
}

Test(told, multiboot2)
{
    struct guest_mem mem = memory(MIB(16));
    struct info info = info_begin(&mem, &full);
    uint64_t mb;
    uint64_t at;

    memcpy(mem_ptr(&mem, full.tables, 36), rsdp, 36);
    mb = x86_put_multiboot2(&info, &full);
    cr_assert(not(info.is_full));
    cr_expect(eq(u64, mb % 8, 0));
    at = find_tag(&mem, mb, 1, 0);
    expect_text(&mem, at + 8, "dir/kernel one two");
    cr_expect(eq(u32, word(&mem, at + 4), 8 + 19));
    expect_text(&mem, find_tag(&mem, mb, 2, 0) + 8, "kvmgdbstub");
    at = find_tag(&mem, mb, 3, 1);
    cr_expect(eq(u32, word(&mem, at + 8), 0x300000));
    cr_expect(eq(u32, word(&mem, at + 12), 0x301001));
    expect_text(&mem, at + 16, "m2");
    expect_text(&mem, find_tag(&mem, mb, 3, 0) + 16, "m1 a b");
    at = find_tag(&mem, mb, 4, 0);
    cr_expect(eq(u32, word(&mem, at + 8), 639));
    cr_expect(eq(u32, word(&mem, at + 12), 15 * 1024));
    at = find_tag(&mem, mb, 6, 0);
    cr_expect(eq(u32, word(&mem, at + 4), 16 + 4 * 24));
    cr_expect(eq(u32, word(&mem, at + 8), 24));
    cr_expect(eq(u64, quad(&mem, at + 16 + 3 * 24), MIB(1)));
    cr_expect(eq(u64, quad(&mem, at + 24 + 3 * 24), MIB(15)));
    cr_expect(eq(u32, word(&mem, at + 32 + 3 * 24), 1));
    at = find_tag(&mem, mb, 8, 0);
    cr_expect(eq(u32, word(&mem, at + 4), 32));
    cr_expect(eq(u64, quad(&mem, at + 8), 0xb8000));
    cr_expect(eq(u64, number(&mem, at + 28, 2), 0x0210), "bits, type");
    expect_rsdp(&mem, find_tag(&mem, mb, 14, 0), 20);
    expect_rsdp(&mem, find_tag(&mem, mb, 15, 0), 36);
    cr_expect(eq(u64, find_tag(&mem, mb, 9, 0), 0), "no sections");
    cr_expect(eq(u64, find_tag(&mem, mb, 21, 0), 0), "no base");
    mem_done(&mem);
}

Test(told, multiboot2_sections)
{
    struct guest_mem mem = memory(MIB(1));
    struct info info = info_begin(&mem, &relocatable);
    uint64_t mb;
    uint64_t at;

    memset(mem_ptr(&mem, 0x8000, 3 * 64), 0xaa, 3 * 64);
    mb = x86_put_multiboot2(&info, &relocatable);
    at = find_tag(&mem, mb, 9, 0);
    cr_expect(eq(u32, word(&mem, at + 4), 20 + 3 * 64));
    cr_expect(eq(u32, word(&mem, at + 8), 3));
    cr_expect(eq(u32, word(&mem, at + 12), 64));
    cr_expect(eq(u32, word(&mem, at + 16), 2));
    cr_expect(zero(int, memcmp(mem_ptr(&mem, at + 20, 3 * 64),
                               mem_ptr(&mem, 0x8000, 3 * 64), 3 * 64)));
    at = find_tag(&mem, mb, 21, 0);
    cr_expect(eq(u32, word(&mem, at + 8), 0x123000));
    cr_expect(eq(u64, find_tag(&mem, mb, 14, 0), 0), "no RSDP");
    mem_done(&mem);
}

/* --- Xen's PVH (start_info.h) --- */

Test(told, pvh)
{
    struct guest_mem mem = memory(MIB(16));
    struct info info = info_begin(&mem, &full);
    uint64_t start = x86_put_pvh(&info, &full);
    uint64_t modules = quad(&mem, start + 16);
    uint64_t map = quad(&mem, start + 40);

    cr_assert(not(info.is_full));
    cr_expect(eq(u64, start % 8, 0));
    cr_expect(eq(u32, word(&mem, start), 0x336ec578));
    cr_expect(eq(u32, word(&mem, start + 4), 1), "version");
    cr_expect(eq(u32, word(&mem, start + 12), 2));
    cr_expect(eq(u64, quad(&mem, modules), 0x200000));
    cr_expect(eq(u64, quad(&mem, modules + 8), 10), "a size, not an end");
    expect_text(&mem, quad(&mem, modules + 16), "m1 a b");
    cr_expect(eq(u64, quad(&mem, modules + 32), 0x300000));
    expect_text(&mem, quad(&mem, start + 24), "one two");
    cr_expect(eq(u64, quad(&mem, start + 32), 0xf0000), "RSDP");
    cr_expect(eq(u32, word(&mem, start + 48), 4));
    cr_expect(eq(u64, quad(&mem, map + 3 * 24), MIB(1)));
    cr_expect(eq(u64, quad(&mem, map + 3 * 24 + 8), MIB(15)));
    cr_expect(eq(u32, word(&mem, map + 3 * 24 + 16), 1));
    mem_done(&mem);
}

Test(told, pvh_without)
{
    struct guest_mem mem = memory(MIB(1));
    struct info info = info_begin(&mem, &bare);
    uint64_t start = x86_put_pvh(&info, &bare);

    cr_expect(eq(u32, word(&mem, start + 12), 0));
    cr_expect(eq(u64, quad(&mem, start + 16), 0), "no list of modules");
    cr_expect(eq(u64, quad(&mem, start + 32), 0), "no RSDP");
    expect_text(&mem, quad(&mem, start + 24), "");
    mem_done(&mem);
}

/* --- Linux (Documentation/arch/x86/zero-page.rst) --- */

static const struct image_boot linux = {
    .protocol = BOOT_LINUX,
    .tables = 0xf0000,
    .path = "vmlinuz",
    .append = "one two",
    .info = INFO,
    .info_size = 0x4000,
    .n_modules = 1,
    .module = {{0x7f00000, 0x1234, "initrd"}},
    .linux_setup = {.header = {4, [0x1fe - 0x1f1] = 0x55, 0xaa, 0xeb, 0x6a, 'H',
                               'd', 'r', 'S', 0x0f, 2, [0x9e] = 0x77},
                    .n = 0x9f}};

Test(told, linux)
{
    struct guest_mem mem = memory(MIB(4096));
    struct info info = info_begin(&mem, &linux);
    uint64_t page = x86_put_linux(&info, &linux);
    uint64_t map = page + 0x2d0;

    cr_assert(not(info.is_full));
    cr_expect(eq(u64, page % 4096, 0));
    cr_expect(eq(u64, number(&mem, page + 0x06, 2), 0x5003), "mode 3, columns");
    cr_expect(eq(u64, number(&mem, page + 0x0e, 2), 0x0119), "lines, VGA");
    cr_expect(eq(u64, quad(&mem, page + 0x70), 0xf0000), "RSDP");
    cr_expect(eq(u32, word(&mem, page + 0x1e0), 3071 * 1024));
    cr_expect(eq(u64, number(&mem, page + 0x1e8, 1), 5));
    cr_expect(eq(u64, number(&mem, page + 0x1ef, 1), 0), "the sentinel");
    cr_expect(eq(u64, number(&mem, page + 0x1f1, 1), 4));
    cr_expect(eq(u64, number(&mem, page + 0x1fa, 2), 0xffff), "video mode");
    cr_expect(eq(u32, word(&mem, page + 0x202), 0x53726448));
    cr_expect(eq(u64, number(&mem, page + 0x210, 1), 0xff), "loader");
    cr_expect(eq(u32, word(&mem, page + 0x218), 0x7f00000));
    cr_expect(eq(u32, word(&mem, page + 0x21c), 0x1234));
    cr_expect(eq(u64, number(&mem, page + 0x28f, 1), 0x77),
              "all of the header");
    expect_text(&mem, word(&mem, page + 0x228), "one two");
    cr_expect(eq(u64, quad(&mem, map + 3 * 20), MIB(1)));
    cr_expect(eq(u64, quad(&mem, map + 3 * 20 + 8), MIB(3071)));
    cr_expect(eq(u32, word(&mem, map + 3 * 20 + 16), 1));
    cr_expect(eq(u64, quad(&mem, map + 4 * 20), MIB(4096)));
    cr_expect(eq(u64, quad(&mem, map + 4 * 20 + 8), MIB(1024)));
    mem_done(&mem);
}

/* A vmlinux brings no header, and looks for the magic all the same. */
Test(told, linux_without)
{
    struct guest_mem mem = memory(MIB(16));
    struct info info = info_begin(&mem, &bare);
    uint64_t page = x86_put_linux(&info, &bare);

    cr_expect(eq(u64, number(&mem, page + 0x1fe, 2), 0xaa55));
    cr_expect(eq(u32, word(&mem, page + 0x202), 0x53726448));
    cr_expect(eq(u32, word(&mem, page + 0x218), 0), "no initrd");
    expect_text(&mem, word(&mem, page + 0x228), "");
    mem_done(&mem);
}

/* --- what does not fit --- */

static uint64_t (*const writers[])(struct info *info,
                                   const struct image_boot *boot) = {
    x86_put_multiboot,
    x86_put_multiboot2,
    x86_put_pvh,
    x86_put_linux,
};

ParameterizedTestParameters(told, no_room)
{
    return row_numbers(ROWS(writers));
}

/* With each size that is too small nothing is written behind the end. */
ParameterizedTest(const size_t *i, told, no_room)
{
    struct guest_mem mem = memory(MIB(1));
    bool fits = false;
    bool is_whole;

    for (uint64_t size = 0; !fits; size += 7) {
        struct image_boot boot = full;
        struct info info;
        const uint8_t *end = mem_ptr(&mem, INFO + size, 0x1000);

        boot.info_size = size;
        memset(mem_ptr(&mem, INFO, 0x8000), 0xee, 0x8000);
        info = info_begin(&mem, &boot);
        (void)writers[*i](&info, &boot);
        fits = !info.is_full;
        is_whole = end[0] == 0xee && memcmp(end, end + 1, 0xfff) == 0;
        cr_assert(is_whole, "%zu, %lu", *i, (unsigned long)size);
        cr_assert(size < 0x4000);
    }
    mem_done(&mem);
}
