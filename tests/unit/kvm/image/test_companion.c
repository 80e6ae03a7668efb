/* SPDX-License-Identifier: MIT */
/* What goes along with an image: modules, and room for what it is told. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kvm/core/mem.h"
#include "kvm/image/image.h"
#include "kvm/image/load.h"
#include "tests/unit/kvm/image/load_fixture.h"
#include "tests/unit/kvm/rows.h"

#define MIB(n) ((uint64_t)(n) << 20)
#define KIB(n) ((uint64_t)(n) << 10)
#define RAM    MIB(4)

/* A multiboot kernel in [start, end). */
static struct file kernel(uint32_t start, uint32_t end)
{
    const uint32_t header[8] = {0x1badb002, 0x10000,        0,   start,
                                start,      start + 0x1000, end, start};
    uint32_t bytes[0x400] = {0};
    struct file file = file_new();

    memcpy(bytes, header, sizeof header);
    bytes[2] = 0 - bytes[0] - bytes[1];
    cr_assert(
        eq(sz, (size_t)pwrite(file.fd, bytes, sizeof bytes, 0), sizeof bytes));
    return file;
}

/* A module of n bytes, all with the value, by a name that words may follow. */
struct module {
    struct file file;
    char text[64];
};

static struct module module(size_t n, uint8_t value, const char *words)
{
    struct module ret = {.file = file_new()};

    for (size_t i = 0; i < n; i++)
        cr_assert(eq(sz, (size_t)pwrite(ret.file.fd, &value, 1, (off_t)i), 1));
    (void)snprintf(ret.text, sizeof ret.text, "%s%s", ret.file.path, words);
    return ret;
}

/* clang-format off */
static const struct room_row {
    const char *label;
    uint64_t start, end;    /* of the kernel */
    size_t size[2];         /* of the modules; 0: there is none */
    int err;
    uint64_t at[2], info;
} room_rows[] = {
    {"nothing", MIB(1), MIB(1) + 0x1000, {0}, 0, {0}, 0x10000},
    {"one", MIB(1), MIB(1) + 0x1000, {10, 0}, 0, {MIB(1) + 0x1000}, 0x10000},
    {"two, each on a page", MIB(1), MIB(1) + 0x1001, {4097, 1}, 0,
     {MIB(1) + 0x2000, MIB(1) + 0x4000}, 0x10000},
    {"below 1 MiB there are none", 0x8000, 0xa000, {10, 0}, 0, {MIB(1)},
     0x10000},
    {"the kernel is where the map would be", 0x10000, 0x18001, {10, 0}, 0,
     {MIB(1)}, 0x19000},
    {"the kernel takes all below 1 MiB", 0x10000, 0x100000, {10, 0}, 0,
     {MIB(1)}, MIB(1) + 0x1000},
    {"the last that fits", MIB(1), RAM - KIB(64) - 0x2000, {0x2000, 0}, 0,
     {RAM - KIB(64) - 0x2000}, 0x10000},
    {"a byte too many", MIB(1), RAM - KIB(64) - 0x2000, {0x2001, 0}, -E2BIG,
     {0}, 0},
    {"no room for the second", MIB(1), RAM - KIB(64) - 0x2000, {0x1001, 1},
     -E2BIG, {0}, 0},
};
/* clang-format on */

ParameterizedTestParameters(companion, room)
{
    return row_numbers(ROWS(room_rows));
}

ParameterizedTest(const size_t *i, companion, room)
{
    const struct room_row *row = &room_rows[*i];
    struct file file = kernel((uint32_t)row->start, (uint32_t)row->end);
    struct module modules[] = {module(row->size[0], 0xaa, " with words"),
                               module(row->size[1], 0xbb, "")};
    struct load_options options = {.path = file.path};
    struct image image = {0};
    struct diag diag = {""};
    struct guest_mem mem;

    for (unsigned k = 0; k < 2 && row->size[k]; k++)
        options.module[options.n_modules++] = modules[k].text;
    cr_assert(eq(int, mem_init(&mem, RAM, NULL), 0));
    memset(mem_ptr(&mem, 0, RAM), 0xee, RAM);
    cr_expect(eq(int, load_image(&mem, &options, &image, &diag), row->err),
              "%s: %s", row->label, diag.text);
    expect_sentence(row->label, &diag, row->err ? "give it more with -m" : "");
    for (unsigned k = 0; k < options.n_modules && !row->err; k++) {
        const struct image_module *got = &image.boot.module[k];

        cr_expect(eq(u64, got->start, row->at[k]), "%s", row->label);
        cr_expect(eq(u64, got->size, row->size[k]), "%s", row->label);
        cr_expect(got->text == modules[k].text, "%s", row->label);
        cr_expect(
            all_are(&mem, got->start, got->start + got->size, k ? 0xbb : 0xaa),
            "%s", row->label);
    }
    if (!row->err) {
        cr_expect(eq(uint, image.boot.n_modules, options.n_modules));
        cr_expect(eq(u64, image.boot.info, row->info), "%s", row->label);
        cr_expect(all_are(&mem, row->info, row->info + image.boot.info_size, 0),
                  "%s", row->label);
    }
    mem_done(&mem);
    (void)close(file.fd);
}

