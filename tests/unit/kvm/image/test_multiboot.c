/* SPDX-License-Identifier: MIT */
/* Multiboot kernels: which file is one, where it goes, and headers that say
 * what cannot be. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "kvm/core/mem.h"
#include "kvm/image/image.h"
#include "kvm/image/load.h"
#include "tests/unit/kvm/image/load_fixture.h"
#include "tests/unit/kvm/rows.h"

#define MIB(n) ((uint64_t)(n) << 20)
#define RAM    MIB(4)

enum { MAGIC = 0x1badb002, ADDRESSES = 0x10000, TEXT = 0x5000 };

/* What a row's file is: code (0x90) of some size, with a header in it. */
struct spec {
    size_t size, at;
    uint32_t flags;
    uint32_t address[5]; /* header, load, load end, bss end, entry */
    uint32_t magic, sum; /* to be added to what is right */
    bool mark;           /* of a boot sector */
};

/* Everything goes to 1 MiB, but for... */
#define AT_1M(...)                                                             \
    {                                                                          \
        TEXT, 0x20, ADDRESSES, {0x100020, 0x100000, __VA_ARGS__}, 0, 0, false  \
    }
/* clang-format off */
#define OPTIONS(...) {.path = NULL, __VA_ARGS__}

static const struct flat_row {
    const char *label;
    struct spec file;
    struct load_options options;
    int err;
    const char *says;
    struct { enum boot_protocol protocol; uint64_t entry, low, high; } image;
} flat_rows[] = {
    {"all of the file", AT_1M(0, 0, 0x100040), OPTIONS(0), 0, "",
     {BOOT_MULTIBOOT, 0x100040, 0x100000, 0x100000 + TEXT}},
    {"a part of it, and bss", AT_1M(0x101000, 0x104000, 0x100fff), OPTIONS(0),
     0, "", {BOOT_MULTIBOOT, 0x100fff, 0x100000, 0x104000}},
    {"from within the file", {TEXT, 0x1000, ADDRESSES,
     {0x100100, 0x100000, 0, 0, 0x100000}, 0, 0, false}, OPTIONS(0), 0, "",
     {BOOT_MULTIBOOT, 0x100000, 0x100000, 0x100000 + TEXT - 0xf00}},
    {"the last place", {TEXT, 8192 - 32, ADDRESSES,
     {0x100000, 0x100000, 0, 0, 0x100000}, 0, 0, false}, OPTIONS(0), 0, "",
     {BOOT_MULTIBOOT, 0x100000, 0x100000, 0x100000 + TEXT - 8160}},
    {"ends behind the first 8192 bytes", {TEXT, 8192 - 8, ADDRESSES,
     {0x100000, 0x100000, 0, 0, 0x100000}, 0, 0, false}, OPTIONS(0), 0, "",
     {BOOT_BARE, 0, 0, TEXT}},
    {"at no multiple of 4", {TEXT, 0x22, ADDRESSES,
     {0x100022, 0x100000, 0, 0, 0x100000}, 0, 0, false}, OPTIONS(0), 0, "",
     {BOOT_BARE, 0, 0, TEXT}},
    {"another magic", {TEXT, 0x20, ADDRESSES,
     {0x100020, 0x100000, 0, 0, 0x100000}, 1, 0, false}, OPTIONS(0), 0, "",
     {BOOT_BARE, 0, 0, TEXT}},
    {"another sum", {TEXT, 0x20, ADDRESSES,
     {0x100020, 0x100000, 0, 0, 0x100000}, 0, 1, false}, OPTIONS(0), 0, "",
     {BOOT_BARE, 0, 0, TEXT}},
    {"a disk with GRUB on it", {TEXT, 0x220, ADDRESSES,
     {0x100220, 0x100000, 0, 0, 0x100000}, 0, 0, true}, OPTIONS(0), 0, "",
     {BOOT_BARE, 0x7c00, 0x7c00, 0x7e00}},
    {"all flags that are known", {TEXT, 0x20, ADDRESSES | 7,
     {0x100020, 0x100000, 0, 0, 0x100040}, 0, 0, false}, OPTIONS(0), 0, "",
     {BOOT_MULTIBOOT, 0x100040, 0x100000, 0x100000 + TEXT}},
    {"flags that may be ignored", {TEXT, 0x20, 0xffff0000,
     {0x100020, 0x100000, 0, 0, 0x100040}, 0, 0, false}, OPTIONS(0), 0, "",
     {BOOT_MULTIBOOT, 0x100040, 0x100000, 0x100000 + TEXT}},

    {"--entry", AT_1M(0, 0, 0x100040),
     OPTIONS(.has_entry = true, .entry = 0x100080), 0, "",
     {BOOT_MULTIBOOT, 0x100080, 0x100000, 0x100000 + TEXT}},
    {"--mode prot", AT_1M(0, 0, 0x100040), OPTIONS(.mode = CPU_MODE_PROT), 0,
     "", {BOOT_MULTIBOOT, 0x100040, 0x100000, 0x100000 + TEXT}},
    {"--mode real", AT_1M(0, 0, 0x100040), OPTIONS(.mode = CPU_MODE_REAL), 0,
     "", {BOOT_BARE, 0, 0, TEXT}},
    {"--load-addr", AT_1M(0, 0, 0x100040), OPTIONS(.has_load_addr = true), 0,
     "", {BOOT_BARE, 0, 0, TEXT}},

    {"a flag that is not known", {TEXT, 0x20, ADDRESSES | 8,
     {0x100020, 0x100000, 0, 0, 0x100040}, 0, 0, false}, OPTIONS(0), -ENOEXEC,
     "flags 0x8", {0}},
    {"the last of these", {TEXT, 0x20, ADDRESSES | 0x8002,
     {0x100020, 0x100000, 0, 0, 0x100040}, 0, 0, false}, OPTIONS(0), -ENOEXEC,
     "flags 0x8000", {0}},
    {"no ELF, no addresses", {TEXT, 0x20, 3, {0}, 0, 0, false}, OPTIONS(0),
     -ENOEXEC, "set flag 16", {0}},
    {"cut behind its flags", {0x2c, 0x20, ADDRESSES, {0}, 0, 0, false},
     OPTIONS(0), -ENOEXEC, "cut short", {0}},
    {"load_addr above header_addr", {TEXT, 0x20, ADDRESSES,
     {0x100020, 0x100021, 0, 0, 0x100040}, 0, 0, false}, OPTIONS(0), -ENOEXEC,
     "begins behind load_addr", {0}},
    {"load_addr before the file", {TEXT, 0x20, ADDRESSES,
     {0x100020, 0xfffff, 0, 0, 0x100040}, 0, 0, false}, OPTIONS(0), -ENOEXEC,
     "begins behind load_addr", {0}},
    {"ends where it begins", AT_1M(0x100000, 0, 0x100040), OPTIONS(0), -ENOEXEC,
     "load_end_addr", {0}},
    {"ends before it begins", AT_1M(1, 0, 0x100040), OPTIONS(0), -ENOEXEC,
     "load_end_addr", {0}},
    {"ends behind the file", AT_1M(0x100001 + TEXT, 0, 0x100040), OPTIONS(0),
     -ENOEXEC, "cut short", {0}},
    {"ends at the top", AT_1M(0xffffffff, 0, 0x100040), OPTIONS(0), -ENOEXEC,
     "cut short", {0}},
    {"bss ends in what is loaded", AT_1M(0, 0x100fff, 0x100040), OPTIONS(0),
     -ENOEXEC, "bss_end_addr", {0}},
    {"bss ends beyond memory", AT_1M(0, 0xf0000000, 0x100040), OPTIONS(0),
     -E2BIG, "-m", {0}},
    {"beyond memory", {TEXT, 0x20, ADDRESSES,
     {0xffffff20, 0xffffff00, 0, 0, 0xffffff00}, 0, 0, false}, OPTIONS(0),
     -E2BIG, "-m", {0}},
    {"entry beyond memory", AT_1M(0, 0, 0xffffffff), OPTIONS(0), -EFAULT,
     "entry point 0xffffffff", {0}},
    {"no room for its map", {TEXT, 0x20, ADDRESSES,
     {0x10020, 0x10000, 0, RAM, 0x10000}, 0, 0, false}, OPTIONS(0), -E2BIG,
     "command line and memory map", {0}},
};
/* clang-format on */

