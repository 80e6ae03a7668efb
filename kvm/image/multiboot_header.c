/* SPDX-License-Identifier: MIT */
#include "kvm/image/multiboot_header.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "kvm/core/file.h"

/* --- the header --- */

static bool is_multiboot(const struct multiboot_magic *magic, const uint8_t *at)
{
    uint32_t sum = 0;

    for (unsigned i = 0; i < magic->sum_of; i++)
        sum += load_u32(at + (size_t)4 * i);
    return load_u32(at) == magic->magic && !sum;
}

/* GRUB's own core image has such a header, in each disk that boots it. */
static bool is_boot_disk(const struct load_job *job)
{
    return !load_is_elf(job) && load_has_boot_mark(job);
}

int multiboot_find_header(const struct load_job *job,
                          const struct multiboot_magic *magic, uint8_t *bytes,
                          size_t *ret_n, size_t *ret_at)
{
    ssize_t got =
        is_boot_disk(job) ? 0 : file_read(job->fd, bytes, magic->within, 0);

    if (got < 0)
        return load_refuse(job, (int)got, "cannot read it: %s",
                           strerror((int)-got));
    *ret_n = (size_t)got;
    for (*ret_at = 0; *ret_at + (size_t)4 * magic->sum_of <= *ret_n;
         *ret_at += magic->align)
        if (is_multiboot(magic, bytes + *ret_at))
            return 0;
    return LOAD_NOT_MINE;
}

/* --- without addresses --- */

int multiboot_load_elf(const struct load_job *job,
                       const struct elf_start *start, const char *name,
                       const char *cure, struct image *ret)
{
    if (load_is_elf(job))
        return load_elf(job, start, ret);
    return load_refuse(job, -ENOEXEC,
                       "has a %s header, but is no ELF file and does not say "
                       "where it goes: link it as ELF, or %s",
                       name, cure);
}

/* --- by addresses --- */

static int wrong_addresses(const struct load_job *job, const char *what)
{
    return load_refuse(
        job, -ENOEXEC,
        "the addresses in its multiboot header make no sense, "
        "%s: correct them, or leave them away and link it as ELF",
        what);
}

/* What is to be loaded, and what is to be cleared behind it. */
struct range {
    uint64_t offset, gpa, n, all;
};

/* 3.1.3; an end of 0 is that of the file, a bss end of 0 no bss. */
static int find_range(const struct load_job *job,
                      const struct load_addresses *at, struct range *ret)
{
    uint64_t before = (uint64_t)at->header_addr - at->load_addr;

    if (at->load_addr > at->header_addr || before > at->offset)
        return wrong_addresses(job, "the file begins behind load_addr");
    if (at->load_end && at->load_end <= at->load_addr)
        return wrong_addresses(job, "load_end_addr is not above load_addr");
    ret->gpa = at->load_addr;
    ret->offset = at->offset - before;
    ret->n =
        at->load_end ? at->load_end - at->load_addr : job->size - ret->offset;
    ret->all = ret->n;
    if (!at->bss_end)
        return 0;
    if (at->bss_end < ret->gpa + ret->n)
        return wrong_addresses(job, "bss_end_addr is below what is loaded");
    ret->all = at->bss_end - ret->gpa;
    return 0;
}

static enum image_kind kind_of(const struct load_job *job)
{
    if (!load_is_elf(job))
        return IMAGE_FLAT;
    return job->head->n > EI_CLASS && job->head->bytes[EI_CLASS] == ELFCLASS64
               ? IMAGE_ELF64
               : IMAGE_ELF32;
}

int load_by_addresses(const struct load_job *job,
                      const struct load_addresses *at, struct image *ret)
{
    struct range range = {0};
    int err = find_range(job, at, &range);

    if (!err)
        err = load_take(job, range.offset, range.gpa, range.n, range.all);
    if (err)
        return err;
    *ret = (struct image){.kind = kind_of(job),
                          .entry = at->entry,
                          .low = range.gpa,
                          .high = range.gpa + range.all,
                          .low_end = range.gpa + range.all};
    return 0;
}
