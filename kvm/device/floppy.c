/* SPDX-License-Identifier: MIT */
#include "kvm/device/floppy.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "kvm/core/file.h"

/* The usual one first. */
static const struct floppy floppies[] = {
    {{80, 2, 18}, 4}, {{40, 2, 9}, 1},  {{80, 2, 9}, 3},
    {{80, 2, 15}, 2}, {{80, 2, 36}, 6},
};

enum { FLOPPIES = sizeof floppies / sizeof *floppies };

static uint64_t sectors_of(const struct floppy *floppy)
{
    const struct disk_geometry *g = &floppy->geometry;

    return (uint64_t)g->cylinders * g->heads * g->sectors;
}

static const struct floppy *floppy_of_size(uint64_t sectors)
{
    for (size_t i = 0; i < FLOPPIES; i++)
        if (sectors_of(&floppies[i]) == sectors)
            return &floppies[i];
    return NULL;
}

/* What the boot sector says of its disk's size (Microsoft FAT specification
 * 1.03, BPB_BytsPerSec and BPB_TotSec16); 0: nothing. */
static uint64_t sectors_said(struct disk *disk)
{
    enum { SECTOR_SIZE_AT = 11, SECTORS_AT = 19 };
    uint8_t boot[DISK_SECTOR];
    uint16_t size;
    uint16_t sectors;

    if (disk_read(disk, 0, boot) < 0)
        return 0;
    memcpy(&size, boot + SECTOR_SIZE_AT, sizeof size);
    memcpy(&sectors, boot + SECTORS_AT, sizeof sectors);
    return size == DISK_SECTOR ? sectors : 0;
}

/* A floppy disk's image often ends where its files do. */
const struct floppy *floppy_of(struct disk *disk)
{
    uint64_t sectors = disk_sectors(disk);
    uint64_t said = sectors_said(disk);

    return floppy_of_size(said > sectors ? said : sectors);
}

const struct floppy *floppy_usual(void)
{
    return &floppies[0];
}

int floppy_make(struct disk *disk, const char *path, struct diag *diag)
{
    const struct floppy *found = floppy_of(disk);
    uint64_t sectors = disk_sectors(disk);
    int err;

    for (size_t i = 0; !found && i < FLOPPIES; i += FLOPPIES - 1)
        if (sectors <= sectors_of(&floppies[i]))
            found = &floppies[i];
    if (!found)
        return diag_set(diag, -EFBIG,
                        "%s: %llu KiB are more than a floppy disk has, 2880: "
                        "--disk takes it as a hard disk",
                        file_shown(path), (unsigned long long)sectors / 2);
    err = disk_extend(disk, sectors_of(found));
    return err < 0 ? diag_set(diag, err, "%s: no memory for a floppy disk",
                              file_shown(path))
                   : 0;
}
