/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>

#include "kvm/core/mem.h"
#include "kvm/image/image.h"
#include "kvm/image/load.h"
#include "tests/unit/kvm/image/load_fixture.h"
#include "tests/unit/kvm/rows.h"

/*
 * Guest memory between two inaccessible pages: a write outside is a crash or,
 * when the kernel makes it for pread(2), an error that is not a refusal.
 */
struct fenced {
    uint8_t *map;
    struct guest_mem mem;
};

enum { FENCED_RAM = 0x10000 };

static struct fenced fenced_new(void)
{
    struct fenced f;

    f.map = mmap(NULL, FENCED_RAM + 2 * MEM_PAGE, PROT_NONE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert(f.map != MAP_FAILED);
    cr_assert(zero(
        int, mprotect(f.map + MEM_PAGE, FENCED_RAM, PROT_READ | PROT_WRITE)));
    f.mem = (struct guest_mem){
        .region = {{0, FENCED_RAM, f.map + MEM_PAGE, false}}, .n = 1};
    return f;
}

/* True when the file was loaded, or refused for a reason that says so. */
static bool loads_or_refuses(const struct fenced *f, const struct file *file,
                             const char *says, bool *ret_loaded)
{
    const struct load_options options = {.path = file->path};
    struct image image = {0};
    struct diag diag = {""};
    int err = load_image(&f->mem, &options, &image, &diag);

    *ret_loaded = err == 0;
    if (err)
        return strstr(diag.text, says) && !strstr(diag.text, "cannot");
    return image.low < image.high && image.high <= FENCED_RAM &&
           image.entry < FENCED_RAM;
}

/* clang-format off */
static const struct elf_spec sweep_specs[] = {
    ELF64(0x1010, 3, {LOAD(0x200, 0x1000, 0x1000, 64, 96),
                      LOAD(0x240, KERNEL, 0x4000, 32, 0x2000),
                      {PT_NOTE, PF_R, 0x210, 0, 0x1000, 16, 16, 1}}),
    ELF32(0x1010, 3, {LOAD(0x200, 0x1000, 0x1000, 64, 96),
                      LOAD(0x240, 0xc0000000, 0x4000, 32, 0x2000),
                      {PT_NOTE, PF_R, 0x210, 0, 0x1000, 16, 16, 1}}),
};
/* clang-format on */

ParameterizedTestParameters(load, truncated)
{
    return row_numbers(ROWS(sweep_specs));
}

/* Cut anywhere, an ELF file is refused (below four bytes it is a flat one). */
ParameterizedTest(const size_t *i, load, truncated)
{
    struct file file = elf_file(&sweep_specs[*i]);
    struct fenced f = fenced_new();
    off_t size = lseek(file.fd, 0, SEEK_END);
    bool loaded;

    cr_expect(loads_or_refuses(&f, &file, "", &loaded) && loaded);
    while (--size >= 0) {
        cr_assert(zero(int, ftruncate(file.fd, size)));
        cr_expect(
            loads_or_refuses(&f, &file, size ? "cut short" : "empty", &loaded),
            "%ld bytes", (long)size);
        cr_expect(eq(int, loaded, size > 0 && size < 4), "%ld bytes",
                  (long)size);
    }
    (void)close(file.fd);
}

ParameterizedTestParameters(load, damaged)
{
    return row_numbers(ROWS(sweep_specs));
}

/* Each bit of the headers flipped, each byte all zeros, all ones, the sign. */
ParameterizedTest(const size_t *i, load, damaged)
{
    struct file file = elf_file(&sweep_specs[*i]);
    struct fenced f = fenced_new();
    size_t loads = 0;

    for (off_t at = 0; at < 0x200; at++) {
        uint8_t was;

        cr_assert(eq(int, (int)pread(file.fd, &was, 1, at), 1));
        for (unsigned k = 0; k < 11; k++) {
            const uint8_t other[] = {0x00, 0xff, 0x7f};
            uint8_t byte = k < 8 ? was ^ (uint8_t)(1u << k) : other[k - 8];
            bool loaded, sane;

            cr_assert(eq(int, (int)pwrite(file.fd, &byte, 1, at), 1));
            sane = loads_or_refuses(&f, &file, file.path, &loaded);
            loads += loaded;
            if (!sane)
                cr_expect(false, "byte %ld = %#x", (long)at, byte);
        }
        cr_assert(eq(int, (int)pwrite(file.fd, &was, 1, at), 1));
    }
    cr_expect(loads > 0, "damage that does not matter");
    (void)close(file.fd);
}
