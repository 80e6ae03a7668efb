/* SPDX-License-Identifier: MIT */
/* CDs by their boot catalog ("El Torito" 1.0): which boot, and what is said of
 * the others. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/kvm/image/load_fixture.h"
#include "tests/unit/kvm/rows.h"

enum { SECTOR = 2048, SECTORS = 22, RAM = 0x100000 };
enum { RECORD = 17 * SECTOR, CATALOG = 18 * SECTOR, CODE = 20 * SECTOR };
enum { ENTRY = CATALOG + 32 };

/* Bytes of the file that are other ones; at 0: none. */
struct change {
    uint32_t at;
    uint8_t bytes[4];
    unsigned n;
};

static const struct row {
    const char *label;
    struct change change[2];
    uint64_t size; /* of the file; 0: all */
    bool is_told;  /* --cdrom */
    int err;
    uint64_t entry, n;
    const char *said;
} rows[] = {
    {"a CD", {{0}}, 0, false, 0, 0x7c00, 1024, ""},
    {"the same, told", {{0}}, 0, true, 0, 0x7c00, 1024, ""},
    {"a segment", {{ENTRY + 2, {0, 1}, 2}}, 0, false, 0, 0x1000, 1024, ""},
    {"the last bytes",
     {{ENTRY + 8, {21}, 1}, {ENTRY + 6, {4}, 1}},
     0,
     false,
     0,
     0x7c00,
     2048,
     ""},
    {"one that is a disk",
     {{510, {0x55, 0xaa}, 2}},
     0,
     true,
     0,
     0x7c00,
     1024,
     ""},
    {"cut before its image",
     {{0}},
     CODE + 512,
     false,
     -ENOEXEC,
     0,
     0,
     "cut short"},
    {"cut before its catalog",
     {{0}},
     CATALOG,
     false,
     -ENOEXEC,
     0,
     0,
     "catalog is behind its end"},
    {"its image is far",
     {{ENTRY + 8, {0xff, 0xff, 0xff, 0xff}, 4}},
     0,
     false,
     -ENOEXEC,
     0,
     0,
     "cut short"},
    {"its catalog is far",
     {{RECORD + 0x47, {0xff, 0xff, 0xff, 0xff}, 4}},
     0,
     false,
     -ENOEXEC,
     0,
     0,
     "catalog is behind its end"},
    {"no memory there",
     {{ENTRY + 2, {0, 0xff}, 2}, {ENTRY + 6, {0xff, 0xff}, 2}},
     0,
     false,
     -ENOEXEC,
     0,
     0,
     "cut short"},
    {"the end of memory",
     {{ENTRY + 2, {0xe0, 0xff}, 2}},
     0,
     false,
     -E2BIG,
     0,
     0,
     "more with -m"},
    {"a floppy's image",
     {{ENTRY + 1, {2}, 1}},
     0,
     false,
     -ENOTSUP,
     0,
     0,
     "no-emul-boot"},
    {"a hard disk's",
     {{ENTRY + 1, {0x14}, 1}},
     0,
     true,
     -ENOTSUP,
     0,
     0,
     "no-emul-boot"},
    {"nothing to load",
     {{ENTRY + 6, {0, 0}, 2}},
     0,
     false,
     -ENOTSUP,
     0,
     0,
     "no-emul-boot"},
    {"no boot record",
     {{RECORD + 7, {'e'}, 1}},
     0,
     true,
     -ENOEXEC,
     0,
     0,
     "no boot catalog"},
    {"not bootable",
     {{ENTRY, {0}, 1}},
     0,
     true,
     -ENOEXEC,
     0,
     0,
     "no boot catalog"},
    {"a bad sum",
     {{CATALOG + 4, {1}, 1}},
     0,
     true,
     -ENOEXEC,
     0,
     0,
     "no boot catalog"},
    {"no key",
     {{CATALOG + 30, {0, 0}, 2}, {CATALOG + 28, {0, 0}, 2}},
     0,
     true,
     -ENOEXEC,
     0,
     0,
     "no boot catalog"},
    {"a boot sector alone",
     {{510, {0x55, 0xaa}, 2}},
     512,
     true,
     -ENOEXEC,
     0,
     0,
     "no boot catalog"},
    {"not bootable, by itself",
     {{ENTRY, {0}, 1}},
     0,
     false,
     -ENOEXEC,
     0,
     0,
     "CD image"},
};

