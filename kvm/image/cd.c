/* SPDX-License-Identifier: MIT */
#include "kvm/image/cd.h"

#include <errno.h>
#include <string.h>

#include "kvm/core/file.h"
#include "kvm/device/disk.h"

/* A CD's sectors, and the boot record's (2.0, figure 7). */
enum { CD_SECTOR = 2048, BOOT_RECORD = 17, CATALOG_AT = 0x47 };
static const char boot_record[] = "\0CD001\1EL TORITO SPECIFICATION";

/* The catalog's first two entries, of 32 bytes (2.1, 2.2). */
enum {
    ENTRY = 32,
    VALIDATION = 1,
    KEY_AT = 30,
    KEY = 0xaa55,
    BOOTABLE = 0x88,
    MEDIA_AT = ENTRY + 1,
    MEDIA = 0x0f,
    NO_EMULATION = 0,
    SEGMENT_AT = ENTRY + 2,
    COUNT_AT = ENTRY + 6, /* sectors of 512 bytes */
    START_AT = ENTRY + 8, /* a CD's sector */
    USUAL_SEGMENT = 0x7c0,
};

static bool read_cd(const struct load_job *job, uint64_t lba, uint8_t *to,
                    size_t n)
{
    return file_read(job->fd, to, n, lba * CD_SECTOR) == (ssize_t)n;
}

/* All its words sum to 0. */
static bool is_valid_entry(const uint8_t *entry)
{
    uint16_t sum = 0;

    for (unsigned i = 0; i < ENTRY; i += 2)
        sum = (uint16_t)(sum + load_u16(entry + i));
    return entry[0] == VALIDATION && load_u16(entry + KEY_AT) == KEY && !sum;
}

static int load_boot_image(const struct load_job *job, const uint8_t *catalog,
                           struct image *ret)
{
    uint16_t segment = load_u16(catalog + SEGMENT_AT);
    uint64_t gpa = UINT64_C(16) * (segment ? segment : USUAL_SEGMENT);
    uint64_t n = (uint64_t)load_u16(catalog + COUNT_AT) * DISK_SECTOR;
    uint64_t at = (uint64_t)load_u32(catalog + START_AT) * CD_SECTOR;

    if ((catalog[MEDIA_AT] & MEDIA) != NO_EMULATION || !n)
        return load_refuse(
            job, -ENOTSUP,
            "is a CD that boots as a floppy or a hard disk: make "
            "one that boots without emulation (xorriso's "
            "-no-emul-boot)");
    *ret = (struct image){.kind = IMAGE_BOOT_SECTOR,
                          .boot = {.is_cd = true},
                          .entry = gpa,
                          .low = gpa,
                          .high = gpa + n,
                          .low_end = gpa + n};
    return load_take(job, at, gpa, n, n);
}

int load_cd(const struct load_job *job, struct image *ret)
{
    uint8_t record[CATALOG_AT + 4];
    uint8_t catalog[2 * ENTRY];

    if (!read_cd(job, BOOT_RECORD, record, sizeof record) ||
        memcmp(record, boot_record, sizeof boot_record - 1) != 0)
        return LOAD_NOT_MINE;
    if (!read_cd(job, load_u32(record + CATALOG_AT), catalog, sizeof catalog))
        return load_refuse(job, -ENOEXEC,
                           "is cut short, its boot catalog is behind its end: "
                           "build or copy it again");
    if (!is_valid_entry(catalog) || catalog[ENTRY] != BOOTABLE)
        return LOAD_NOT_MINE;
    return load_boot_image(job, catalog, ret);
}
