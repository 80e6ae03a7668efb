/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

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
#define PLAIN64  ELF64(0x100010, 1, {LOAD(0x200, 0x100000, 0x100000, 64, 96)})
#define PLAIN32  ELF32(0x100010, 1, {LOAD(0x200, 0x100000, 0x100000, 64, 96)})

static const struct elf_row {
    const char *label;
    struct elf_spec elf;
    struct load_options options;
    int err;
    const char *says;
    struct image image;
} elf_rows[] = {
    {"ELF64", PLAIN64, {0}, 0, "",
     {IMAGE_ELF64, CPU_MODE_LONG, 0x100010, 0x100000, 0x100060, 0x100060, {0}}},
    {"ELF32", PLAIN32, {0}, 0, "",
     {IMAGE_ELF32, CPU_MODE_PROT, 0x100010, 0x100000, 0x100060, 0x100060, {0}}},
    {"entry in the upper half",
     ELF64(KERNEL + 0x100, 1, {LOAD(0x200, KERNEL, 0x100000, 64, 0x200)}),
     {0}, 0, "",
     {IMAGE_ELF64, CPU_MODE_LONG, 0x100100, 0x100000, 0x100200, 0x100200, {0}}},
    {"physical entry, as Linux has",
     ELF64(0x100020, 1, {LOAD(0x200, KERNEL, 0x100000, 64, 64)}),
     {0}, 0, "",
     {IMAGE_ELF64, CPU_MODE_LONG, 0x100020, 0x100000, 0x100040, 0x100040, {0}}},
    {"virtual entry comes first",
     ELF64(0x2010, 2, {LOAD(0x200, 0x8000, 0x2000, 64, 64),
                       LOAD(0x300, 0x2000, 0x4000, 64, 64)}), {0}, 0, "",
     {IMAGE_ELF64, CPU_MODE_LONG, 0x4010, 0x2000, 0x4040, 0x4040, {0}}},
    {"segments in any order",
     ELF64(0x3000, 3, {LOAD(0x400, 0x3000, 0x3000, 16, 32),
                       LOAD(0x200, 0x1000, 0x1000, 32, 32),
                       LOAD(0x300, 0x2000, 0x2000, 1, 0x1000)}), {0}, 0, "",
     {IMAGE_ELF64, CPU_MODE_LONG, 0x3000, 0x1000, 0x3020, 0x3020, {0}}},
    {"only .bss, placed after the file's end",
     ELF64(0x1000, 1, {LOAD(0x10000, 0x1000, 0x1000, 0, 0x4000)}), {0}, 0, "",
     {IMAGE_ELF64, CPU_MODE_LONG, 0x1000, 0x1000, 0x5000, 0x5000, {0}}},
    {"all of memory",
     ELF64(0, 1, {LOAD(0x200, 0, 0, 4, RAM)}), {0}, 0, "",
     {IMAGE_ELF64, CPU_MODE_LONG, 0, 0, RAM, RAM, {0}}},
    {"empty and other headers do not count",
     ELF64(0x1000, 3, {LOAD(0x200, 0x1000, 0x1000, 16, 16),
                       LOAD(0x200, 0, UINT64_MAX, 0, 0),
                       {PT_NOTE, PF_R, 0x300, 0, 0x1000, 16, 16, 1}}),
     {0}, 0, "",
     {IMAGE_ELF64, CPU_MODE_LONG, 0x1000, 0x1000, 0x1010, 0x1010, {0}}},
    {"position-independent",
     {ELFCLASS64, 0, ET_DYN, EM_X86_64, 0x10, 1, {LOAD(0x200, 0, 0, 64, 64)}},
     {0}, 0, "", {IMAGE_ELF64, CPU_MODE_LONG, 0x10, 0, 0x40, 0x40, {0}}},

    {"--mode prot", PLAIN64, {.mode = CPU_MODE_PROT}, 0, "",
     {IMAGE_ELF64, CPU_MODE_PROT, 0x100010, 0x100000, 0x100060, 0x100060, {0}}},
    {"--mode real", PLAIN64, {.mode = CPU_MODE_REAL}, 0, "",
     {IMAGE_ELF64, CPU_MODE_REAL, 0x100010, 0x100000, 0x100060, 0x100060, {0}}},
    {"--mode long", PLAIN64, {.mode = CPU_MODE_LONG}, 0, "",
     {IMAGE_ELF64, CPU_MODE_LONG, 0x100010, 0x100000, 0x100060, 0x100060, {0}}},
    {"ELF32 --mode real", PLAIN32, {.mode = CPU_MODE_REAL}, 0, "",
     {IMAGE_ELF32, CPU_MODE_REAL, 0x100010, 0x100000, 0x100060, 0x100060, {0}}},
    {"ELF32 --mode long", PLAIN32, {.mode = CPU_MODE_LONG}, -ENOEXEC,
     "-m64", {0}},
    {"real mode, entry too high",
     ELF32(0x110000, 1, {LOAD(0x200, 0x110000, 0x110000, 64, 64)}),
     {.mode = CPU_MODE_REAL}, -ERANGE, "real mode", {0}},
    {"real mode, last entry",
     ELF32(0x10ffef, 1, {LOAD(0x200, 0x10ff00, 0x10ff00, 240, 240)}),
     {.mode = CPU_MODE_REAL}, 0, "",
     {IMAGE_ELF32, CPU_MODE_REAL, 0x10ffef, 0x10ff00, 0x10fff0, 0x10fff0, {0}}},
    {"--entry", PLAIN64, {.has_entry = true, .entry = 0x123}, 0, "",
     {IMAGE_ELF64, CPU_MODE_LONG, 0x123, 0x100000, 0x100060, 0x100060, {0}}},
    {"--entry, the image's own is wrong",
     ELF64(0x999, 1, {LOAD(0x200, 0x1000, 0x1000, 64, 64)}),
     {.has_entry = true, .entry = 0x1000}, 0, "",
     {IMAGE_ELF64, CPU_MODE_LONG, 0x1000, 0x1000, 0x1040, 0x1040, {0}}},
    {"--entry not in RAM", PLAIN64, {.has_entry = true, .entry = RAM}, -EFAULT,
     "--entry", {0}},
    {"--entry above 4 GiB", PLAIN64,
     {.has_entry = true, .entry = UINT64_C(1) << 32}, -ERANGE, "long mode",
     {0}},
    {"--load-addr", PLAIN64, {.has_load_addr = true}, -EINVAL, "--load-addr",
     {0}},

    {"entry in no segment",
     ELF64(0, 1, {LOAD(0x200, 0x1000, 0x1000, 64, 64)}), {0}, -ENOEXEC,
     "ENTRY()", {0}},
    {"entry just past its segment",
     ELF64(0x1040, 1, {LOAD(0x200, 0x1000, 0x1000, 64, 64)}), {0}, -ENOEXEC,
     "0x1040", {0}},
    {"overlap",
     ELF64(0x1000, 2, {LOAD(0x200, 0x1000, 0x1000, 64, 64),
                       LOAD(0x300, 0x5000, 0x103f, 64, 64)}), {0}, -ENOEXEC,
     "overlap", {0}},
    {"overlap, the lower one second",
     ELF64(0x1000, 2, {LOAD(0x200, 0x1000, 0x1000, 64, 64),
                       LOAD(0x300, 0x5000, 0xfc1, 64, 64)}), {0}, -ENOEXEC,
     "0x1000 and 0xfc1 overlap", {0}},
    {"side by side",
     ELF64(0x1000, 3, {LOAD(0x200, 0x1000, 0x1000, 64, 64),
                       LOAD(0x300, 0x5000, 0xfc0, 64, 64),
                       LOAD(0x400, 0x6000, 0x1040, 64, 64)}), {0}, 0, "",
     {IMAGE_ELF64, CPU_MODE_LONG, 0x1000, 0xfc0, 0x1080, 0x1080, {0}}},
    {"one within another",
     ELF64(0x1000, 2, {LOAD(0x300, 0x1000, 0x1010, 16, 16),
                       LOAD(0x200, 0x1000, 0x1000, 64, 64)}), {0}, -ENOEXEC,
     "overlap", {0}},
    {"larger than memory",
     ELF64(0, 1, {LOAD(0x200, 0, 0, 64, RAM + 1)}), {0}, -E2BIG,
     "2097153 bytes at 0 do not fit into the guest's 2048 KiB of memory: give "
     "it more with -m", {0}},
    {"beyond memory",
     ELF64(0, 1, {LOAD(0x200, 0, RAM - 63, 64, 64)}), {0}, -E2BIG, "-m", {0}},
    {"linked at its virtual address",
     ELF64(KERNEL, 1, {LOAD(0x200, KERNEL, KERNEL, 64, 64)}), {0}, -E2BIG,
     "0xffffffff80000000", {0}},
    {"in the hole",
     ELF64(0, 1, {LOAD(0x200, 0, 0xfee00000, 64, 64)}), {0}, -E2BIG, "hole",
     {0}},
    {"from below into the hole",
     ELF64(0, 1, {LOAD(0x200, 0, PC_HOLE_START - 63, 64, 64)}), {0}, -E2BIG,
     "hole", {0}},
    {"address wraps",
     ELF64(0, 1, {LOAD(0x200, 0, UINT64_MAX - 15, 64, 64)}), {0}, -E2BIG, "-m",
     {0}},
    {"absurd size",
     ELF64(0, 1, {LOAD(0x200, 0, 0x1000, 64, UINT64_MAX)}), {0}, -E2BIG, "",
     {0}},
    {"more in the file than in memory",
     ELF64(0, 1, {LOAD(0x200, 0, 0, 64, 63)}), {0}, -ENOEXEC, "more bytes",
     {0}},
    {"segment starts after the file",
     ELF64(0, 1, {LOAD(UINT64_C(1) << 40, 0, 0, 1, 1)}), {0}, -ENOEXEC,
     "cut short", {0}},
    {"segment's size wraps",
     ELF64(0, 1, {LOAD(16, 0, 0, UINT64_MAX, UINT64_MAX)}), {0}, -ENOEXEC,
     "cut short", {0}},
    {"segment's end wraps",
     ELF64(0, 1, {LOAD(UINT64_MAX - 1, 0, 0, 64, 64)}), {0}, -ENOEXEC,
     "cut short", {0}},
    {"segment's end after the file",
     ELF64(0, 1, {LOAD(UINT64_C(1) << 21, 0, 0, 64, 64)}), {0}, -ENOEXEC,
     "cut short", {0}},
    {"no program headers", ELF64(0, 0, {{0}}), {0}, -ENOEXEC, "no segment",
     {0}},
    {"nothing to load",
     ELF64(0, 1, {{PT_NOTE, PF_R, 0x200, 0, 0x1000, 16, 16, 1}}), {0}, -ENOEXEC,
     "no segment", {0}},
    {"object file", {ELFCLASS64, 0, ET_REL, EM_X86_64, 0, 0, {{0}}}, {0},
     -ENOEXEC, "link it", {0}},
    {"core dump", {ELFCLASS64, 0, ET_CORE, EM_X86_64, 0, 0, {{0}}}, {0},
     -ENOEXEC, "core dump", {0}},
    {"unknown type", {ELFCLASS64, 0, 0xfe12, EM_X86_64, 0, 0, {{0}}}, {0},
     -ENOEXEC, "65042", {0}},
    {"AArch64", {ELFCLASS64, 0, ET_EXEC, EM_AARCH64, 0, 0, {{0}}}, {0},
     -ENOEXEC, "machine 183", {0}},
    {"x32", {ELFCLASS32, 0, ET_EXEC, EM_X86_64, 0, 0, {{0}}}, {0},
     -ENOEXEC, "32-bit ELF for x32 (machine 62)", {0}},
    {"big-endian", {ELFCLASS64, ELFDATA2MSB, ET_EXEC, EM_PPC64, 0, 0, {{0}}},
     {0}, -ENOEXEC, "big-endian", {0}},
};
/* clang-format on */

