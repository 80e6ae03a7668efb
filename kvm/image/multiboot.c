/* SPDX-License-Identifier: MIT */
#include "kvm/image/multiboot.h"

#include <errno.h>

#include "kvm/image/multiboot_header.h"

/* Multiboot Specification 0.6.96, 3.1. */
#define HEADER_MAGIC UINT32_C(0x1badb002)
enum {
    SEARCH = 8192, /* the header lies in so many bytes, at a multiple of 4 */
    HEADER_WORDS = 3,
    HEADER_ADDRESSES = 32, /* with the address fields */

    REQUIRED = 0xffff, /* flags that must be heeded */
    ALIGN_MODULES = 1 << 0,
    MEMORY_INFO = 1 << 1,
    VIDEO_MODE = 1 << 2, /* a preference: text is what there is (3.1.4) */
    UNDERSTOOD = ALIGN_MODULES | MEMORY_INFO | VIDEO_MODE,
    HAS_ADDRESSES = 1 << 16,
};

struct header {
    uint32_t flags;
    bool is_cut;              /* before the addresses end */
    struct load_addresses at; /* with HAS_ADDRESSES */
};

static struct header header_at(const uint8_t *bytes, size_t offset, size_t n)
{
    const uint8_t *at = bytes + offset;
    struct header header = {.flags = load_u32(at + 4),
                            .is_cut = n - offset < HEADER_ADDRESSES};

    if (!header.is_cut)
        header.at = (struct load_addresses){.offset = offset,
                                            .header_addr = load_u32(at + 12),
                                            .load_addr = load_u32(at + 16),
                                            .load_end = load_u32(at + 20),
                                            .bss_end = load_u32(at + 24),
                                            .entry = load_u32(at + 28)};
    return header;
}

static int multiboot_read_header(const struct load_job *job, struct header *ret)
{
    static const struct multiboot_magic magic = {HEADER_MAGIC, HEADER_WORDS, 4,
                                                 SEARCH};
    uint8_t bytes[SEARCH];
    size_t n;
    size_t at;
    int err = multiboot_find_header(job, &magic, bytes, &n, &at);

    if (!err)
        *ret = header_at(bytes, at, n);
    return err;
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

static int load_by_header(const struct load_job *job,
                          const struct header *header, struct image *ret)
{
    if (header->is_cut)
        return load_refuse(job, -ENOEXEC,
                           "its multiboot header is cut short, or ends behind "
                           "the first %d bytes: build or copy it again",
                           SEARCH);
    return load_by_addresses(job, &header->at, ret);
}

int load_multiboot(const struct load_job *job, struct image *ret)
{
    static const struct elf_start start = {.wants_sections = true};
    struct header header;
    int err = multiboot_read_header(job, &header);

    if (!err)
        err = check_flags(job, &header);
    if (err)
        return err;
    err = header.flags & HAS_ADDRESSES
              ? load_by_header(job, &header, ret)
              : multiboot_load_elf(job, &start, "multiboot",
                                   "set flag 16 and the addresses", ret);
    ret->boot.protocol = BOOT_MULTIBOOT;
    return err;
}
