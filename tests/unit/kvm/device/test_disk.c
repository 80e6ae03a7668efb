/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "kvm/device/disk.h"
#include "tests/unit/kvm/device/disk_fixture.h"
#include "tests/unit/kvm/rows.h"

#define MIB(n) ((uint64_t)(n) << 20)

/* What a sector of a file of that size should be. */
static void want(uint64_t size, uint64_t lba, uint8_t *ret)
{
    for (uint64_t i = 0, at = lba * 512; i < 512; i++, at++)
        ret[i] = at < size ? disk_byte(at) : 0;
}

static void expect_sector(struct disk *disk, uint64_t size, uint64_t lba)
{
    uint8_t got[512], right[512];

    want(size, lba, right);
    cr_expect(zero(int, disk_read(disk, lba, got)));
    cr_expect(zero(int, memcmp(got, right, 512)), "sector %llu",
              (unsigned long long)lba);
}

/* clang-format off */
static const struct size_row {
    uint64_t size, sectors;
} size_rows[] = {
    {1, 1}, {511, 1}, {512, 1}, {513, 2}, {1024, 2}, {5000, 10},
    {65536, 128}, {65537, 129},
    {MIB(16) - 512, 32767}, {MIB(16) + 1, 32769}, /* not all read at once */
    {MIB(17) + 70000, 34953},
};
/* clang-format on */

ParameterizedTestParameters(disk, sizes)
{
    return row_numbers(ROWS(size_rows));
}

ParameterizedTest(const size_t *i, disk, sizes)
{
    const struct size_row *row = &size_rows[*i];
    struct file file = disk_file(row->size);
    struct disk disk;
    struct diag diag = {""};
    uint8_t sector[512];

    cr_assert(zero(int, disk_open(&disk, NULL, file.path, &diag)), "%s",
              diag.text);
    cr_expect(eq(u64, disk_sectors(&disk), row->sectors));
    expect_sector(&disk, row->size, 0);
    expect_sector(&disk, row->size, row->sectors / 2);
    expect_sector(&disk, row->size, row->sectors - 1);
    cr_expect(eq(int, disk_read(&disk, row->sectors, sector), -ERANGE));
    cr_expect(eq(int, disk_write(&disk, UINT64_MAX, sector), -ERANGE));
    disk_close(&disk);
    cr_expect(zero(u64, disk_sectors(&disk)));
    disk_close(&disk);
    (void)close(file.fd);
}

/* Written: the sector alone, wherever it is, and not in the file. */
ParameterizedTestParameters(disk, writes)
{
    return row_numbers(ROWS(size_rows));
}

ParameterizedTest(const size_t *i, disk, writes)
{
    const struct size_row *row = &size_rows[*i];
    struct file file = disk_file(row->size);
    uint64_t last = row->sectors - 1;
    struct disk disk;
    uint8_t mine[512], got[512];
    uint8_t byte;

    memset(mine, 0xa5, sizeof mine);
    cr_assert(zero(int, disk_open(&disk, NULL, file.path, NULL)));
    cr_expect(zero(int, disk_write(&disk, last, mine)));
    cr_expect(zero(int, disk_read(&disk, last, got)));
    cr_expect(zero(int, memcmp(mine, got, 512)));
    if (last)
        expect_sector(&disk, row->size, last - 1);
    cr_expect(eq(int, (int)pread(file.fd, &byte, 1, (off_t)row->size - 1), 1));
    cr_expect(eq(u8, byte, disk_byte(row->size - 1)));
    cr_expect(eq(i64, lseek(file.fd, 0, SEEK_END), (int64_t)row->size));
    disk_close(&disk);
    (void)close(file.fd);
}

/* The beginning is as it was, what was not read yet is an error, also in
 * writes: a sector's neighbours would be lost. */
Test(disk, file_becomes_shorter)
{
    struct file file = disk_file(MIB(17));
    uint8_t sector[DISK_SECTOR];
    struct disk disk;

    cr_assert(zero(int, disk_open(&disk, NULL, file.path, NULL)));
    expect_sector(&disk, MIB(17), 34815);
    cr_assert(zero(int, ftruncate(file.fd, 100)));
    expect_sector(&disk, MIB(17), 2);
    expect_sector(&disk, MIB(17), 34815);
    cr_expect(eq(int, disk_read(&disk, 33000, sector), -EIO));
    cr_expect(eq(int, disk_write(&disk, 33000, sector), -EIO));
    cr_assert(zero(int, ftruncate(file.fd, MIB(17))));
    cr_expect(zero(int, disk_read(&disk, 33000, sector)), "not for ever");
    disk_close(&disk);
    (void)close(file.fd);
}

Test(disk, sparse_file_of_a_terabyte)
{
    struct file file = file_new();
    struct disk disk;

    cr_assert(zero(int, ftruncate(file.fd, (off_t)MIB(1 << 20))));
    cr_assert(zero(int, disk_open(&disk, NULL, file.path, NULL)));
    cr_expect(eq(u64, disk_sectors(&disk), UINT64_C(1) << 31));
    expect_sector(&disk, 0, (UINT64_C(1) << 31) - 1);
    disk_close(&disk);
    (void)close(file.fd);
}

/* clang-format off */
static const struct bad_row {
    const char *label, *path;
    int err;
    const char *says;
} bad_rows[] = {
    {"not there",    "/nonexistent/disk", -ENOENT,
     "/nonexistent/disk: cannot open the disk image (No such file or "
     "directory): check its name and permissions"},
    {"no name",      "",          -ENOENT, "check its name"},
    {"directory",    "/",         -EISDIR, "/: is a directory"},
    {"device",       "/dev/null", -EINVAL, "copy the disk image"},
};
/* clang-format on */

ParameterizedTestParameters(disk, refused)
{
    return row_numbers(ROWS(bad_rows));
}

ParameterizedTest(const size_t *i, disk, refused)
{
    const struct bad_row *row = &bad_rows[*i];
    struct disk disk;
    struct diag diag = {""};

    cr_expect(eq(int, disk_open(&disk, NULL, row->path, &diag), row->err),
              "%s: %s", row->label, diag.text);
    expect_sentence(row->label, &diag, row->says);
    cr_expect(zero(u64, disk_sectors(&disk)));
}

Test(disk, empty_or_absurd)
{
    struct file file = file_new();
    struct disk disk;
    struct diag diag = {""};

    cr_expect(eq(int, disk_open(&disk, NULL, file.path, &diag), -ENODATA));
    expect_sentence("empty", &diag, "the file is empty");
    cr_assert(zero(int, ftruncate(file.fd, INT64_MAX)));
    cr_expect(eq(int, disk_open(&disk, NULL, file.path, &diag), -ENOMEM));
    expect_sentence("absurd", &diag, "cannot make a disk of its");
    cr_expect(zero(u64, disk_sectors(&disk)));
    (void)close(file.fd);
}

/* A FIFO that nobody writes to must not make us wait. */
Test(disk, fifo)
{
    char folder[] = "/tmp/kvmgdb-test-XXXXXX";
    char path[64];
    struct disk disk;
    struct diag diag = {""};

    cr_assert(mkdtemp(folder) != NULL);
    (void)snprintf(path, sizeof path, "%s/fifo", folder);
    cr_assert(zero(int, mkfifo(path, 0600)));
    cr_expect(eq(int, disk_open(&disk, NULL, path, &diag), -EINVAL));
    expect_sentence("fifo", &diag, "not a regular file");
    (void)unlink(path);
    (void)rmdir(folder);
}
