/* SPDX-License-Identifier: MIT */
/* A firmware: where its bytes go, where it starts, and what is none. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "kvm/image/firmware.h"
#include "kvm/image/load.h"
#include "tests/unit/kvm/device/disk_fixture.h"
#include "tests/unit/kvm/rows.h"

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

static const struct mem_hole hole = {3 * GIB, 4 * GIB};

static const struct good_row {
    uint64_t size, low; /* and so much of it is below 1 MiB */
} good_rows[] = {
    {64 * KIB, 64 * KIB},   {128 * KIB, 128 * KIB}, {192 * KIB, 128 * KIB},
    {256 * KIB, 128 * KIB}, {16 * MIB, 128 * KIB},
};

static void expect_bytes(const struct guest_mem *mem, uint64_t gpa,
                         uint64_t offset, uint64_t n)
{
    const uint8_t *bytes = mem_ptr(mem, gpa, n);

    cr_assert(bytes != NULL);
    for (uint64_t i = 0; i < n; i += 61)
        cr_assert(eq(u8, bytes[i], disk_byte(offset + i)));
    cr_expect(eq(u8, bytes[n - 1], disk_byte(offset + n - 1)));
}

ParameterizedTestParameters(firmware, placed)
{
    return row_numbers(ROWS(good_rows));
}

ParameterizedTest(const size_t *i, firmware, placed)
{
    const struct good_row *row = &good_rows[*i];
    struct file file = disk_file(row->size);
    const struct load_options options = {.path = file.path,
                                         .is_firmware = true};
    struct guest_mem mem;
    struct image image;
    struct diag diag = {""};
    uint64_t size;

    cr_assert(zero(int, firmware_size(&options, &size, &diag)), "%s",
              diag.text);
    cr_assert(eq(u64, size, row->size));
    cr_assert(zero(int, mem_init_around(&mem, MIB, &hole, NULL)));
    cr_assert(zero(int, mem_add_device(&mem, 4 * GIB - size, size, NULL)));
    cr_assert(zero(int, load_image(&mem, &options, &image, &diag)), "%s",
              diag.text);
    cr_expect(eq(int, (int)image.kind, IMAGE_FIRMWARE));
    cr_expect(eq(int, (int)image.mode, CPU_MODE_REAL));
    cr_expect(eq(u64, image.entry, 0xffff0));
    cr_expect(zero(u64, image.boot.tables), "no tables of ours");
    expect_bytes(&mem, 4 * GIB - size, 0, size);
    expect_bytes(&mem, MIB - row->low, size - row->low, row->low);
    cr_expect(zero(u8, *(uint8_t *)mem_ptr(&mem, MIB - row->low - 1, 1)));
    mem_done(&mem);
    (void)close(file.fd);
}

static const struct bad_row {
    const char *label;
    uint64_t size;
    uint64_t ram, memory; /* below 4 GiB */
    struct load_options options;
    int err;
    const char *said;
} bad_rows[] = {
    {"a sector", 512, MIB, 64 * KIB, {0}, -ENOEXEC, "no firmware"},
    {"a byte too many", 65537, MIB, 128 * KIB, {0}, -ENOEXEC, "no firmware"},
    {"too large",
     16 * MIB + 64 * KIB,
     MIB,
     32 * MIB,
     {0},
     -ENOEXEC,
     "no firmware"},
    {"it has grown", 128 * KIB, MIB, 64 * KIB, {0}, -EIO, "changed"},
    {"too little RAM",
     64 * KIB,
     MIB - 4 * KIB,
     64 * KIB,
     {0},
     -ENOMEM,
     "1 MiB"},
    {"a mode",
     64 * KIB,
     MIB,
     64 * KIB,
     {.mode = CPU_MODE_REAL},
     -EINVAL,
     "drop --mode"},
    {"a place",
     64 * KIB,
     MIB,
     64 * KIB,
     {.has_load_addr = true},
     -EINVAL,
     "drop --load-addr"},
    {"an entry",
     64 * KIB,
     MIB,
     64 * KIB,
     {.has_entry = true},
     -EINVAL,
     "drop --entry"},
    {"a command line",
     64 * KIB,
     MIB,
     64 * KIB,
     {.append = "x"},
     -EINVAL,
     "drop --append"},
    {"an initrd",
     64 * KIB,
     MIB,
     64 * KIB,
     {.initrd = "x"},
     -EINVAL,
     "drop --initrd"},
    {"modules",
     64 * KIB,
     MIB,
     64 * KIB,
     {.n_modules = 1},
     -EINVAL,
     "drop --module"},
};

ParameterizedTestParameters(firmware, refused)
{
    return row_numbers(ROWS(bad_rows));
}

ParameterizedTest(const size_t *i, firmware, refused)
{
    const struct bad_row *row = &bad_rows[*i];
    struct file file = disk_file(row->size);
    struct load_options options = row->options;
    struct guest_mem mem;
    struct image image;
    struct diag diag = {""};
    uint64_t size;

    options.path = file.path;
    options.is_firmware = true;
    cr_expect(eq(int, firmware_size(&options, &size, NULL),
                 row->err == -ENOEXEC ? -ENOEXEC : 0),
              "%s", row->label);
    cr_assert(zero(int, mem_init_around(&mem, row->ram, &hole, NULL)));
    cr_assert(zero(
        int, mem_add_device(&mem, 4 * GIB - row->memory, row->memory, NULL)));
    cr_expect(eq(int, load_image(&mem, &options, &image, &diag), row->err),
              "%s", row->label);
    cr_expect(strstr(diag.text, row->said) != NULL, "%s: %s", row->label,
              diag.text);
    mem_done(&mem);
    (void)close(file.fd);
}
