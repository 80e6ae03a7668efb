/* SPDX-License-Identifier: MIT */
/* Linux kernels: bzImages, good and bad, a vmlinux, and the initrd. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kvm/core/mem.h"
#include "kvm/image/image.h"
#include "kvm/image/load.h"
#include "tests/unit/kvm/image/load_fixture.h"
#include "tests/unit/kvm/rows.h"

#define MIB(n) ((uint64_t)(n) << 20)
#define RAM    MIB(16)

/* A file with a header as of boot protocol 2.15, kernel of 0x3000 bytes; what a
 * row says is put over it (Linux, Documentation/arch/x86/boot.rst). */
enum { SETUP = 4, KERNEL_AT = (SETUP + 1) * 512, KERNEL_SIZE = 0x3000 };

struct part {
    size_t at, n;
    const char *bytes;
};

#define B(s) sizeof(s) - 1, s

/* clang-format off */
static const struct part header[] = {
    {0x1f1, B("\x04")},
    {0x1fe, B("\x55\xaa\xeb\x6a" "HdrS" "\x0f\x02")},
    {0x211, B("\x01")},
    {0x214, B("\0\0\x10\0")},
    {0x22c, B("\xff\xff\xff\x7f")},
    {0x230, B("\0\0\x20\0\x01\x15\x03\0")},     /* 2 MiB, relocatable */
    {0x238, B("\xff\x07\0\0")},
    {0x258, B("\0\0\x40\0\0\0\0\0" "\0\0\x40\0")}, /* 4 MiB from 4 MiB on */
};

static const struct row {
    const char *label;
    struct part part[2];
    struct load_options options;
    uint64_t ram; /* 0: RAM */
    size_t size;  /* 0: all of the file */
    int err;
    const char *says;
} rows[] = {
    {"good", {{0}}, {0}, 0, 0, 0, ""},
    {"4 sectors of setup are 0", {{0x1f1, B("\0")}}, {0}, 0, 0, 0, ""},
    {"2.02", {{0x206, B("\x02\x02")}}, {0}, 0, 0, 0, ""},
    {"2.01", {{0x206, B("\x01\x02")}}, {0}, 0, 0, -ENOEXEC,
     "boot protocol 2.01: build one with 2.02"},
    {"zImage", {{0x211, B("\x80")}}, {0}, 0, 0, -ENOEXEC,
     "for low memory (zImage)"},
    {"for real mode alone", {{0x214, B("\0\0\0\0")}}, {0}, 0, 0, -ENOEXEC,
     "starts in real mode alone"},
    {"a byte of kernel", {{0}}, {0}, 0, KERNEL_AT + 1, 0, ""},
    {"cut in its setup", {{0}}, {0}, 0, KERNEL_AT, -ENOEXEC,
     "cut short: it ends within its 4 sectors"},
    {"cut in its header", {{0}}, {0}, 0, 0x220, -ENOEXEC, "cut short"},
    {"255 sectors of setup", {{0x1f1, B("\xff")}}, {0}, 0, 0, -ENOEXEC,
     "within its 255 sectors"},
    {"a header of no size", {{0x201, B("\0")}}, {0}, 0, 0, 0, ""},
    {"a header of 255 bytes", {{0x201, B("\xff")}}, {0}, 0, 0, 0, ""},

    {"memory to unpack into", {{0}}, {0}, MIB(8), 0, 0, ""},
    {"a page too little", {{0}}, {0}, MIB(8) - 4096, 0, -E2BIG,
     "needs 4096 KiB of memory from 0x400000 on"},
    {"no preferred address", {{0x258, B("\0\0\0\0\0\0\0\0" "\0\0\x40\0")}},
     {0}, MIB(6), 0, 0, ""},
    {"no preferred address, too little",
     {{0x258, B("\0\0\0\0\0\0\0\0" "\0\0\x40\0")}}, {0}, MIB(6) - 4096, 0,
     -E2BIG, "from 0x200000 on"},
    {"no alignment", {{0x230, B("\0\0\0\0")},
     {0x258, B("\0\0\0\0\0\0\0\0" "\0\0\x40\0")}}, {0}, MIB(5), 0, 0, ""},
    {"an absurd preferred address", {{0x258, B("\xff\xff\xff\xff\xff\xff\xff\xff")}},
     {0}, 0, 0, -E2BIG, "from 0xffffffffffffffff on"},
    {"an absurd size", {{0x260, B("\xff\xff\xff\xff")}}, {0}, 0, 0, -E2BIG,
     "needs 4194303 KiB"},
    {"no room for the kernel itself", {{0x206, B("\x09\x02")}}, {0},
     MIB(1) + 0x2000, 0, -E2BIG, "-m"},

    {"--append", {{0}}, {.append = "quiet"}, 0, 0, 0, ""},
    {"--append, as long as may be", {{0x238, B("\5\0\0\0")}},
     {.append = "quiet"}, 0, 0, 0, ""},
    {"--append, longer", {{0x238, B("\4\0\0\0")}}, {.append = "quiet"}, 0, 0,
     -E2BIG, "the kernel takes 4 bytes of command line, and --append has 5"},
    {"--append, an old kernel", {{0x206, B("\5\2\0\0")}, {0x238, B("\0\0\0\0")}},
     {.append = "quiet"}, 0, 0, 0, ""},
    {"--module", {{0}}, {.n_modules = 1, .module = {"m"}}, 0, 0, -EINVAL,
     "takes no modules: use --initrd"},
    {"--initrd: absent", {{0}}, {.initrd = "/absent"}, 0, 0, -ENOENT,
     "/absent: cannot open the initrd"},
    {"--initrd: a folder", {{0}}, {.initrd = "/proc"}, 0, 0, -EISDIR,
     "/proc: is a directory"},
    {"--initrd: empty", {{0}}, {.initrd = "/proc/version"}, 0, 0, -ENODATA,
     "was the initrd built?"},
};
/* clang-format on */

