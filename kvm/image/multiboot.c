/* SPDX-License-Identifier: MIT */
#include "kvm/image/multiboot.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "kvm/core/file.h"
#include "kvm/image/elf.h"

/* Multiboot Specification 0.6.96, 3.1. */
#define HEADER_MAGIC UINT32_C(0x1badb002)
enum {
    SEARCH = 8192, /* the header lies in so many bytes, at a multiple of 4 */
    HEADER = 12,
    HEADER_ADDRESSES = 32, /* with the address fields */

    REQUIRED = 0xffff, /* flags that must be heeded */
    ALIGN_MODULES = 1 << 0,
    MEMORY_INFO = 1 << 1,
    VIDEO_MODE = 1 << 2, /* a preference: text is what there is (3.1.4) */
    UNDERSTOOD = ALIGN_MODULES | MEMORY_INFO | VIDEO_MODE,
    HAS_ADDRESSES = 1 << 16,
};

struct header {
    uint64_t offset; /* in the file */
    uint32_t flags;
    bool is_cut; /* before the addresses end */
    /* With HAS_ADDRESSES: gpa. */
    uint32_t header_addr, load_addr, load_end, bss_end, entry;
};

static bool is_header(const uint8_t *at)
{
    return load_u32(at) == HEADER_MAGIC &&
           load_u32(at) + load_u32(at + 4) + load_u32(at + 8) == 0;
}

static struct header header_at(const uint8_t *bytes, size_t offset, size_t n)
{
    const uint8_t *at = bytes + offset;
    struct header header = {.offset = offset, .flags = load_u32(at + 4)};

    header.is_cut = n - offset < HEADER_ADDRESSES;
    if (header.is_cut)
        return header;
    header.header_addr = load_u32(at + 12);
    header.load_addr = load_u32(at + 16);
    header.load_end = load_u32(at + 20);
    header.bss_end = load_u32(at + 24);
    header.entry = load_u32(at + 28);
    return header;
}

static int find_header(const struct load_job *job, struct header *ret)
{
    uint8_t bytes[SEARCH];
    ssize_t got = file_read(job->fd, bytes, sizeof bytes, 0);

    if (got < 0)
        return load_refuse(job, (int)got, "cannot read it: %s",
                           strerror((int)-got));
    for (size_t at = 0; at + HEADER <= (size_t)got; at += 4)
        if (is_header(bytes + at)) {
            *ret = header_at(bytes, at, (size_t)got);
            return 0;
        }
    return LOAD_NOT_MINE;
}

/* 3.1.2: who does not understand a flag of the lower half must not go on. */
static int check_flags(const struct load_job *job, const struct header *header)
{
    uint32_t unknown = header->flags & REQUIRED & ~(uint32_t)UNDERSTOOD;

    if (!unknown)
        return 0;
    return load_refuse(job, -ENOEXEC,
                       "its multiboot header requires what there is none of "
                       "(flags %#x): clear them",
                       unknown);
}

/* --- addresses in the header --- */

static int wrong_addresses(const struct load_job *job, const char *what)
{
    return load_refuse(job, -ENOEXEC,
                       "the addresses in its multiboot header make no sense, "
                       "%s: correct them, or drop flag 16 and link it as ELF",
                       what);
}

/* What is to be loaded, and what is to be cleared behind it. */
struct range {
    uint64_t offset, gpa, n, all;
};

/* 3.1.3; an end of 0 is that of the file, a bss end of 0 no bss. */
static int find_range(const struct load_job *job, const struct header *header,
                      struct range *ret)
{
    uint64_t before = (uint64_t)header->header_addr - header->load_addr;

    if (header->load_addr > header->header_addr || before > header->offset)
        return wrong_addresses(job, "the file begins behind load_addr");
    if (header->load_end && header->load_end <= header->load_addr)
        return wrong_addresses(job, "load_end_addr is not above load_addr");
    ret->gpa = header->load_addr;
    ret->offset = header->offset - before;
    ret->n = header->load_end ? header->load_end - header->load_addr
                              : job->size - ret->offset;
    ret->all = ret->n;
    if (!header->bss_end)
        return 0;
    if (header->bss_end < ret->gpa + ret->n)
        return wrong_addresses(job, "bss_end_addr is below what is loaded");
    ret->all = header->bss_end - ret->gpa;
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

static int load_by_addresses(const struct load_job *job,
                             const struct header *header, struct image *ret)
{
    struct range range = {0};
    int err;

    if (header->is_cut)
        return load_refuse(job, -ENOEXEC,
                           "its multiboot header is cut short, or ends behind "
                           "the first %d bytes: build or copy it again",
                           SEARCH);
    err = find_range(job, header, &range);
    if (!err)
        err = load_take(job, range.offset, range.gpa, range.n, range.all);
    if (err)
        return err;
    *ret = (struct image){.kind = kind_of(job),
                          .entry = header->entry,
                          .low = range.gpa,
                          .high = range.gpa + range.all,
                          .low_end = range.gpa + range.all};
    return 0;
}

/* --- the file --- */

static int load_as_elf(const struct load_job *job, struct image *ret)
{
    const struct elf_start start = {.has_entry = false};

    if (load_is_elf(job))
        return load_elf(job, &start, ret);
    return load_refuse(job, -ENOEXEC,
                       "has a multiboot header, but is no ELF file and does "
                       "not say where it goes: link it as ELF, or set flag 16 "
                       "and the addresses");
}

int load_multiboot(const struct load_job *job, struct image *ret)
{
    struct header header;
    int err;

    /* GRUB's own core image has such a header, in each disk that boots it. */
    if (!load_is_elf(job) && load_has_boot_mark(job))
        return LOAD_NOT_MINE;
    err = find_header(job, &header);
    if (!err)
        err = check_flags(job, &header);
    if (err)
        return err;
    err = header.flags & HAS_ADDRESSES ? load_by_addresses(job, &header, ret)
                                       : load_as_elf(job, ret);
    ret->boot.protocol = BOOT_MULTIBOOT;
    return err;
}