/* What a segment's memory must look like afterwards. */
static void expect_segment(const char *label, const struct guest_mem *mem,
                           size_t number, const GElf_Phdr *phdr)
{
    const uint8_t *byte = mem_ptr(mem, phdr->p_paddr, phdr->p_filesz);
    size_t k = 0;

    while (k < phdr->p_filesz && byte[k] == elf_byte(number, k))
        k++;
    cr_expect(eq(u64, k, phdr->p_filesz), "%s: bytes of segment %zu", label,
              number);
    cr_expect(all_are(mem, phdr->p_paddr + phdr->p_filesz,
                      phdr->p_paddr + phdr->p_memsz, 0),
              "%s: .bss of segment %zu", label, number);
}

ParameterizedTestParameters(load, elf)
{
    return row_numbers(ROWS(elf_rows));
}

ParameterizedTest(const size_t *i, load, elf)
{
    const struct elf_row *row = &elf_rows[*i];
    struct load_options options = row->options;
    struct file file = elf_file(&row->elf);
    struct guest_mem mem;
    struct image image = {0};
    struct diag diag = {""};

    cr_assert(eq(int, mem_init_around(&mem, RAM, &hole, NULL), 0));
    memset(mem_ptr(&mem, 0, RAM), 0xee, RAM); /* .bss is cleared nevertheless */
    options.path = file.path;
    cr_expect(eq(int, load_image(&mem, &options, &image, &diag), row->err),
              "%s: %s", row->label, diag.text);
    expect_sentence(row->label, &diag, row->says);
    if (!row->err)
        expect_image(row->label, &image, &row->image);
    for (size_t k = 0; k < row->elf.phnum && !row->err; k++)
        if (row->elf.phdr[k].p_type == PT_LOAD)
            expect_segment(row->label, &mem, k, &row->elf.phdr[k]);
    if (!row->err) {
        cr_expect(all_are(&mem, 0, row->image.low, 0xee), "%s: below",
                  row->label);
        cr_expect(all_are(&mem, row->image.high, RAM, 0xee), "%s: above",
                  row->label);
    }
    mem_done(&mem);
    (void)close(file.fd);
}

