/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/stat.h>

#include "kvm/board/pc.h"
#include "kvm/core/mem.h"
#include "kvm/image/image.h"
#include "kvm/image/load.h"
#include "tests/unit/kvm/image/load_fixture.h"
#include "tests/unit/kvm/rows.h"

#define MIB(n) ((uint64_t)(n) << 20)
#define RAM    MIB(2)

static const struct mem_hole hole = {PC_HOLE_START, PC_HOLE_END};

/* clang-format off */
static const struct flat_row {
    const char *label;
    size_t size;
    const char *start;  /* of the file; the rest is 0x90 */
    bool signature;     /* 55 AA at 510 */
    struct load_options options;
    int err;
    const char *says;
    struct image image;
} flat_rows[] = {
    {"ten bytes", 10, "", false, {0}, 0, "",
     {IMAGE_FLAT, CPU_MODE_REAL, 0, 0, 10, 10, {0}}},
    {"--mode prot", 10, "", false, {.mode = CPU_MODE_PROT}, 0, "",
     {IMAGE_FLAT, CPU_MODE_PROT, 0, 0, 10, 10, {0}}},
    {"--mode long", 10, "", false, {.mode = CPU_MODE_LONG}, 0, "",
     {IMAGE_FLAT, CPU_MODE_LONG, 0, 0, 10, 10, {0}}},
    {"--load-addr", 10, "", false,
     {.has_load_addr = true, .load_addr = 0x1000}, 0, "",
     {IMAGE_FLAT, CPU_MODE_REAL, 0x1000, 0x1000, 0x100a, 0x100a, {0}}},
    {"--load-addr and --entry", 10, "", false,
     {.has_load_addr = true, .load_addr = 0x1000,
      .has_entry = true, .entry = 0x1004}, 0, "",
     {IMAGE_FLAT, CPU_MODE_REAL, 0x1004, 0x1000, 0x100a, 0x100a, {0}}},
    {"--load-addr 1 MiB is in reach", 10, "", false,
     {.has_load_addr = true, .load_addr = MIB(1)}, 0, "",
     {IMAGE_FLAT, CPU_MODE_REAL, MIB(1), MIB(1), MIB(1) + 10, MIB(1) + 10, {0}}},
    {"real mode, too high", 10, "", false,
     {.has_load_addr = true, .load_addr = 0x10fff0}, -ERANGE, "--mode", {0}},
    {"fills memory", RAM, "", false, {0}, 0, "",
     {IMAGE_FLAT, CPU_MODE_REAL, 0, 0, RAM, RAM, {0}}},
    {"larger than memory", RAM + 1, "", false, {0}, -E2BIG,
     "2097153 bytes at 0 do not fit into the guest's 2048 KiB of memory: give "
     "it more with -m", {0}},
    {"reaches over the end", 10, "", false,
     {.has_load_addr = true, .load_addr = RAM - 9}, -E2BIG, "-m", {0}},
    {"--load-addr in the hole", 10, "", false,
     {.has_load_addr = true, .load_addr = PC_HOLE_START}, -E2BIG,
     "hole from 0xc0000000 to 0x100000000", {0}},
    {"--load-addr wraps", 10, "", false,
     {.has_load_addr = true, .load_addr = UINT64_MAX - 4}, -E2BIG, "-m", {0}},
    {"three letters of ELF", 3, "\177EL", false, {0}, 0, "",
     {IMAGE_FLAT, CPU_MODE_REAL, 0, 0, 3, 3, {0}}},

    {"boot sector", 512, "", true, {0}, 0, "",
     {IMAGE_BOOT_SECTOR, CPU_MODE_REAL, 0x7c00, 0x7c00, 0x7e00, 0x7e00, {0}}},
    {"boot sector --mode real", 512, "", true, {.mode = CPU_MODE_REAL}, 0, "",
     {IMAGE_BOOT_SECTOR, CPU_MODE_REAL, 0x7c00, 0x7c00, 0x7e00, 0x7e00, {0}}},
    {"boot sector --mode prot", 512, "", true, {.mode = CPU_MODE_PROT},
     -ENOEXEC, "drop --mode", {0}},
    {"boot sector --mode long", 512, "", true, {.mode = CPU_MODE_LONG},
     -ENOEXEC, "drop --mode", {0}},
    {"boot sector --load-addr", 512, "", true,
     {.has_load_addr = true, .load_addr = 0x600}, 0, "",
     {IMAGE_BOOT_SECTOR, CPU_MODE_REAL, 0x600, 0x600, 0x800, 0x800, {0}}},
    {"512 bytes without signature", 512, "", false, {0}, 0, "",
     {IMAGE_FLAT, CPU_MODE_REAL, 0, 0, 512, 512, {0}}},
    {"disk image", 1024, "", true, {0}, 0, "",
     {IMAGE_BOOT_SECTOR, CPU_MODE_REAL, 0x7c00, 0x7c00, 0x7e00, 0x7e00, {0}}},
    {"disk image of an odd size", 513, "", true, {0}, 0, "",
     {IMAGE_BOOT_SECTOR, CPU_MODE_REAL, 0x7c00, 0x7c00, 0x7e00, 0x7e00, {0}}},
    {"disk image larger than memory", RAM + 512, "", true, {0}, 0, "",
     {IMAGE_BOOT_SECTOR, CPU_MODE_REAL, 0x7c00, 0x7c00, 0x7e00, 0x7e00, {0}}},
    {"disk image --mode prot", 1024, "", true, {.mode = CPU_MODE_PROT},
     -ENOEXEC, "drop --mode", {0}},
    {"disk image --entry", 1024, "", true,
     {.has_entry = true, .entry = 0x7c10}, 0, "",
     {IMAGE_BOOT_SECTOR, CPU_MODE_REAL, 0x7c10, 0x7c00, 0x7e00, 0x7e00, {0}}},
    {"disk image --load-addr", 1024, "", true,
     {.has_load_addr = true, .load_addr = 0x7c00}, 0, "",
     {IMAGE_FLAT, CPU_MODE_REAL, 0x7c00, 0x7c00, 0x8000, 0x8000, {0}}},
    {"disk image --load-addr 0", 5000, "", true,
     {.has_load_addr = true}, 0, "",
     {IMAGE_FLAT, CPU_MODE_REAL, 0, 0, 5000, 5000, {0}}},
    {"511 bytes", 511, "", false, {0}, 0, "",
     {IMAGE_FLAT, CPU_MODE_REAL, 0, 0, 511, 511, {0}}},

    {"empty", 0, "", false, {0}, -ENODATA, "empty", {0}},
    {"ELF magic and no more", 4, "\177ELF", false, {0}, -ENOEXEC,
     "header is cut short", {0}},
    {"ELF of no class", 64, "\177ELF\5\1\1", false, {0}, -ENOEXEC,
     "", {0}},
};
/* clang-format on */