static void cd_put(const struct file *file, uint32_t at, const void *bytes,
                   size_t n)
{
    cr_assert(eq(long, pwrite(file->fd, bytes, n, at), (long)n));
}

static struct file cd_file(const struct row *row)
{
    static const uint8_t validation[32] = {
        1, [28] = 0xaa, [29] = 0x55, [30] = 0x55, [31] = 0xaa};
    static const uint8_t entry[] = {0x88, 0, 0, 0, 0, 0, 2, 0, 20};
    static const char record[] = "\0CD001\1EL TORITO SPECIFICATION";
    struct file file = file_new();
    uint8_t code[1024];

    memset(code, 0xc0, sizeof code);
    cr_assert(zero(int, ftruncate(file.fd, SECTORS * SECTOR)));
    cd_put(&file, 16 * SECTOR, "\1CD001\1", 7);
    cd_put(&file, RECORD, record, sizeof record);
    cd_put(&file, RECORD + 0x47, "\x12", 1);
    cd_put(&file, CATALOG, validation, sizeof validation);
    cd_put(&file, ENTRY, entry, sizeof entry);
    cd_put(&file, CODE, code, sizeof code);
    for (unsigned i = 0; i < 2; i++)
        if (row->change[i].at)
            cd_put(&file, row->change[i].at, row->change[i].bytes,
                   row->change[i].n);
    if (row->size)
        cr_assert(zero(int, ftruncate(file.fd, (off_t)row->size)));
    return file;
}

ParameterizedTestParameters(cd, loaded)
{
    return row_numbers(ROWS(rows));
}

ParameterizedTest(const size_t *i, cd, loaded)
{
    const struct row *row = &rows[*i];
    struct file file = cd_file(row);
    const struct load_options options = {.path = file.path,
                                         .is_cd = row->is_told};
    struct guest_mem mem;
    struct image image;
    struct diag diag = {""};

    cr_assert(zero(int, mem_init(&mem, RAM, NULL)));
    cr_expect(eq(int, load_image(&mem, &options, &image, &diag), row->err),
              "%s: %s", row->label, diag.text);
    cr_expect(strstr(diag.text, row->said) != NULL, "%s: %s", row->label,
              diag.text);
    if (!row->err) {
        cr_expect(image.boot.is_cd, "%s", row->label);
        cr_expect(eq(int, (int)image.kind, IMAGE_BOOT_SECTOR), "%s",
                  row->label);
        cr_expect(eq(u64, image.entry, row->entry), "%s", row->label);
        cr_expect(eq(u64, image.high - image.low, row->n), "%s", row->label);
        cr_expect(row->change[0].at == ENTRY + 8 ||
                      all_are(&mem, row->entry, row->entry + 1024, 0xc0),
                  "%s", row->label);
    }
    mem_done(&mem);
    (void)close(file.fd);
}

/* Without the option a disk stays one. */
Test(cd, hybrid)
{
    static const struct row row = {.label = "",
                                   .change = {{510, {0x55, 0xaa}, 2}}};
    struct file file = cd_file(&row);
    const struct load_options options = {.path = file.path};
    struct guest_mem mem;
    struct image image;

    cr_assert(zero(int, mem_init(&mem, RAM, NULL)));
    (void)load_image(&mem, &options, &image, NULL);
    cr_expect(not(image.boot.is_cd));
    mem_done(&mem);
    (void)close(file.fd);
}
