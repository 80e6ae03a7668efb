/* SPDX-License-Identifier: MIT */
#include "kvm/image/multiboot2.h"

#include <errno.h>

#include "kvm/image/multiboot_header.h"

/* Multiboot Specification 2.0, 3.1. */
#define HEADER_MAGIC UINT32_C(0xe85250d6)
enum {
    SEARCH = 32768, /* the header lies in so many bytes, at a multiple of 8 */
    HEADER = 16,
    ARCHITECTURE_I386 = 0,
};

/* 3.1.4 and following. */
enum tag_type {
    TAG_END = 0,
    TAG_INFORMATION = 1,
    TAG_ADDRESS = 2,
    TAG_ENTRY = 3,
    TAG_CONSOLE = 4,
    TAG_FRAMEBUFFER = 5,
    TAG_MODULE_ALIGN = 6,
    TAG_EFI_BOOT_SERVICES = 7,
    TAG_EFI_ENTRY_32 = 8,
    TAG_EFI_ENTRY_64 = 9,
    TAG_RELOCATABLE = 10,
};

enum { TAG_OPTIONAL = 1 << 0, TAG_HEADER = 8 };
enum { CONSOLE_REQUIRED = 1 << 0, CONSOLE_TEXT = 1 << 1 };
enum { INFO_TYPE_LAST = 21 }; /* 3.6: the last that the specification has */

struct header {
    bool has_addresses, has_entry, is_relocatable, loads_from_start;
    struct load_addresses at;
};

/* One tag; its content is what its size says, and is there. */
struct tag {
    uint16_t type, flags;
    const uint8_t *content;
    size_t n;
};

static int wrong_tag(const struct load_job *job, const struct tag *tag,
                     const char *what)
{
    return load_refuse(job, -ENOEXEC,
                       "the tag of type %u in its multiboot 2 header %s: "
                       "correct it",
                       tag->type, what);
}

/* --- tags --- */

/* 3.1.6: a type that the specification knows may be asked for, also where there
 * is nothing of the kind to tell. */
static int take_request(const struct load_job *job, const struct tag *tag)
{
    for (size_t at = 0; at + 4 <= tag->n; at += 4)
        if (load_u32(tag->content + at) > INFO_TYPE_LAST)
            return wrong_tag(job, tag, "asks for what is not known");
    return 0;
}

static int take_addresses(const struct tag *tag, struct header *header)
{
    header->has_addresses = true;
    header->at.header_addr = load_u32(tag->content);
    header->at.load_addr = load_u32(tag->content + 4);
    header->at.load_end = load_u32(tag->content + 8);
    header->at.bss_end = load_u32(tag->content + 12);
    header->loads_from_start = header->at.load_addr == UINT32_MAX;
    return 0;
}

static int take_entry(const struct tag *tag, struct header *header)
{
    header->has_entry = true;
    header->at.entry = load_u32(tag->content);
    return 0;
}

/* Text is the console that there is. */
static int take_console(const struct load_job *job, const struct tag *tag)
{
    uint32_t flags = load_u32(tag->content);

    if (flags & CONSOLE_REQUIRED && !(flags & CONSOLE_TEXT))
        return wrong_tag(job, tag,
                         "requires a frame buffer, and the screen is one of "
                         "text");
    return 0;
}

/* How much each has at least; what is not here is not known. */
static int content_of(uint16_t type)
{
    static const uint8_t least[] = {
        [TAG_INFORMATION] = 0,
        [TAG_ADDRESS] = 16,
        [TAG_ENTRY] = 4,
        [TAG_CONSOLE] = 4,
        [TAG_FRAMEBUFFER] = 0,
        [TAG_MODULE_ALIGN] = 0,
        [TAG_EFI_BOOT_SERVICES] = 0,
        [TAG_EFI_ENTRY_32] = 0,
        [TAG_EFI_ENTRY_64] = 0,
        [TAG_RELOCATABLE] = 0,
    };

    return type < sizeof least / sizeof *least ? least[type] : -1;
}

/* EFI's entries are for EFI; modules are on pages anyway; a preferred mode is
 * no requirement (3.1.10). An image that may go elsewhere may stay. */
static int take_known(const struct load_job *job, const struct tag *tag,
                      struct header *header)
{
    switch (tag->type) {
    case TAG_INFORMATION:
        return take_request(job, tag);
    case TAG_ADDRESS:
        return take_addresses(tag, header);
    case TAG_ENTRY:
        return take_entry(tag, header);
    case TAG_CONSOLE:
        return take_console(job, tag);
    case TAG_RELOCATABLE:
        header->is_relocatable = true;
        return 0;
    default:
        return 0;
    }
}

