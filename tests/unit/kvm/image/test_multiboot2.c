/* SPDX-License-Identifier: MIT */
/* Multiboot 2 kernels: the tags of their header, right and wrong. */
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

enum { SIZE = 0x9000, AT = 0x40, MAGIC = (int)0xe85250d6 };

/* Tags as the header has them, in words: type and flags, size, content. */
#define T(type, size)          (type), (size)
#define OPT(type, size)        (type) | 1 << 16, (size)
#define END                    T(0, 8)
#define ADDRESSES(l, end, bss) T(2, 24), 0x100040, (l), (end), (bss)
#define ENTRY(gpa)             T(3, 12), (gpa), 0

/* Of a flat file; what is 0 is right. */
struct spec {
    uint32_t at; /* of the header, AT if 0 */
    uint32_t architecture, sum, length;
    uint32_t tag[24];
    size_t n; /* words of them */
};

#define TAGS(...)                                                              \
    .tag = {__VA_ARGS__}, .n = sizeof((uint32_t[]){__VA_ARGS__}) / 4
#define GOOD ADDRESSES(0x100000, 0, 0), ENTRY(0x100080)

/* clang-format off */
static const struct row {
    const char *label;
    struct spec file;
    int err;
    const char *says;
    uint64_t low, high; /* high 0: it is no multiboot kernel */
} rows[] = {
    {"addresses", {TAGS(GOOD, END)}, 0, "", MIB(1), MIB(1) + SIZE},
    {"a part, and bss", {TAGS(ADDRESSES(0x100000, 0x101000, 0x102000),
     ENTRY(0x100080), END)}, 0, "", MIB(1), MIB(1) + 0x2000},
    {"from the file's start", {TAGS(ADDRESSES(0xffffffff, 0, 0),
     ENTRY(0x100080), END)}, 0, "", MIB(1), MIB(1) + SIZE},
    {"the last place", {.at = 32768 - 16 - 48, TAGS(GOOD, END)}, 0, "",
     MIB(1), MIB(1) + SIZE - (32768 - 64 - AT)},
    {"asks for all that there is", {TAGS(GOOD, T(1, 96), 0, 1, 2, 3, 4, 5)},
     -ENOEXEC, "does not end within it", 0, 0},
    {"asks for what is known", {TAGS(GOOD, T(1, 16), 21, 4, END)}, 0, "",
     MIB(1), MIB(1) + SIZE},
    {"asks for what is not", {TAGS(GOOD, T(1, 16), 4, 22, END)}, -ENOEXEC,
     "tag of type 1 in its multiboot 2 header asks for what is not known", 0,
     0},
    {"may ask for it", {TAGS(GOOD, OPT(1, 16), 4, 22, END)}, 0, "", MIB(1),
     MIB(1) + SIZE},
    {"a frame buffer, preferred", {TAGS(GOOD, T(5, 20), 800, 600, 32, 0, END)},
     0, "", MIB(1), MIB(1) + SIZE},
    {"text is there", {TAGS(GOOD, T(4, 12), 3, 0, END)}, 0, "", MIB(1),
     MIB(1) + SIZE},
    {"a frame buffer, required", {TAGS(GOOD, T(4, 12), 1, 0, END)}, -ENOEXEC,
     "requires a frame buffer", 0, 0},
    {"no console required", {TAGS(GOOD, T(4, 12), 0, 0, END)}, 0, "", MIB(1),
     MIB(1) + SIZE},
    {"EFI, modules on pages, relocatable", {TAGS(GOOD, T(6, 8), T(7, 8),
     T(10, 8), END)}, 0, "", MIB(1), MIB(1) + SIZE},
    {"an unknown tag", {TAGS(GOOD, T(11, 8), END)}, -ENOEXEC,
     "type 11 in its multiboot 2 header is required, and not known", 0, 0},
    {"an unknown tag that is optional", {TAGS(GOOD, OPT(11, 8), END)}, 0, "",
     MIB(1), MIB(1) + SIZE},
    {"a large number", {TAGS(GOOD, T(0xffff, 8), END)}, -ENOEXEC,
     "type 65535", 0, 0},

    {"for MIPS", {.architecture = 4, TAGS(GOOD, END)}, -ENOEXEC,
     "for another CPU (4)", 0, 0},
    {"another sum", {.sum = 1, TAGS(GOOD, END)}, 0, "", 0, 0},
    {"at no multiple of 8", {.at = 0x44, TAGS(GOOD, END)}, 0, "", 0, 0},
    {"behind the first 32768 bytes", {.at = 32768, TAGS(GOOD, END)}, 0, "", 0,
     0},
    {"longer than these", {.at = 32768 - 16, TAGS(GOOD, END)}, -ENOEXEC,
     "ends behind the first 32768 bytes", 0, 0},
    {"no length", {.length = 15, TAGS(GOOD, END)}, -ENOEXEC, "cut short", 0, 0},
    {"all of the address space", {.length = 0xffffffff, TAGS(GOOD, END)},
     -ENOEXEC, "cut short", 0, 0},
    {"no end", {TAGS(GOOD)}, -ENOEXEC, "no end tag", 0, 0},
    {"no tags", {.length = 16, TAGS(0)}, -ENOEXEC, "no end tag", 0, 0},
    {"half a tag", {.length = 20, TAGS(3)}, -ENOEXEC, "no end tag", 0, 0},
    {"a tag of no size", {TAGS(T(3, 0), 0, 0, END)}, -ENOEXEC,
     "type 3 in its multiboot 2 header does not end", 0, 0},
    {"a tag that wraps", {TAGS(T(3, 0xfffffff9), 0, 0, END)}, -ENOEXEC,
     "does not end", 0, 0},
    {"a short address tag", {TAGS(T(2, 20), 0x100040, 0x100000, 0, 0, END)},
     -ENOEXEC, "type 2 in its multiboot 2 header is too short", 0, 0},
    {"a short entry tag", {TAGS(T(3, 8), END)}, -ENOEXEC, "too short", 0, 0},
    {"a short console tag", {TAGS(T(4, 8), END)}, -ENOEXEC, "too short", 0, 0},
    {"addresses without an entry", {TAGS(ADDRESSES(0x100000, 0, 0), END)},
     -ENOEXEC, "no entry address tag", 0, 0},
    {"no ELF, no addresses", {TAGS(ENTRY(0x100080), END)}, -ENOEXEC,
     "add an address tag", 0, 0},
    {"before address 0", {TAGS(T(2, 24), 0x3f, 0xffffffff, 0, 0,
     ENTRY(0x100080), END)}, -ENOEXEC, "correct header_addr", 0, 0},
    {"load_addr above header_addr", {TAGS(ADDRESSES(0x100041, 0, 0),
     ENTRY(0x100080), END)}, -ENOEXEC, "begins behind load_addr", 0, 0},
    {"ends before it begins", {TAGS(ADDRESSES(0x100000, 0x100000, 0),
     ENTRY(0x100080), END)}, -ENOEXEC, "load_end_addr", 0, 0},
    {"entry beyond memory", {TAGS(ADDRESSES(0x100000, 0, 0), ENTRY(RAM), END)},
     -EFAULT, "entry point 0x400000", 0, 0},
};
/* clang-format on */