Test(load, both_sides_of_the_hole)
{
    const struct elf_spec spec =
        ELF64(0x1000, 2,
              {LOAD(0x200, 0x1000, 0x1000, 16, 16),
               LOAD(0x200, PC_HOLE_END, PC_HOLE_END, 16, 16)});
    const struct image want = {.kind = IMAGE_ELF64,
                               .mode = CPU_MODE_LONG,
                               .entry = 0x1000,
                               .low = 0x1000,
                               .high = PC_HOLE_END + 16,
                               .low_end = 0x1010};
    struct file file = elf_file(&spec);
    struct load_options options = {.path = file.path};
    struct guest_mem mem;
    struct image image = {0};
    struct diag diag = {""};

    cr_assert(eq(int, mem_init_around(&mem, PC_HOLE_END, &hole, NULL), 0));
    cr_expect(eq(int, load_image(&mem, &options, &image, &diag), 0), "%s",
              diag.text);
    expect_image("both sides of the hole", &image, &want);
    mem_done(&mem);
    (void)close(file.fd);
}

Test(load, too_many_segments)
{
    struct elf_spec spec = ELF64(0, 200, {{0}});
    struct file file = elf_file(&spec);
    struct load_options options = {.path = file.path};
    struct guest_mem mem;
    struct image image;
    struct diag diag = {""};

    /* Each a byte at its own address: 200 segments, all of them right. */
    for (size_t i = 0; i < spec.phnum; i++) {
        const Elf64_Phdr phdr = LOAD(0, i, i, 1, 1);

        cr_assert(eq(sz,
                     (size_t)pwrite(file.fd, &phdr, sizeof phdr,
                                    (off_t)(64 + i * sizeof phdr)),
                     sizeof phdr));
    }
    cr_assert(eq(int, mem_init_around(&mem, RAM, &hole, NULL), 0));
    cr_expect(eq(int, load_image(&mem, &options, &image, &diag), -ENOEXEC));
    expect_sentence("too many", &diag, "128 segments");
    mem_done(&mem);
    (void)close(file.fd);
}