Test(companion, no_initrd)
{
    struct file file = kernel(MIB(1), MIB(1) + 0x1000);
    struct load_options options = {.path = file.path, .initrd = "r"};
    struct image image = {0};
    struct diag diag = {""};
    struct guest_mem mem;

    cr_assert(eq(int, mem_init(&mem, RAM, NULL), 0));
    cr_expect(eq(int, load_image(&mem, &options, &image, &diag), -EINVAL));
    expect_sentence("--initrd of a multiboot kernel", &diag, "use --module");
    mem_done(&mem);
    (void)close(file.fd);
}

static char long_name[PATH_MAX + 8];

/* clang-format off */
static const struct bad_row {
    const char *label, *module;
    int err;
    const char *says;
} bad_rows[] = {
    {"absent", "/absent with words", -ENOENT,
     "/absent: cannot open the module (No such file or directory)"},
    {"a folder", "/proc", -EISDIR, "/proc: is a directory"},
    {"no name", "", -ENOENT, "cannot open the module"},
    {"words alone", " words", -ENOENT, "cannot open the module"},
    {"empty", "/proc/version", -ENODATA, "the file is empty"},
    {"a device", "/dev/null words", -EINVAL, "not a regular file"},
    {"long", long_name, -ENAMETOOLONG, "too long"},
};
/* clang-format on */

ParameterizedTestParameters(companion, bad)
{
    return row_numbers(ROWS(bad_rows));
}

ParameterizedTest(const size_t *i, companion, bad)
{
    const struct bad_row *row = &bad_rows[*i];
    struct file file = kernel(MIB(1), MIB(1) + 0x1000);
    struct load_options options = {
        .path = file.path, .n_modules = 1, .module = {row->module}};
    struct image image = {0};
    struct diag diag = {""};
    struct guest_mem mem;

    memset(long_name, 'x', sizeof long_name - 1);
    cr_assert(eq(int, mem_init(&mem, RAM, NULL), 0));
    cr_expect(eq(int, load_image(&mem, &options, &image, &diag), row->err),
              "%s: %s", row->label, diag.text);
    expect_sentence(row->label, &diag, row->says);
    mem_done(&mem);
    (void)close(file.fd);
}

/* clang-format off */
static const struct other_row {
    const char *label;
    struct load_options options;
    const char *says;
} other_rows[] = {
    {"--append", {.append = ""}, "drop --append"},
    {"--module", {.n_modules = 1, .module = {"m"}}, "drop --module"},
    {"--initrd", {.initrd = "r"}, "drop --initrd"},
};
/* clang-format on */

ParameterizedTestParameters(companion, no_kernel)
{
    return row_numbers(ROWS(other_rows));
}

/* An image that nobody tells anything. */
ParameterizedTest(const size_t *i, companion, no_kernel)
{
    const struct elf_spec elf =
        ELF32(0x1000, 1, {LOAD(0x200, 0x1000, 0x1000, 64, 96)});
    const struct other_row *row = &other_rows[*i];
    struct file files[] = {elf_file(&elf), file_new()};
    struct image image = {0};
    struct guest_mem mem;

    cr_assert(eq(sz, (size_t)pwrite(files[1].fd, "\x90\xf4", 2, 0), 2));
    cr_assert(eq(int, mem_init(&mem, RAM, NULL), 0));
    for (size_t k = 0; k < ROWS(files); k++) {
        struct load_options options = row->options;
        struct diag diag = {""};

        options.path = files[k].path;
        cr_expect(eq(int, load_image(&mem, &options, &image, &diag), -EINVAL),
                  "%s, %zu", row->label, k);
        expect_sentence(row->label, &diag, row->says);
        (void)close(files[k].fd);
    }
    mem_done(&mem);
}