static struct file make(const struct spec *spec)
{
    const uint32_t at = spec->at ? spec->at : AT;
    const uint32_t n = (uint32_t)spec->n * 4;
    uint32_t header[4] = {(uint32_t)MAGIC, spec->architecture,
                          spec->length ? spec->length : 16 + n};
    static uint8_t bytes[SIZE];
    struct file file = file_new();

    header[3] = spec->sum - header[0] - header[1] - header[2];
    memset(bytes, 0x90, sizeof bytes);
    memcpy(bytes + at, header, sizeof header);
    memcpy(bytes + at + sizeof header, spec->tag, n);
    cr_assert(
        eq(sz, (size_t)pwrite(file.fd, bytes, sizeof bytes, 0), sizeof bytes));
    return file;
}

ParameterizedTestParameters(multiboot2, flat)
{
    return row_numbers(ROWS(rows));
}

ParameterizedTest(const size_t *i, multiboot2, flat)
{
    const struct row *row = &rows[*i];
    struct file file = make(&row->file);
    struct load_options options = {.path = file.path};
    struct image image = {0};
    struct diag diag = {""};
    struct guest_mem mem;

    cr_assert(eq(int, mem_init(&mem, RAM, NULL), 0));
    cr_expect(eq(int, load_image(&mem, &options, &image, &diag), row->err),
              "%s: %s", row->label, diag.text);
    expect_sentence(row->label, &diag, row->says);
    if (!row->err)
        cr_expect(eq(int, (int)image.boot.protocol,
                     row->high ? BOOT_MULTIBOOT2 : BOOT_BARE),
                  "%s", row->label);
    if (row->high) {
        cr_expect(eq(u64, image.entry, 0x100080), "%s", row->label);
        cr_expect(eq(u64, image.low, row->low), "%s", row->label);
        cr_expect(eq(u64, image.high, row->high), "%s", row->label);
        cr_expect(eq(u64, image.boot.base, row->low), "%s", row->label);
    }
    mem_done(&mem);
    (void)close(file.fd);
}

