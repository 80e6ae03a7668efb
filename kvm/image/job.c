/* SPDX-License-Identifier: MIT */
#include "kvm/image/job.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "kvm/core/file.h"

int load_refuse(const struct load_job *job, int err, const char *format, ...)
{
    char reason[sizeof job->diag->text - FILE_SHOWN];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    return diag_set(job->diag, err, "%s: %s", file_shown(job->name), reason);
}

/* No amount of memory puts RAM there. */
static bool in_hole(const struct mem_hole *hole, uint64_t gpa, uint64_t n)
{
    return gpa < hole->end && (gpa >= hole->start || n > hole->start - gpa);
}

int load_fits(const struct load_job *job, uint64_t gpa, uint64_t n)
{
    const struct mem_hole *hole = &job->mem->hole;

    if (mem_has(job->mem, gpa, n) && (!n || !in_hole(hole, gpa, n)))
        return 0;
    if (in_hole(hole, gpa, n))
        return load_refuse(job, -E2BIG,
                           "its %llu bytes at %#llx reach into the device "
                           "hole from %#llx to %#llx: place it elsewhere",
                           (unsigned long long)n, (unsigned long long)gpa,
                           (unsigned long long)hole->start,
                           (unsigned long long)hole->end);
    return load_refuse(job, -E2BIG,
                       "its %llu bytes at %#llx do not fit into the guest's "
                       "%llu KiB of memory: give it more with -m",
                       (unsigned long long)n, (unsigned long long)gpa,
                       (unsigned long long)(mem_size(job->mem) >> 10));
}

/* Past the file's end? */
static int check_in_file(const struct load_job *job, uint64_t offset,
                         uint64_t n)
{
    if (offset <= job->size && n <= job->size - offset)
        return 0;
    return load_refuse(job, -ENOEXEC,
                       "is cut short, its header counts %llu bytes from %#llx "
                       "on and the file has %llu: build or copy it again",
                       (unsigned long long)n, (unsigned long long)offset,
                       (unsigned long long)job->size);
}

int load_take(const struct load_job *job, uint64_t offset, uint64_t gpa,
              uint64_t n, uint64_t all)
{
    int err = check_in_file(job, offset, n);

    if (!err)
        err = load_fits(job, gpa, all);
    if (!err && !places_take(job->places, gpa, all))
        err = load_refuse(job, -ENOEXEC, "has too many parts to load");
    if (!err)
        err = load_copy(job, offset, gpa, n);
    if (!err && mem_zero(job->mem, gpa + n, all - n) < 0)
        err = load_refuse(job, -ENOMEM, "cannot clear what follows its bytes");
    return err;
}

int load_copy(const struct load_job *job, uint64_t offset, uint64_t gpa,
              uint64_t n)
{
    struct mem_span to = {.at = NULL};
    ssize_t got = 0;

    if (n && mem_span(job->mem, gpa, n, &to))
        got = file_read(job->fd, to.at, to.n, offset);

    if (got < 0)
        return load_refuse(job, (int)got, "cannot read it: %s",
                           strerror((int)-got));
    if ((uint64_t)got < n)
        return load_refuse(job, -EIO,
                           "it became shorter while being read: try again");
    return 0;
}

uint64_t load_top(const struct load_job *job)
{
    uint64_t end = mem_low_end(job->mem);

    return end > IMAGE_TOP_ROOM ? end - IMAGE_TOP_ROOM : 0;
}

uint16_t load_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

uint32_t load_u32(const uint8_t *at)
{
    return load_u16(at) | (uint32_t)load_u16(at + 2) << 16;
}

uint64_t load_u64(const uint8_t *at)
{
    return load_u32(at) | (uint64_t)load_u32(at + 4) << 32;
}

bool load_is_elf(const struct load_job *job)
{
    return job->head->n >= 4 && memcmp(job->head->bytes, "\177ELF", 4) == 0;
}

bool load_has_boot_mark(const struct load_job *job)
{
    const struct load_head *head = job->head;

    return head->n == DISK_SECTOR && head->bytes[DISK_SECTOR - 2] == 0x55 &&
           head->bytes[DISK_SECTOR - 1] == 0xaa;
}

bool load_is_told(const struct load_job *job)
{
    const struct load_options *options = job->options;

    return options->has_load_addr || options->has_entry ||
           options->mode != CPU_MODE_AUTO;
}
