/* SPDX-License-Identifier: MIT */
/* ELF files with Xen's note: the entry point in it, and what is none. */
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

#define RAM (UINT64_C(4) << 20)

/* What is at 0x300 of the file is a row's. */
#define NOTE(size, align)                                                      \
    {                                                                          \
        PT_NOTE, PF_R, 0x300, 0, 0, size, size, align                          \
    }
#define CODE LOAD(0x200, KERNEL + 0x101000, 0x101000, 64, 64)
/* clang-format off */
#define WITH64(...) ELF64(KERNEL + 0x101000, 2, {CODE, NOTE(__VA_ARGS__)})
#define WITH32(...) ELF32(0x101000, 2, \
    {LOAD(0x200, 0x101000, 0x101000, 64, 64), NOTE(__VA_ARGS__)})
#define B(s)        sizeof(s) - 1, s
#define XEN(n)      "\4\0\0\0" n "\0\0\0\x12\0\0\0Xen\0"

static const struct row {
    const char *label;
    struct elf_spec elf;
    size_t n;
    const char *bytes;
    int err;
    const char *says;
    uint64_t entry; /* 0: it is no PVH guest */
} rows[] = {
    {"64 bits", WITH64(24, 4), B(XEN("\x08") "\x10\x10\x10\0\0\0\0\0"), 0, "",
     0x101010},
    {"32 bits", WITH64(20, 4), B(XEN("\4") "\x10\x10\x10\0"), 0, "", 0x101010},
    {"ELF32", WITH32(20, 4), B(XEN("\4") "\x10\x10\x10\0"), 0, "", 0x101010},
    {"behind another", WITH64(40, 4),
     B("\4\0\0\0\4\0\0\0\6\0\0\0Xen\0abcd" XEN("\4") "\x10\x10\x10\0"), 0, "",
     0x101010},
    {"another owner", WITH64(20, 4),
     B("\4\0\0\0\4\0\0\0\x12\0\0\0Xfn\0\x10\x10\x10\0"), 0, "", 0},
    {"another type", WITH64(20, 4),
     B("\4\0\0\0\4\0\0\0\x13\0\0\0Xen\0\x10\x10\x10\0"), 0, "", 0},
    {"cut short", WITH64(18, 4), B(XEN("\4") "\x10\x10\x10\0"), 0, "", 0},
    {"no segment of notes", ELF64(KERNEL + 0x101000, 1, {CODE}),
     B(XEN("\4") "\x10\x10\x10\0"), 0, "", 0},
    {"of no size", WITH64(16, 4), B(XEN("\0")), 0, "", 0},
    {"of 2 bytes", WITH64(20, 4), B(XEN("\2") "\x10\x10\x10\0"), -ENOEXEC,
     "note with Xen's PVH entry point has 2 bytes", 0},
    {"of 16 bytes", WITH64(32, 4), B(XEN("\x10") "0123456789abcdef"), -ENOEXEC,
     "has 16 bytes", 0},
    {"not in memory", WITH64(20, 4), B(XEN("\4") "\0\0\0\xf0"), -EFAULT,
     "entry point 0xf0000000 is not in", 0},
    {"beyond 4 GiB", WITH64(24, 4), B(XEN("\x08") "\0\0\0\0\1\0\0\0"), -ERANGE,
     "entry point 0x100000000 is out of reach", 0},
};
/* clang-format on */

ParameterizedTestParameters(pvh, rows)
{
    return row_numbers(ROWS(rows));
}

ParameterizedTest(const size_t *i, pvh, rows)
{
    const struct row *row = &rows[*i];
    struct file file = elf_file(&row->elf);
    struct load_options options = {.path = file.path};
    struct image image = {0};
    struct diag diag = {""};
    struct guest_mem mem;

    cr_assert(eq(int, mem_init(&mem, RAM, NULL), 0));
    cr_assert(
        eq(sz, (size_t)pwrite(file.fd, row->bytes, row->n, 0x300), row->n));
    cr_expect(eq(int, load_image(&mem, &options, &image, &diag), row->err),
              "%s: %s", row->label, diag.text);
    expect_sentence(row->label, &diag, row->says);
    if (!row->err) {
        cr_expect(eq(int, (int)image.boot.protocol,
                     row->entry ? BOOT_PVH : BOOT_BARE),
                  "%s", row->label);
        cr_expect(eq(u64, image.entry, row->entry ? row->entry : 0x101000),
                  "%s", row->label);
    }
    mem_done(&mem);
    (void)close(file.fd);
}

/* What has a multiboot header, too (Xen has all three), is started by that. */
Test(pvh, multiboot_first)
{
    const uint32_t header[3] = {0x1badb002, 0, 0 - 0x1badb002U};
    struct file file = elf_file(&rows[0].elf);
    struct load_options options = {.path = file.path};
    struct image image = {0};
    struct diag diag = {""};
    struct guest_mem mem;

    cr_assert(eq(int, mem_init(&mem, RAM, NULL), 0));
    (void)!pwrite(file.fd, rows[0].bytes, rows[0].n, 0x300);
    (void)!pwrite(file.fd, header, sizeof header, 0x180);
    cr_expect(eq(int, load_image(&mem, &options, &image, &diag), 0), "%s",
              diag.text);
    cr_expect(eq(int, (int)image.boot.protocol, BOOT_MULTIBOOT));
    cr_expect(eq(u64, image.entry, 0x101000));
    mem_done(&mem);
    (void)close(file.fd);
}
