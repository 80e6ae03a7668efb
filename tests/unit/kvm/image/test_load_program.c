/* SPDX-License-Identifier: MIT */
/* ELF files that want an operating system are refused, unless the user says
 * how to run them; kernels that look a little like them are not. */
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

#define RAM (UINT64_C(2) << 20)

/* What is at 0x300 of the file is a row's. */
#define AT_300(type, size, align)                                              \
    {                                                                          \
        type, PF_R, 0x300, 0, 0, size, size, align                             \
    }
#define CODE LOAD(0x200, 0x1000, 0x1000, 64, 64)
/* clang-format off */
#define WITH64(...) ELF64(0x1000, 2, {CODE, AT_300(__VA_ARGS__)})
#define WITH32(...) ELF32(0x1000, 2, {CODE, AT_300(__VA_ARGS__)})
#define B(s)        sizeof(s) - 1, s

/* Elf64_Dyn, Elf32_Dyn: a tag and a value. */
#define DYN64(tag, value) tag "\0\0\0\0\0\0\0" value "\0\0\0\0\0\0\0"
#define DYN32(tag, value) tag "\0\0\0" value "\0\0\0"

static const struct program_row {
    const char *label;
    struct elf_spec elf;
    size_t n;
    const char *bytes;
    const char *says; /* NULL: it is loaded */
} rows[] = {
    {"interpreter", WITH64(PT_INTERP, 28, 1), B("/lib64/ld-linux-x86-64.so.2"),
     "for an operating system"},
    {"interpreter, 32 bit", WITH32(PT_INTERP, 19, 1), B("/lib/ld-linux.so.2"),
     "start it all the same with --mode"},
    {"ABI note", WITH64(PT_NOTE, 32, 4),
     B("\4\0\0\0\x10\0\0\0\1\0\0\0GNU\0\0\0\0\0\3\0\0\0\2\0\0\0\0\0\0\0"),
     "for an operating system"},
    {"ABI note, 32 bit", WITH32(PT_NOTE, 32, 4),
     B("\4\0\0\0\x10\0\0\0\1\0\0\0GNU\0\0\0\0\0\3\0\0\0\2\0\0\0\0\0\0\0"),
     "for an operating system"},
    {"ABI note, the second", WITH64(PT_NOTE, 68, 4),
     B("\4\0\0\0\x14\0\0\0\3\0\0\0GNU\0abcdefghijklmnopqrst"
       "\4\0\0\0\x10\0\0\0\1\0\0\0GNU\0\0\0\0\0\3\0\0\0\2\0\0\0\0\0\0\0"),
     "for an operating system"},
    {"Go", WITH64(PT_NOTE, 20, 4), B("\4\0\0\0\4\0\0\0\4\0\0\0Go\0\0abcd"),
     "for an operating system"},
    {"needs a library", WITH64(PT_DYNAMIC, 32, 8),
     B(DYN64("\1", "\1") DYN64("\0", "\0")), "for an operating system"},
    {"is a library", WITH64(PT_DYNAMIC, 48, 8),
     B(DYN64("\5", "\1") DYN64("\x0e", "\1") DYN64("\0", "\0")),
     "for an operating system"},
    {"is a library, 32 bit", WITH32(PT_DYNAMIC, 16, 4),
     B(DYN32("\x0e", "\1") DYN32("\0", "\0")), "for an operating system"},
    {"starts at its header", ELF64(0x1000, 1, {LOAD(0, 0x1000, 0x1000, 64, 64)}),
     B(""), "its own ELF header"},
    {"starts in its header", ELF32(0x1020, 1, {LOAD(0, 0x1000, 0x1000, 64, 64)}),
     B(""), "its own ELF header"},

    {"starts behind its header",
     ELF64(0x1040, 1, {LOAD(0, 0x1000, 0x1000, 512, 512)}), B(""), NULL},
    {"starts in what is no part of the file",
     ELF64(0x1010, 1, {LOAD(0, 0x1000, 0x1000, 8, 128)}), B(""), NULL},
    {"build id", WITH64(PT_NOTE, 36, 4),
     B("\4\0\0\0\x14\0\0\0\3\0\0\0GNU\0abcdefghijklmnopqrst"), NULL},
    {"somebody else's note", WITH64(PT_NOTE, 20, 4),
     B("\4\0\0\0\4\0\0\0\1\0\0\0Xen\0abcd"), NULL},
    {"a note cut short", WITH64(PT_NOTE, 14, 4),
     B("\4\0\0\0\x10\0\0\0\1\0\0\0GN"), NULL},
    {"a note of an absurd size", WITH64(PT_NOTE, 20, 4),
     B("\xff\xff\xff\xff\xff\xff\xff\xff\1\0\0\0GNU\0abcd"), NULL},
    {"a note beyond the file", WITH64(PT_NOTE, 0x10000, 4), B(""), NULL},
    {"relocates itself", WITH64(PT_DYNAMIC, 48, 8),
     B(DYN64("\7", "\1") DYN64("\x08", "\0") DYN64("\0", "\0")), NULL},
    {"behind the end of the dynamic section", WITH64(PT_DYNAMIC, 32, 8),
     B(DYN64("\0", "\0") DYN64("\1", "\1")), NULL},
};
/* clang-format on */

static const struct load_options told[] = {
    {.mode = CPU_MODE_PROT},
    {.has_entry = true, .entry = 0x1000},
};

ParameterizedTestParameters(load, program)
{
    return row_numbers(ROWS(rows));
}

ParameterizedTest(const size_t *i, load, program)
{
    const struct program_row *row = &rows[*i];
    struct file file = elf_file(&row->elf);
    struct load_options options = {.path = file.path};
    struct image image = {0};
    struct diag diag = {""};
    struct guest_mem mem;

    cr_assert(eq(int, mem_init(&mem, RAM, NULL), 0));
    cr_assert(
        eq(sz, (size_t)pwrite(file.fd, row->bytes, row->n, 0x300), row->n));
    cr_expect(eq(int, load_image(&mem, &options, &image, &diag),
                 row->says ? -ENOEXEC : 0),
              "%s: %s", row->label, diag.text);
    expect_sentence(row->label, &diag, row->says ? row->says : "");
    for (size_t k = 0; k < ROWS(told); k++) {
        options = told[k];
        options.path = file.path;
        cr_expect(
            eq(int, load_image(&mem, &options, &image, &diag),
               options.has_entry || !row->says || !strstr(row->says, "header")
                   ? 0
                   : -ENOEXEC),
            "%s, told how %zu: %s", row->label, k, diag.text);
    }
    mem_done(&mem);
    (void)close(file.fd);
}
