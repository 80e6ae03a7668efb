/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/boot/multiboot.h"

#include "kvm/x86_64/boot/bios.h"
#include "kvm/x86_64/boot/memory_map.h"

/* Multiboot Specification 0.6.96, 3.3: which fields are valid. */
enum {
    HAS_MEMORY = 1 << 0,
    HAS_COMMAND_LINE = 1 << 2,
    HAS_MODULES = 1 << 3,
    HAS_SECTIONS = 1 << 5,
    HAS_MAP = 1 << 6,
    HAS_LOADER_NAME = 1 << 9,
    HAS_FRAMEBUFFER = 1 << 12,
};

/* Addresses are physical, memory is in KiB. */
struct multiboot_info {
    uint32_t flags;
    uint32_t mem_lower, mem_upper;
    uint32_t boot_device;
    uint32_t cmdline;
    uint32_t mods_count, mods_addr;
    uint32_t sections_num, sections_size, sections_addr, sections_shndx;
    uint32_t mmap_length, mmap_addr;
    uint32_t drives_length, drives_addr;
    uint32_t config_table;
    uint32_t boot_loader_name;
    uint32_t apm_table;
    uint32_t vbe[4];
    uint32_t framebuffer_addr[2];
    uint32_t framebuffer_pitch, framebuffer_width, framebuffer_height;
    uint8_t framebuffer_bpp, framebuffer_type;
    uint8_t color_info[6];
};

_Static_assert(sizeof(struct multiboot_info) == 116, "0.6.96, 3.3");

struct multiboot_module {
    uint32_t start, end, text, reserved;
};

/* size counts what follows it, and is at -4 of what the field is named for. */
struct multiboot_range {
    uint32_t size;
    uint32_t base[2], length[2];
    uint32_t type;
};

enum { FRAMEBUFFER_TEXT = 2 };

static uint32_t low_half(uint64_t value)
{
    return (uint32_t)value;
}

static uint32_t high_half(uint64_t value)
{
    return (uint32_t)(value >> 32);
}

static uint32_t kib(uint64_t bytes)
{
    return (uint32_t)(bytes >> 10);
}

static void tell_memory(struct info *info, struct multiboot_info *mb)
{
    const struct guest_mem *mem = info->mem;
    struct x86_range map[X86_RANGES_MAX];
    size_t n = x86_memory_map(mem, map);
    struct multiboot_range ranges[X86_RANGES_MAX];

    for (size_t i = 0; i < n; i++)
        ranges[i] = (struct multiboot_range){
            .size = sizeof ranges[i] - sizeof ranges[i].size,
            .base = {low_half(map[i].start), high_half(map[i].start)},
            .length = {low_half(map[i].size), high_half(map[i].size)},
            .type = map[i].type};
    mb->flags |= HAS_MEMORY | HAS_MAP;
    mb->mem_lower = kib(x86_base_memory(mem));
    mb->mem_upper = kib(x86_extended_memory(mem));
    mb->mmap_length = (uint32_t)(n * sizeof ranges[0]);
    mb->mmap_addr = low_half(info_put(info, ranges, n * sizeof ranges[0], 4));
}

static void tell_modules(const struct image_boot *boot, struct info *info,
                         struct multiboot_info *mb)
{
    struct multiboot_module modules[IMAGE_MODULES_MAX];

    for (unsigned i = 0; i < boot->n_modules; i++) {
        const struct image_module *from = &boot->module[i];

        modules[i] = (struct multiboot_module){
            .start = low_half(from->start),
            .end = low_half(from->start + from->size),
            .text = low_half(info_put_text(info, from->text))};
    }
    mb->flags |= HAS_MODULES;
    mb->mods_count = boot->n_modules;
    mb->mods_addr =
        low_half(info_put(info, modules, boot->n_modules * sizeof *modules, 4));
}

static void tell_sections(const struct image_sections *sections,
                          struct multiboot_info *mb)
{
    if (!sections->n)
        return;
    mb->flags |= HAS_SECTIONS;
    mb->sections_num = sections->n;
    mb->sections_size = sections->entry_size;
    mb->sections_addr = low_half(sections->at);
    mb->sections_shndx = sections->names;
}

/* The BIOS has left its text mode on (its data area says so, too). */
static void tell_screen(struct multiboot_info *mb)
{
    mb->flags |= HAS_FRAMEBUFFER;
    mb->framebuffer_addr[0] = BIOS_TEXT_GPA;
    mb->framebuffer_pitch = BIOS_COLUMNS * 2;
    mb->framebuffer_width = BIOS_COLUMNS;
    mb->framebuffer_height = BIOS_LINES;
    mb->framebuffer_bpp = 16;
    mb->framebuffer_type = FRAMEBUFFER_TEXT;
}

uint64_t x86_put_multiboot(struct info *info, const struct image_boot *boot)
{
    struct multiboot_info mb = {.flags = HAS_COMMAND_LINE | HAS_LOADER_NAME};
    uint64_t at = info_reserve(info, sizeof mb, 4);

    tell_memory(info, &mb);
    tell_modules(boot, info, &mb);
    tell_sections(&boot->sections, &mb);
    tell_screen(&mb);
    mb.cmdline = low_half(info_put_command_line(info, boot));
    mb.boot_loader_name = low_half(info_put_text(info, INFO_LOADER_NAME));
    info_fill(info, at, &mb, sizeof mb);
    return at;
}