static int take_tag(const struct load_job *job, const struct tag *tag,
                    struct header *header)
{
    int least = content_of(tag->type);

    if (least < 0 && tag->flags & TAG_OPTIONAL)
        return 0;
    if (least < 0)
        return wrong_tag(job, tag, "is required, and not known");
    if (tag->n < (size_t)least)
        return wrong_tag(job, tag, "is too short");
    if (tag->type == TAG_INFORMATION && tag->flags & TAG_OPTIONAL)
        return 0;
    return take_known(job, tag, header);
}

/* n bytes of tags, each at a multiple of 8. */
static int take_tags(const struct load_job *job, const uint8_t *tags, size_t n,
                     struct header *header)
{
    int err = 0;

    for (size_t at = 0; !err && n - at >= TAG_HEADER;) {
        struct tag tag = {load_u16(tags + at), load_u16(tags + at + 2),
                          tags + at + TAG_HEADER, 0};
        uint32_t size = load_u32(tags + at + 4);

        if (tag.type == TAG_END)
            return 0;
        if (size < TAG_HEADER || size > n - at)
            return wrong_tag(job, &tag, "does not end within it");
        tag.n = size - TAG_HEADER;
        err = take_tag(job, &tag, header);
        at += (size + 7U) / 8 * 8;
        if (at > n)
            break;
    }
    return err ? err
               : load_refuse(job, -ENOEXEC,
                             "its multiboot 2 header has no end tag: build or "
                             "copy it again");
}

/* --- the header --- */

static int multiboot2_read_header(const struct load_job *job,
                                  const uint8_t *bytes, size_t offset, size_t n,
                                  struct header *ret)
{
    const uint8_t *at = bytes + offset;
    uint32_t length = load_u32(at + 8);

    if (load_u32(at + 4) != ARCHITECTURE_I386)
        return load_refuse(job, -ENOEXEC,
                           "its multiboot 2 header is for another CPU (%u): "
                           "build it for i386 (0)",
                           load_u32(at + 4));
    if (length < HEADER || length > n - offset)
        return load_refuse(job, -ENOEXEC,
                           "its multiboot 2 header is cut short, or ends "
                           "behind the first %d bytes: build or copy it again",
                           SEARCH);
    *ret = (struct header){.at = {.offset = offset}};
    return take_tags(job, at + HEADER, length - HEADER, ret);
}

static int multiboot2_find_header(const struct load_job *job,
                                  struct header *ret)
{
    static const struct multiboot_magic magic = {HEADER_MAGIC, HEADER / 4, 8,
                                                 SEARCH};
    uint8_t bytes[SEARCH];
    size_t n;
    size_t at;
    int err = multiboot_find_header(job, &magic, bytes, &n, &at);

    return err ? err : multiboot2_read_header(job, bytes, at, n, ret);
}

/* --- the file --- */

/* 3.1.7: a load address of -1 is that of the file's first byte. */
static int load_by_tag(const struct load_job *job, struct header *header,
                       struct image *ret)
{
    struct load_addresses *at = &header->at;

    if (!header->has_entry)
        return load_refuse(job, -ENOEXEC,
                           "its multiboot 2 header has addresses, but no "
                           "entry address tag (3): add it");
    if (header->loads_from_start) {
        if (at->offset > at->header_addr)
            return load_refuse(job, -ENOEXEC,
                               "its multiboot 2 header is too far into the "
                               "file to be at %#x: correct header_addr",
                               at->header_addr);
        at->load_addr = at->header_addr - (uint32_t)at->offset;
    }
    return load_by_addresses(job, at, ret);
}

static int load_by_elf(const struct load_job *job, const struct header *header,
                       struct image *ret)
{
    const struct elf_start start = {header->has_entry, header->at.entry, true};

    return multiboot_load_elf(job, &start, "multiboot 2",
                              "add an address tag (2)", ret);
}

int load_multiboot2(const struct load_job *job, struct image *ret)
{
    struct header header;
    int err = multiboot2_find_header(job, &header);

    if (err)
        return err;
    err = header.has_addresses ? load_by_tag(job, &header, ret)
                               : load_by_elf(job, &header, ret);
    ret->boot.protocol = BOOT_MULTIBOOT2;
    ret->boot.is_relocatable = header.is_relocatable;
    ret->boot.base = ret->low;
    return err;
}
