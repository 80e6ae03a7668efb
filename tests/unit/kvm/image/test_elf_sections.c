/* SPDX-License-Identifier: MIT */
/* Section headers that go along with a multiboot kernel. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>
#include <unistd.h>

#include "kvm/core/mem.h"
#include "kvm/image/image.h"
#include "kvm/image/load.h"
#include "tests/unit/kvm/image/load_fixture.h"
#include "tests/unit/kvm/rows.h"

#define MIB(n) ((uint64_t)(n) << 20)
#define RAM    MIB(4)

enum { TABLE = 0x1000, DATA = 0x2000, DATA_SIZE = 0x21, N = 4 };

/* What is changed of a good file: no section, code that a segment has loaded,
 * symbols of DATA_SIZE bytes that none has, and .bss. */
struct damage {
    uint64_t table; /* added to its place in the file */
    uint16_t entry_size, n, names;
    uint64_t offset, size; /* added to those of the symbols */
};

static void put(const struct file *file, const void *bytes, size_t n,
                uint64_t at)
{
    cr_assert(eq(sz, (size_t)pwrite(file->fd, bytes, n, (off_t)at), n));
}

static void put64(const struct file *file, const struct damage *damage)
{
    const Elf64_Shdr shdr[N] = {
        [1] = {.sh_type = SHT_PROGBITS, .sh_addr = 0x101000, .sh_size = 64},
        [2] = {.sh_type = SHT_SYMTAB,
               .sh_offset = DATA + damage->offset,
               .sh_size = DATA_SIZE + damage->size},
        [3] = {.sh_type = SHT_NOBITS, .sh_size = 4096}};
    Elf64_Ehdr ehdr;

    cr_assert(
        eq(int, (int)pread(file->fd, &ehdr, sizeof ehdr, 0), (int)sizeof ehdr));
    ehdr.e_shoff = TABLE + damage->table;
    ehdr.e_shentsize = (uint16_t)(sizeof shdr[0] + damage->entry_size);
    ehdr.e_shnum = (uint16_t)(N + damage->n);
    ehdr.e_shstrndx = (uint16_t)(2 + damage->names);
    put(file, &ehdr, sizeof ehdr, 0);
    put(file, shdr, sizeof shdr, TABLE);
}

static void put32(const struct file *file, const struct damage *damage)
{
    const Elf32_Shdr shdr[N] = {
        [1] = {.sh_type = SHT_PROGBITS, .sh_addr = 0x101000, .sh_size = 64},
        [2] = {.sh_type = SHT_SYMTAB,
               .sh_offset = (uint32_t)(DATA + damage->offset),
               .sh_size = (uint32_t)(DATA_SIZE + damage->size)},
        [3] = {.sh_type = SHT_NOBITS, .sh_size = 4096}};
    Elf32_Ehdr ehdr;

    cr_assert(
        eq(int, (int)pread(file->fd, &ehdr, sizeof ehdr, 0), (int)sizeof ehdr));
    ehdr.e_shoff = (uint32_t)(TABLE + damage->table);
    ehdr.e_shentsize = (uint16_t)(sizeof shdr[0] + damage->entry_size);
    ehdr.e_shnum = (uint16_t)(N + damage->n);
    ehdr.e_shstrndx = (uint16_t)(2 + damage->names);
    put(file, &ehdr, sizeof ehdr, 0);
    put(file, shdr, sizeof shdr, TABLE);
}

/* clang-format off */
static const struct row {
    const char *label;
    struct damage damage;
    bool has_table, has_symbols;
} rows[] = {
    {"good", {0}, true, true},
    {"no sections", {.n = (uint16_t)-N}, false, false},
    {"table behind the end", {.table = UINT32_MAX - TABLE - 64}, false, false},
    {"its end behind the end", {.n = 300}, false, false},
    {"entries of another size", {.entry_size = 8}, false, false},
    {"symbols behind the end", {.offset = 0x10000}, true, false},
    {"their size wraps", {.size = UINT32_MAX - 0x30}, true, false},
};
/* clang-format on */