/* --- ELF, which is described by its own headers --- */

static void put_header(const struct file *file, const uint32_t *tags, size_t n)
{
    uint32_t header[4] = {(uint32_t)MAGIC, 0, (uint32_t)(16 + n)};

    header[3] = 0 - header[0] - header[2];
    cr_assert(eq(sz, (size_t)pwrite(file->fd, header, sizeof header, 0x180),
                 sizeof header));
    cr_assert(eq(sz, (size_t)pwrite(file->fd, tags, n, 0x190), n));
}

/* clang-format off */
static const struct elf_row {
    const char *label;
    uint32_t tag[8];
    size_t n;
    uint64_t entry;
    bool tells;
} elf_rows[] = {
    {"its own entry", {END}, 2, 0x101010, false},
    {"the entry of a tag", {ENTRY(0x101020), END}, 6, 0x101020, false},
    {"relocatable", {T(10, 8), END}, 4, 0x101010, true},
};
/* clang-format on */

ParameterizedTestParameters(multiboot2, elf)
{
    return row_numbers(ROWS(elf_rows));
}

ParameterizedTest(const size_t *i, multiboot2, elf)
{
    const struct elf_row *row = &elf_rows[*i];
    const struct elf_spec spec =
        ELF64(KERNEL + 0x101010, 1,
              {LOAD(0x200, KERNEL + 0x101000, 0x101000, 64, 96)});
    const struct image want = {IMAGE_ELF64, CPU_MODE_PROT, row->entry, 0x101000,
                               0x101060,    0x101060,      {0}};
    const uint32_t old[3] = {0x1badb002, 0, 0 - 0x1badb002U};
    struct file file = elf_file(&spec);
    struct load_options options = {.path = file.path};
    struct image image = {0};
    struct diag diag = {""};
    struct guest_mem mem;

    put_header(&file, row->tag, row->n * 4);
    /* Who has both headers gets the newer protocol. */
    cr_assert(
        eq(sz, (size_t)pwrite(file.fd, old, sizeof old, 0x100), sizeof old));
    cr_assert(eq(int, mem_init(&mem, RAM, NULL), 0));
    cr_expect(eq(int, load_image(&mem, &options, &image, &diag), 0), "%s: %s",
              row->label, diag.text);
    cr_expect(eq(int, (int)image.boot.protocol, BOOT_MULTIBOOT2));
    cr_expect(eq(int, image.boot.is_relocatable, row->tells), "%s", row->label);
    expect_image(row->label, &image, &want);
    mem_done(&mem);
    (void)close(file.fd);
}