static struct file make(const struct spec *spec)
{
    const uint32_t magic = MAGIC + spec->magic;
    uint32_t header[8] = {magic, spec->flags,
                          0 - magic - spec->flags + spec->sum};
    uint8_t bytes[TEXT];
    struct file file = file_new();

    memcpy(header + 3, spec->address, sizeof spec->address);
    memset(bytes, 0x90, sizeof bytes);
    memcpy(bytes + spec->at, header, sizeof header);
    if (spec->mark)
        memcpy(bytes + 510, "\x55\xaa", 2);
    cr_assert(
        eq(sz, (size_t)pwrite(file.fd, bytes, spec->size, 0), spec->size));
    return file;
}

ParameterizedTestParameters(multiboot, flat)
{
    return row_numbers(ROWS(flat_rows));
}

ParameterizedTest(const size_t *i, multiboot, flat)
{
    const struct flat_row *row = &flat_rows[*i];
    struct file file = make(&row->file);
    struct load_options options = row->options;
    struct image image = {0};
    struct diag diag = {""};
    struct guest_mem mem;

    cr_assert(eq(int, mem_init(&mem, RAM, NULL), 0));
    memset(mem_ptr(&mem, 0, RAM), 0xee, RAM);
    options.path = file.path;
    cr_expect(eq(int, load_image(&mem, &options, &image, &diag), row->err),
              "%s: %s", row->label, diag.text);
    expect_sentence(row->label, &diag, row->says);
    if (!row->err) {
        cr_expect(eq(int, (int)image.boot.protocol, (int)row->image.protocol),
                  "%s", row->label);
        cr_expect(eq(u64, image.entry, row->image.entry), "%s", row->label);
        cr_expect(eq(u64, image.low, row->image.low), "%s", row->label);
        cr_expect(eq(u64, image.high, row->image.high), "%s", row->label);
        cr_expect(eq(int, image.mode == CPU_MODE_PROT,
                     row->image.protocol == BOOT_MULTIBOOT),
                  "%s: mode", row->label);
    }
    mem_done(&mem);
    (void)close(file.fd);
}

