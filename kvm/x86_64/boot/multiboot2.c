/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/boot/multiboot2.h"

#include <string.h>

#include "kvm/x86_64/boot/acpi.h"
#include "kvm/x86_64/boot/bios.h"
#include "kvm/x86_64/boot/memory_map.h"

/* Multiboot Specification 2.0, 3.6. Addresses are physical. */
enum tag_type {
    TAG_END = 0,
    TAG_COMMAND_LINE = 1,
    TAG_LOADER_NAME = 2,
    TAG_MODULE = 3,
    TAG_MEMORY = 4,
    TAG_MAP = 6,
    TAG_FRAMEBUFFER = 8,
    TAG_SECTIONS = 9,
    TAG_OLD_RSDP = 14,
    TAG_NEW_RSDP = 15,
    TAG_LOAD_BASE = 21,
};

enum { ALIGN = 8, FRAMEBUFFER_TEXT = 2 };

/* A tag that is being written: its size is known at its end. */
struct open_tag {
    uint64_t at;
    uint32_t type;
};

static struct open_tag multiboot2_begin(struct info *info, enum tag_type type)
{
    return (struct open_tag){info_reserve(info, 8, ALIGN), type};
}

static void multiboot2_end(struct info *info, const struct open_tag *tag)
{
    const uint32_t head[] = {tag->type, (uint32_t)(info->at - tag->at)};

    info_fill(info, tag->at, head, sizeof head);
}

static void put_tag(struct info *info, enum tag_type type, const void *content,
                    size_t n)
{
    struct open_tag tag = multiboot2_begin(info, type);

    (void)info_put(info, content, n, 1);
    multiboot2_end(info, &tag);
}

static void put_texts(struct info *info, const struct image_boot *boot)
{
    struct open_tag tag = multiboot2_begin(info, TAG_COMMAND_LINE);

    (void)info_put_command_line(info, boot);
    multiboot2_end(info, &tag);
    put_tag(info, TAG_LOADER_NAME, INFO_LOADER_NAME, sizeof INFO_LOADER_NAME);
}

static void put_module(struct info *info, const struct image_module *module)
{
    const uint32_t range[] = {(uint32_t)module->start,
                              (uint32_t)(module->start + module->size)};
    struct open_tag tag = multiboot2_begin(info, TAG_MODULE);

    (void)info_put(info, range, sizeof range, 1);
    (void)info_put_text(info, module->text);
    multiboot2_end(info, &tag);
}

struct map_entry {
    uint64_t base, length;
    uint32_t type, reserved;
};

static void multiboot2_put_memory(struct info *info)
{
    const uint32_t kib[] = {(uint32_t)(x86_base_memory(info->mem) >> 10),
                            (uint32_t)(x86_extended_memory(info->mem) >> 10)};
    const uint32_t form[] = {sizeof(struct map_entry), 0}; /* its version */
    struct x86_range map[X86_RANGES_MAX];
    size_t n = x86_memory_map(info->mem, map);
    struct open_tag tag;

    put_tag(info, TAG_MEMORY, kib, sizeof kib);
    tag = multiboot2_begin(info, TAG_MAP);
    (void)info_put(info, form, sizeof form, 1);
    for (size_t i = 0; i < n; i++) {
        const struct map_entry entry = {map[i].start, map[i].size, map[i].type,
                                        0};

        (void)info_put(info, &entry, sizeof entry, 1);
    }
    multiboot2_end(info, &tag);
}

/* The BIOS has left its text mode on. */
static void multiboot2_put_screen(struct info *info)
{
    const struct {
        uint64_t address;
        uint32_t pitch, width, height;
        uint8_t bits, type;
        uint16_t reserved;
    } screen = {BIOS_TEXT_GPA,
                BIOS_COLUMNS * 2,
                BIOS_COLUMNS,
                BIOS_LINES,
                16,
                FRAMEBUFFER_TEXT,
                0};

    put_tag(info, TAG_FRAMEBUFFER, &screen, sizeof screen);
}

/* Numbers of 32 bits, as in the specification's multiboot2.h (4.1), which
 * kernels include, and in GRUB; the drawing in 3.6.8 has 16. */
static void put_sections(struct info *info,
                         const struct image_sections *sections)
{
    const uint32_t numbers[] = {sections->n, sections->entry_size,
                                sections->names};
    size_t n = (size_t)sections->n * sections->entry_size;
    struct open_tag tag;
    struct mem_span from;
    uint64_t to;

    if (!n || !mem_span(info->mem, sections->at, n, &from))
        return;
    tag = multiboot2_begin(info, TAG_SECTIONS);
    (void)info_put(info, numbers, sizeof numbers, 1);
    to = info_reserve(info, n, 1);
    info_fill(info, to, from.at, from.n < n ? from.n : n);
    multiboot2_end(info, &tag);
}

/* Copies ("ACPI old RSDP", "ACPI new RSDP"). */
static void put_rsdp(struct info *info, uint64_t rsdp)
{
    uint8_t copy[X86_RSDP_SIZE];

    if (!rsdp || mem_read(info->mem, rsdp, copy, sizeof copy) < 0)
        return;
    put_tag(info, TAG_OLD_RSDP, copy, X86_RSDP_OLD_SIZE);
    put_tag(info, TAG_NEW_RSDP, copy, X86_RSDP_SIZE);
}

static void put_base(struct info *info, uint64_t base)
{
    const uint32_t address = (uint32_t)base;

    put_tag(info, TAG_LOAD_BASE, &address, sizeof address);
}

uint64_t x86_put_multiboot2(struct info *info, const struct image_boot *boot)
{
    uint32_t head[] = {0, 0}; /* the size of all, reserved */
    uint64_t at = info_reserve(info, sizeof head, ALIGN);

    put_texts(info, boot);
    for (unsigned i = 0; i < boot->n_modules; i++)
        put_module(info, &boot->module[i]);
    multiboot2_put_memory(info);
    multiboot2_put_screen(info);
    put_sections(info, &boot->sections);
    put_rsdp(info, boot->tables);
    if (boot->is_relocatable)
        put_base(info, boot->base);
    put_tag(info, TAG_END, NULL, 0);
    head[0] = (uint32_t)(info->at - at);
    info_fill(info, at, head, sizeof head);
    return at;
}