static void put(const struct file *file, const struct part *part)
{
    cr_assert(
        eq(sz, (size_t)pwrite(file->fd, part->bytes, part->n, (off_t)part->at),
           part->n));
}

static struct file bzimage(const struct part *parts, size_t n, size_t size)
{
    struct file file = file_new();
    uint8_t kernel[KERNEL_SIZE];

    memset(kernel, 0xaa, sizeof kernel);
    cr_assert(eq(sz, (size_t)pwrite(file.fd, kernel, sizeof kernel, KERNEL_AT),
                 sizeof kernel));
    for (size_t i = 0; i < ROWS(header); i++)
        put(&file, &header[i]);
    for (size_t i = 0; i < n && parts[i].n; i++)
        put(&file, &parts[i]);
    if (size)
        cr_assert(zero(int, ftruncate(file.fd, (off_t)size)));
    return file;
}

static void expect_loaded(const struct row *row, const struct guest_mem *mem,
                          const struct image *image)
{
    uint64_t n = row->size ? row->size - KERNEL_AT : KERNEL_SIZE;

    cr_expect(eq(int, (int)image->boot.protocol, BOOT_LINUX), "%s", row->label);
    cr_expect(eq(int, (int)image->mode, CPU_MODE_PROT), "%s", row->label);
    cr_expect(eq(u64, image->entry, MIB(1)), "%s", row->label);
    cr_expect(eq(u64, image->high, MIB(1) + n), "%s", row->label);
    cr_expect(all_are(mem, MIB(1), MIB(1) + n, 0xaa), "%s", row->label);
    cr_expect(le(sz, image->boot.linux_setup.n,
                 sizeof image->boot.linux_setup.header),
              "%s", row->label);
}

ParameterizedTestParameters(linux, rows)
{
    return row_numbers(ROWS(rows));
}

ParameterizedTest(const size_t *i, linux, rows)
{
    const struct row *row = &rows[*i];
    struct file file = bzimage(row->part, ROWS(row->part), row->size);
    struct load_options options = row->options;
    struct image image = {0};
    struct diag diag = {""};
    struct guest_mem mem;

    options.path = file.path;
    cr_assert(eq(int, mem_init(&mem, row->ram ? row->ram : RAM, NULL), 0));
    cr_expect(eq(int, load_image(&mem, &options, &image, &diag), row->err),
              "%s: %s", row->label, diag.text);
    expect_sentence(row->label, &diag, row->says);
    if (!row->err)
        expect_loaded(row, &mem, &image);
    mem_done(&mem);
    (void)close(file.fd);
}

/* What is no kernel for this protocol. */
/* clang-format off */
static const struct {
    const char *label;
    struct part part[1];
} others[] = {
    {"no magic", {{0x202, B("Hdrs")}}},
    {"no mark", {{0x1fe, B("\x55\xab")}}},
};
/* clang-format on */

ParameterizedTestParameters(linux, others)
{
    return row_numbers(ROWS(others));
}

ParameterizedTest(const size_t *i, linux, others)
{
    struct file file = bzimage(others[*i].part, 1, 0);
    struct load_options options = {.path = file.path};
    struct image image = {0};
    struct diag diag = {""};
    struct guest_mem mem;

    cr_assert(eq(int, mem_init(&mem, RAM, NULL), 0));
    (void)load_image(&mem, &options, &image, &diag);
    cr_expect(eq(int, (int)image.boot.protocol, BOOT_BARE), "%s",
              others[*i].label);
    mem_done(&mem);
    (void)close(file.fd);
}

/* --- the initrd: as high as may be --- */