/* The bytes of the second row: its part of the file, and the bss. */
Test(multiboot, bytes)
{
    struct file file = make(&flat_rows[1].file);
    struct load_options options = {.path = file.path};
    struct image image = {0};
    struct diag diag = {""};
    struct guest_mem mem;

    cr_assert(eq(int, mem_init(&mem, RAM, NULL), 0));
    memset(mem_ptr(&mem, 0, RAM), 0xee, RAM);
    cr_assert(zero(int, load_image(&mem, &options, &image, &diag)));
    cr_expect(all_are(&mem, MIB(1), MIB(1) + 0x20, 0x90));
    cr_expect(all_are(&mem, MIB(1) + 0x40, MIB(1) + 0x1000, 0x90));
    cr_expect(all_are(&mem, MIB(1) + 0x1000, MIB(1) + 0x4000, 0));
    cr_expect(all_are(&mem, MIB(1) + 0x4000, RAM, 0xee));
    mem_done(&mem);
    (void)close(file.fd);
}

/* --- ELF --- */

/* clang-format off */
static const struct elf_row {
    const char *label;
    struct elf_spec elf;
    uint32_t flags;
    uint32_t address[5];
    struct image image;
} elf_rows[] = {
    {"ELF32", ELF32(0x101000, 1, {LOAD(0x200, 0x101000, 0x101000, 64, 96)}),
     3, {0}, {IMAGE_ELF32, CPU_MODE_PROT, 0x101000, 0x101000, 0x101060,
     0x101060, {.protocol = BOOT_MULTIBOOT}}},
    {"ELF64", ELF64(0x101000, 1, {LOAD(0x200, 0x101000, 0x101000, 64, 96)}),
     3, {0}, {IMAGE_ELF64, CPU_MODE_PROT, 0x101000, 0x101000, 0x101060,
     0x101060, {.protocol = BOOT_MULTIBOOT}}},
    {"higher half", ELF64(KERNEL + 0x101010, 1,
     {LOAD(0x200, KERNEL + 0x101000, 0x101000, 64, 96)}),
     3, {0}, {IMAGE_ELF64, CPU_MODE_PROT, 0x101010, 0x101000, 0x101060,
     0x101060, {.protocol = BOOT_MULTIBOOT}}},
    {"addresses come first", ELF32(0x101000, 1,
     {LOAD(0x200, 0x101000, 0x101000, 64, 96)}), ADDRESSES,
     {0x200180, 0x200180, 0x200200, 0, 0x2001a0},
     {IMAGE_ELF32, CPU_MODE_PROT, 0x2001a0, 0x200180, 0x200200, 0x200200,
      {.protocol = BOOT_MULTIBOOT}}},
};
/* clang-format on */

ParameterizedTestParameters(multiboot, elf)
{
    return row_numbers(ROWS(elf_rows));
}

ParameterizedTest(const size_t *i, multiboot, elf)
{
    const struct elf_row *row = &elf_rows[*i];
    uint32_t header[8] = {MAGIC, row->flags, 0 - (MAGIC + row->flags)};
    struct file file = elf_file(&row->elf);
    struct load_options options = {.path = file.path};
    struct image image = {0};
    struct diag diag = {""};
    struct guest_mem mem;

    memcpy(header + 3, row->address, sizeof row->address);
    cr_assert(eq(sz, (size_t)pwrite(file.fd, header, sizeof header, 0x180),
                 sizeof header));
    cr_assert(eq(int, mem_init(&mem, RAM, NULL), 0));
    cr_expect(eq(int, load_image(&mem, &options, &image, &diag), 0), "%s: %s",
              row->label, diag.text);
    expect_image(row->label, &image, &row->image);
    cr_expect(eq(int, (int)image.boot.protocol, BOOT_MULTIBOOT));
    options.mode = CPU_MODE_LONG;
    (void)load_image(&mem, &options, &image, &diag);
    cr_expect(eq(int, (int)image.boot.protocol, BOOT_BARE), "%s: --mode long",
              row->label);
    mem_done(&mem);
    (void)close(file.fd);
}
