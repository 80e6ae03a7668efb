/* SPDX-License-Identifier: MIT */
/* Which floppy disk an image is, and what is behind its end. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "kvm/device/floppy.h"
#include "tests/unit/kvm/device/disk_fixture.h"
#include "tests/unit/kvm/rows.h"

enum { KIB = 1024 };

/* clang-format off */
static const struct row {
    const char *label;
    size_t size;       /* bytes */
    unsigned said;     /* sectors, by the boot sector; 0: nothing */
    unsigned found;    /* sectors of the kind that it is; 0: none */
    unsigned made;     /* sectors of what it is made; 0: it is too large */
} rows[] = {
    {"a boot sector",            512,         0,    0,    2880},
    {"and a bit",                700,         0,    0,    2880},
    {"1440 KiB",                 1440 * KIB,  0,    2880, 2880},
    {"a byte more",              1440 * KIB + 1, 0, 0,    5760},
    {"360 KiB",                  360 * KIB,   0,    720,  720},
    {"720 KiB",                  720 * KIB,   0,    1440, 1440},
    {"1200 KiB",                 1200 * KIB,  0,    2400, 2400},
    {"2880 KiB",                 2880 * KIB,  0,    5760, 5760},
    {"a sector more",            2880 * KIB + 512, 0, 0,  0},
    {"short, and says 720 KiB",  5000,        1440, 1440, 1440},
    {"short, and says nonsense", 5000,        1441, 0,    2880},
    {"longer than it says",      1440 * KIB,  720,  2880, 2880},
};
/* clang-format on */

/* Where a boot sector has its bytes per sector, and its number of sectors. */
static void say(struct disk *disk, unsigned sectors)
{
    uint8_t boot[DISK_SECTOR];
    const uint16_t size = DISK_SECTOR;
    const uint16_t count = (uint16_t)sectors;

    cr_assert(zero(int, disk_read(disk, 0, boot)));
    memcpy(boot + 11, &size, sizeof size);
    memcpy(boot + 19, &count, sizeof count);
    cr_assert(zero(int, disk_write(disk, 0, boot)));
}

static unsigned sectors_of(const struct floppy *floppy)
{
    const struct disk_geometry *g = &floppy->geometry;

    return (unsigned)g->cylinders * g->heads * g->sectors;
}

ParameterizedTestParameters(floppy, kinds)
{
    return row_numbers(ROWS(rows));
}

ParameterizedTest(const size_t *i, floppy, kinds)
{
    const struct row *row = &rows[*i];
    struct file file = disk_file(row->size);
    struct disk disk;
    const struct floppy *found;

    cr_assert(zero(int, disk_open(&disk, NULL, file.path, NULL)));
    say(&disk, row->said);
    found = floppy_of(&disk);
    cr_expect(eq(uint, found ? sectors_of(found) : 0, row->found), "%s",
              row->label);
    disk_close(&disk);
    (void)close(file.fd);
}

/* The bytes of the file, and zeros to the end of the floppy disk. */
ParameterizedTestParameters(floppy, made)
{
    return row_numbers(ROWS(rows));
}

ParameterizedTest(const size_t *i, floppy, made)
{
    const struct row *row = &rows[*i];
    struct file file = disk_file(row->size);
    struct disk disk;
    struct diag diag = {""};
    uint8_t sector[DISK_SECTOR];
    const uint64_t last = row->made - UINT64_C(1);

    if (row->said)
        return;
    cr_assert(zero(int, disk_open(&disk, NULL, file.path, NULL)));
    if (!row->made) {
        cr_expect(eq(int, floppy_make(&disk, "big.img", &diag), -EFBIG));
        cr_expect(strstr(diag.text, "--disk takes it as a hard disk") != NULL,
                  "%s", diag.text);
    } else {
        cr_assert(zero(int, floppy_make(&disk, "f", &diag)), "%s", diag.text);
        cr_expect(eq(u64, disk_sectors(&disk), row->made), "%s", row->label);
        for (uint64_t at = 0; at < row->made; at += at < 3 ? 1 : last - 3) {
            cr_assert(zero(int, disk_read(&disk, at, sector)));
            for (size_t n = 0; n < DISK_SECTOR; n++) {
                size_t where = at * DISK_SECTOR + n;

                cr_assert(
                    eq(u8, sector[n], where < row->size ? disk_byte(where) : 0),
                    "%s: %zu", row->label, where);
            }
        }
        cr_expect(eq(int, disk_read(&disk, row->made, sector), -ERANGE));
    }
    disk_close(&disk);
    (void)close(file.fd);
}