static struct file flat_file(const struct flat_row *row)
{
    struct file file = file_new();
    uint8_t *bytes;

    cr_assert(zero(int, ftruncate(file.fd, (off_t)row->size)));
    if (row->size == 0)
        return file;
    bytes =
        mmap(NULL, row->size, PROT_READ | PROT_WRITE, MAP_SHARED, file.fd, 0);
    cr_assert(bytes != MAP_FAILED);
    memset(bytes, 0x90, row->size);
    memcpy(bytes, row->start, strlen(row->start));
    if (row->signature)
        memcpy(bytes + 510, "\x55\xaa", 2);
    (void)munmap(bytes, row->size);
    return file;
}

ParameterizedTestParameters(load, flat)
{
    return row_numbers(ROWS(flat_rows));
}

ParameterizedTest(const size_t *i, load, flat)
{
    const struct flat_row *row = &flat_rows[*i];
    struct load_options options = row->options;
    struct file file = flat_file(row);
    struct guest_mem mem;
    struct image image = {0};
    struct diag diag = {""};

    cr_assert(eq(int, mem_init_around(&mem, RAM, &hole, NULL), 0));
    options.path = file.path;
    cr_expect(eq(int, load_image(&mem, &options, &image, &diag), row->err),
              "%s: %s", row->label, diag.text);
    expect_sentence(row->label, &diag, row->says);
    if (!row->err) {
        uint64_t middle = row->image.high < row->image.low + 510
                              ? row->image.high
                              : row->image.low + 510;

        expect_image(row->label, &image, &row->image);
        cr_expect(image.boot.tables >= image.high ||
                      image.boot.tables + IMAGE_TABLES_ROOM <= image.low ||
                      !image.boot.tables,
                  "%s: tables in the image", row->label);
        cr_expect(
            all_are(&mem, row->image.low + strlen(row->start), middle, 0x90),
            "%s: bytes", row->label);
        cr_expect(all_are(&mem, 0, row->image.low, 0), "%s: below", row->label);
        cr_expect(all_are(&mem, row->image.high, RAM, 0), "%s: above",
                  row->label);
    }
    mem_done(&mem);
    (void)close(file.fd);
}

