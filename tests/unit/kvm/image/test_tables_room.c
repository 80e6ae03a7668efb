/* SPDX-License-Identifier: MIT */
/* Where a firmware's tables go: nowhere that is an image's, or outside RAM. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <unistd.h>

#include "kvm/board/pc.h"
#include "tests/unit/kvm/image/load_fixture.h"
#include "tests/unit/kvm/rows.h"

#define MIB(n) ((uint64_t)(n) << 20)

enum { FILE_BYTES = 16 };

static const struct mem_hole hole = {PC_HOLE_START, PC_HOLE_END};

/* clang-format off */
static const struct row {
    const char *label;
    uint64_t ram, gpa, memsz; /* of the only segment, mostly .bss */
    uint64_t tables;          /* 0: nowhere */
} rows[] = {
    {"above",                MIB(2), MIB(1), 0x1000, 0xf0000},
    {"below",                MIB(2), 0x8000, 0xe8000, 0xf0000},
    {"a byte of it",         MIB(2), 0x8000, 0xe8001, 0xf1000},
    {"room behind it",       MIB(2), 0xf0000, 0xc000, 0xfc000},
    {"too little behind it", MIB(2), 0xf0000, 0xc001, 0},
    {"all of it",            MIB(2), 0x8000, 0x100000, 0},
    {"our BIOS's place",     MIB(2), 0xfe000, 0x2000, 0xf0000},
    {"little RAM",           0x102000, 0x8000, 0x1000, 0xf0000},
    {"less",                 0x101000, 0x8000, 0x1000, 0},
    {"least",                0x10000, 0x8000, 0x10, 0},
};
/* clang-format on */

ParameterizedTestParameters(tables_room, elf)
{
    return row_numbers(ROWS(rows));
}

ParameterizedTest(const size_t *i, tables_room, elf)
{
    const struct row *row = &rows[*i];
    const struct elf_spec spec = ELF64(
        row->gpa, 1, {LOAD(0x200, row->gpa, row->gpa, FILE_BYTES, row->memsz)});
    struct file file = elf_file(&spec);
    struct load_options options = {.path = file.path};
    struct guest_mem mem;
    struct image image = {0};
    struct diag diag = {""};

    cr_assert(zero(int, mem_init_around(&mem, row->ram, &hole, NULL)));
    cr_assert(zero(int, load_image(&mem, &options, &image, &diag)), "%s: %s",
              row->label, diag.text);
    cr_expect(eq(u64, image.boot.tables, row->tables), "%s", row->label);
    mem_done(&mem);
    (void)close(file.fd);
}