/* clang-format off */
static const struct initrd_row {
    const char *label;
    struct part part[1];
    size_t size;
    uint64_t at; /* 0: there is no room */
} initrd_rows[] = {
    {"below the last 64 KiB", {{0}}, 10, RAM - 0x10000 - 0x1000},
    {"two pages", {{0}}, 0x1001, RAM - 0x10000 - 0x2000},
    {"below what the kernel says", {{0x22c, B("\xff\xff\xbf\0")}}, 10,
     MIB(12) - 0x1000},
    {"not into what it unpacks", {{0x22c, B("\xff\xff\x7f\0")}}, 10,
     MIB(4) - 0x1000},
    {"nor into the kernel", {{0x22c, B("\xff\x2f\x10\0")}}, 10, 0},
    {"all that there is", {{0}}, MIB(8) - 0x10000, MIB(8)},
    {"a byte more", {{0}}, MIB(8) - 0x10000 + 1, 0},
};
/* clang-format on */

ParameterizedTestParameters(linux, initrd)
{
    return row_numbers(ROWS(initrd_rows));
}

ParameterizedTest(const size_t *i, linux, initrd)
{
    const struct initrd_row *row = &initrd_rows[*i];
    struct file file = bzimage(row->part, 1, 0);
    struct file initrd = file_new();
    struct load_options options = {.path = file.path, .initrd = initrd.path};
    const struct image_module *got;
    struct image image = {0};
    struct diag diag = {""};
    struct guest_mem mem;

    cr_assert(zero(int, ftruncate(initrd.fd, (off_t)row->size)));
    cr_assert(eq(int, (int)pwrite(initrd.fd, "rd", 2, 0), 2));
    cr_assert(eq(int, mem_init(&mem, RAM, NULL), 0));
    cr_expect(eq(int, load_image(&mem, &options, &image, &diag),
                 row->at ? 0 : -E2BIG),
              "%s: %s", row->label, diag.text);
    expect_sentence(row->label, &diag, row->at ? "" : "no room for its");
    got = &image.boot.module[0];
    if (row->at) {
        cr_expect(eq(uint, image.boot.n_modules, 1));
        cr_expect(eq(u64, got->start, row->at), "%s", row->label);
        cr_expect(eq(u64, got->size, row->size), "%s", row->label);
        cr_expect(zero(int, memcmp(mem_ptr(&mem, got->start, 2), "rd", 2)));
    }
    mem_done(&mem);
    (void)close(file.fd);
    (void)close(initrd.fd);
}

/* --- vmlinux --- */

#define NOTE(size)                                                             \
    {                                                                          \
        PT_NOTE, PF_R, 0x300, 0, 0, size, size, 4                              \
    }
/* clang-format off */
static const struct vmlinux_row {
    const char *label;
    struct elf_spec elf;
    size_t n;
    const char *bytes;
    enum cpu_mode mode;
    enum boot_protocol protocol;
} vmlinux_rows[] = {
    {"64 bits, build salt", ELF64(0x101000, 2, {LOAD(0x200, KERNEL + 0x101000,
     0x101000, 64, 64), NOTE(24)}), B("\6\0\0\0\4\0\0\0\0\1\0\0Linux\0\0\0abcd"),
     CPU_MODE_LONG, BOOT_LINUX},
    {"32 bits, LTO", ELF32(0x101000, 2, {LOAD(0x200, 0xc0101000,
     0x101000, 64, 64), NOTE(24)}), B("\6\0\0\0\4\0\0\0\1\1\0\0Linux\0\0\0abcd"),
     CPU_MODE_PROT, BOOT_LINUX},
    {"PVH, too", ELF64(0x101000, 2, {LOAD(0x200, KERNEL + 0x101000,
     0x101000, 64, 64), NOTE(44)}), B("\6\0\0\0\4\0\0\0\0\1\0\0Linux\0\0\0abcd"
     "\4\0\0\0\4\0\0\0\x12\0\0\0Xen\0\x10\x10\x10\0"), CPU_MODE_PROT, BOOT_PVH},
    {"another note of Linux", ELF64(0x101000, 2, {LOAD(0x200, KERNEL + 0x101000,
     0x101000, 64, 64), NOTE(24)}), B("\6\0\0\0\4\0\0\0\2\1\0\0Linux\0\0\0abcd"),
     CPU_MODE_LONG, BOOT_BARE},
};
/* clang-format on */

ParameterizedTestParameters(linux, vmlinux)
{
    return row_numbers(ROWS(vmlinux_rows));
}

ParameterizedTest(const size_t *i, linux, vmlinux)
{
    const struct vmlinux_row *row = &vmlinux_rows[*i];
    struct file file = elf_file(&row->elf);
    struct load_options options = {.path = file.path};
    struct image image = {0};
    struct diag diag = {""};
    struct guest_mem mem;

    cr_assert(
        eq(sz, (size_t)pwrite(file.fd, row->bytes, row->n, 0x300), row->n));
    cr_assert(eq(int, mem_init(&mem, RAM, NULL), 0));
    cr_expect(eq(int, load_image(&mem, &options, &image, &diag), 0), "%s: %s",
              row->label, diag.text);
    cr_expect(eq(int, (int)image.boot.protocol, (int)row->protocol), "%s",
              row->label);
    cr_expect(eq(int, (int)image.mode, (int)row->mode), "%s", row->label);
    mem_done(&mem);
    (void)close(file.fd);
}