/* clang-format off */
static const struct path_row {
    const char *label, *path;
    int err;
    const char *says;
} path_rows[] = {
    {"not there",  "/nonexistent/guest", -ENOENT,
     "/nonexistent/guest: cannot open the guest image (No such file or "
     "directory): check its name and permissions"},
    {"no name",    "",                   -ENOENT, "check its name"},
    {"directory",  "/",                  -EISDIR, "/: is a directory"},
    {"device",     "/dev/null",          -EINVAL, "not a regular file"},
    {"below a file", "/dev/null/guest",  -ENOTDIR, "check its name"},
};
/* clang-format on */

ParameterizedTestParameters(load, path)
{
    return row_numbers(ROWS(path_rows));
}

ParameterizedTest(const size_t *i, load, path)
{
    const struct path_row *row = &path_rows[*i];
    const struct load_options options = {.path = row->path};
    struct guest_mem mem = {0};
    struct image image;
    struct diag diag = {""};

    cr_expect(eq(int, load_image(&mem, &options, &image, &diag), row->err),
              "%s: %s", row->label, diag.text);
    expect_sentence(row->label, &diag, row->says);
}

/* A FIFO that nobody writes to must not make us wait. */
Test(load, fifo)
{
    char folder[] = "/tmp/kvmgdb-test-XXXXXX";
    char path[64];
    struct load_options options = {.path = path};
    struct guest_mem mem = {0};
    struct image image;
    struct diag diag = {""};

    cr_assert(mkdtemp(folder) != NULL);
    (void)snprintf(path, sizeof path, "%s/fifo", folder);
    cr_assert(zero(int, mkfifo(path, 0600)));
    cr_expect(eq(int, load_image(&mem, &options, &image, &diag), -EINVAL));
    expect_sentence("fifo", &diag, "copy the guest image");
    (void)unlink(path);
    (void)rmdir(folder);
}

Test(load, long_path_leaves_room_for_the_cure)
{
    char path[2000];
    struct load_options options = {.path = path};
    struct guest_mem mem = {0};
    struct image image;
    struct diag diag = {""};

    memset(path, 'x', sizeof path);
    (void)snprintf(path + 1980, 20, "/guest.elf");
    cr_expect(
        eq(int, load_image(&mem, &options, &image, &diag), -ENAMETOOLONG));
    expect_sentence("long path", &diag, "xxx/guest.elf: cannot open");
    expect_sentence("long path", &diag, "check its name");
}

Test(load, mode_names)
{
    cr_expect(eq(str, (char *)(uintptr_t)cpu_mode_name(CPU_MODE_REAL),
                 (char[]){"real mode"}));
    cr_expect(eq(str, (char *)(uintptr_t)cpu_mode_name(CPU_MODE_PROT),
                 (char[]){"32-bit protected mode"}));
    cr_expect(eq(str, (char *)(uintptr_t)cpu_mode_name(CPU_MODE_LONG),
                 (char[]){"64-bit long mode"}));
}