static void check(const struct row *row, const struct elf_spec *spec,
                  void (*put_sections)(const struct file *file,
                                       const struct damage *damage),
                  size_t address_at, size_t entry_size)
{
    const uint32_t header[3] = {0x1badb002, 0, 0 - 0x1badb002U};
    struct file file = elf_file(spec);
    struct load_options options = {.path = file.path};
    uint8_t symbols[DATA_SIZE + 1];
    struct image image = {0};
    struct diag diag = {""};
    struct guest_mem mem;
    const struct image_sections *sections = &image.boot.sections;
    uint64_t address = 0;

    memset(symbols, 0x55, sizeof symbols);
    put_sections(&file, &row->damage);
    put(&file, header, sizeof header, 0x180);
    put(&file, symbols, sizeof symbols, DATA);
    cr_assert(eq(int, mem_init(&mem, RAM, NULL), 0));
    cr_expect(eq(int, load_image(&mem, &options, &image, &diag), 0), "%s: %s",
              row->label, diag.text);
    cr_expect(eq(u32, sections->n, row->has_table ? N : 0), "%s", row->label);
    if (row->has_table) {
        cr_expect(eq(u64, sections->at, 0x101060), "right above the image");
        cr_expect(eq(u32, sections->entry_size, (uint32_t)entry_size));
        cr_expect(eq(u32, sections->names, 2));
        cr_expect(ge(u64, image.low_end, sections->at + N * entry_size));
        (void)mem_read(&mem, sections->at + 2 * entry_size + address_at,
                       &address, entry_size == 64 ? 8 : 4);
        cr_expect(eq(int, address != 0, row->has_symbols), "%s", row->label);
    }
    if (row->has_symbols) {
        cr_expect(ge(u64, image.low_end, address + DATA_SIZE));
        cr_expect(all_are(&mem, address, address + DATA_SIZE, 0x55));
    }
    mem_done(&mem);
    (void)close(file.fd);
}

ParameterizedTestParameters(elf_sections, rows)
{
    return row_numbers(ROWS(rows));
}

ParameterizedTest(const size_t *i, elf_sections, rows)
{
    const struct elf_spec spec64 =
        ELF64(0x101010, 1, {LOAD(0x200, 0x101000, 0x101000, 64, 96)});
    const struct elf_spec spec32 =
        ELF32(0x101010, 1, {LOAD(0x200, 0x101000, 0x101000, 64, 96)});

    check(&rows[*i], &spec64, put64, offsetof(Elf64_Shdr, sh_addr),
          sizeof(Elf64_Shdr));
    check(&rows[*i], &spec32, put32, offsetof(Elf32_Shdr, sh_addr),
          sizeof(Elf32_Shdr));
}

/* They are not worth refusing a kernel that fits without them. */
Test(elf_sections, no_room)
{
    const struct elf_spec spec =
        ELF64(0x101010, 1, {LOAD(0x200, 0x101000, 0x101000, 64, 0x20000)});
    const uint32_t header[3] = {0x1badb002, 0, 0 - 0x1badb002U};
    const struct damage none = {0};
    struct file file = elf_file(&spec);
    struct load_options options = {.path = file.path};
    struct image image = {0};
    struct diag diag = {""};
    struct guest_mem mem;

    put64(&file, &none);
    put(&file, header, sizeof header, 0x180);
    put(&file, header, 1, DATA + DATA_SIZE);
    cr_assert(eq(int, mem_init(&mem, 0x121000 + IMAGE_TOP_ROOM, NULL), 0));
    cr_expect(eq(int, load_image(&mem, &options, &image, &diag), 0), "%s",
              diag.text);
    cr_expect(eq(u32, image.boot.sections.n, 0));
    mem_done(&mem);
    (void)close(file.fd);
}
