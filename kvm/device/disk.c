/* SPDX-License-Identifier: MIT */
#include "kvm/device/disk.h"

/*
 * Anonymous memory as large as the disk, filled from the file chunk by chunk
 * as the guest comes to it: it costs what is used, and a write needs nothing
 * further to be private. A MAP_PRIVATE mapping of the file would do the same,
 * but a file that becomes shorter under it raises SIGBUS here; of pread(2) that
 * is seen, and the guest has a read error.
 * The beginning is read at once, so that who rebuilds a small image while the
 * guest runs does not give it half of each.
 */

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>

#include "kvm/core/file.h"
#include "kvm/core/foreign.h"

enum { CHUNK = 64 << 10, AT_ONCE = 16 << 20 };

static uint64_t size_of(const struct disk *disk)
{
    return disk->sectors * DISK_SECTOR;
}

static bool disk_is_loaded(const struct disk *disk, uint64_t chunk)
{
    return disk->loaded[chunk / 64] >> chunk % 64 & 1;
}

static int load_chunk(struct disk *disk, uint64_t chunk)
{
    uint64_t at = chunk * CHUNK;
    uint64_t left = disk->file_size > at ? disk->file_size - at : 0;
    size_t n = left < CHUNK ? (size_t)left : CHUNK;
    ssize_t got = file_read(disk->fd, disk->bytes + at, n, at);

    if (got < 0)
        return (int)got;
    if ((size_t)got < n)
        return -EIO;
    disk->loaded[chunk / 64] |= UINT64_C(1) << chunk % 64;
    return 0;
}

/* The bytes of a sector, loaded. Locked, if it is found. */
static int disk_find(struct disk *disk, uint64_t lba, uint8_t **ret)
{
    uint64_t chunk = lba / (CHUNK / DISK_SECTOR);

    int err;

    if (lba >= disk->sectors)
        return -ERANGE;
    (void)pthread_mutex_lock(&disk->lock);
    *ret = disk->bytes + lba * DISK_SECTOR;
    err = disk_is_loaded(disk, chunk) ? 0 : load_chunk(disk, chunk);
    if (err)
        (void)pthread_mutex_unlock(&disk->lock);
    return err;
}

static int load_beginning(struct disk *disk)
{
    int err = 0;

    for (uint64_t at = 0; !err && at < size_of(disk) && at < AT_ONCE;
         at += CHUNK)
        err = load_chunk(disk, at / CHUNK);
    return err;
}

static int disk_allocate(struct disk *disk)
{
    uint64_t chunks = (size_of(disk) + CHUNK - 1) / CHUNK;
    void *bytes = mmap(NULL, size_of(disk), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (bytes == MAP_FAILED)
        return -errno;
    (void)madvise(bytes, size_of(disk), MADV_DONTDUMP); /* as guest memory */
    disk->bytes = bytes;
    disk->loaded = calloc((chunks + 63) / 64, sizeof *disk->loaded);
    return disk->loaded ? 0 : -ENOMEM;
}

static void disk_discard(struct disk *disk)
{
    if (disk->bytes)
        (void)munmap(disk->bytes, size_of(disk));
    free(disk->loaded);
}

/* A descriptor of a file whose bytes are the disk's, one after another. */
static int open_content(const struct file_opener *opener, const char *path,
                        uint64_t *ret_size, struct diag *diag)
{
    int fd = file_open(opener, path, "disk image", ret_size, diag);
    const struct foreign *foreign = fd < 0 ? NULL : foreign_disk(fd, *ret_size);

    if (!foreign)
        return fd;
    (void)close(fd);
    return diag_set(diag, -EINVAL, "%s: is %s: %s", file_shown(path),
                    foreign->what, foreign->cure);
}

int disk_open(struct disk *disk, const struct file_opener *opener,
              const char *path, struct diag *diag)
{
    uint64_t size;
    int fd = open_content(opener, path, &size, diag);
    int err;

    *disk = (struct disk){.lock = PTHREAD_MUTEX_INITIALIZER};
    if (fd < 0)
        return fd;
    disk->fd = fd;
    disk->file_size = size;
    disk->sectors = (size + DISK_SECTOR - 1) / DISK_SECTOR;
    err = disk_allocate(disk);
    if (!err)
        err = load_beginning(disk);
    if (!err)
        return 0;
    disk_close(disk);
    return diag_set(diag, err, "%s: cannot make a disk of its %llu MiB: %s",
                    file_shown(path), (unsigned long long)(size >> 20),
                    strerror(-err));
}

int disk_extend(struct disk *disk, uint64_t sectors)
{
    struct disk longer = {.lock = PTHREAD_MUTEX_INITIALIZER,
                          .fd = disk->fd,
                          .file_size = disk->file_size,
                          .sectors = sectors};
    int err = sectors > disk->sectors ? disk_allocate(&longer) : 0;

    if (sectors <= disk->sectors)
        return 0;
    if (!err)
        err = load_beginning(&longer);
    disk_discard(err ? &longer : disk);
    if (!err)
        *disk = longer;
    return err;
}

void disk_close(struct disk *disk)
{
    if (!disk->sectors)
        return;
    disk_discard(disk);
    (void)close(disk->fd);
    *disk = (struct disk){0};
}

uint64_t disk_sectors(const struct disk *disk)
{
    return disk->sectors;
}

int disk_read(struct disk *disk, uint64_t lba, void *out)
{
    uint8_t *sector;
    int err = disk_find(disk, lba, &sector);

    if (err)
        return err;
    memcpy(out, sector, DISK_SECTOR);
    (void)pthread_mutex_unlock(&disk->lock);
    return 0;
}

int disk_write(struct disk *disk, uint64_t lba, const void *in)
{
    uint8_t *sector;
    int err = disk_find(disk, lba, &sector);

    if (err)
        return err;
    memcpy(sector, in, DISK_SECTOR);
    (void)pthread_mutex_unlock(&disk->lock);
    return 0;
}
