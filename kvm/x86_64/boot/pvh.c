/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/boot/pvh.h"

#include "kvm/x86_64/boot/memory_map.h"

/* Xen, xen/include/public/arch-x86/hvm/start_info.h. Addresses are physical; 0
 * is none. The types of memory are those of ACPI. */
enum { MAGIC = 0x336ec578, VERSION = 1 };

struct start_info {
    uint32_t magic, version, flags, n_modules;
    uint64_t modules, command_line, rsdp, map;
    uint32_t n_ranges, reserved;
};

struct module {
    uint64_t start, size, text, reserved;
};

struct range {
    uint64_t start, size;
    uint32_t type, reserved;
};

_Static_assert(sizeof(struct start_info) == 56, "start_info.h");

static void put_modules(struct info *info, const struct image_boot *boot,
                        struct start_info *start)
{
    struct module modules[IMAGE_MODULES_MAX];

    for (unsigned i = 0; i < boot->n_modules; i++) {
        const struct image_module *from = &boot->module[i];

        modules[i] = (struct module){from->start, from->size,
                                     info_put_text(info, from->text), 0};
    }
    start->n_modules = boot->n_modules;
    if (boot->n_modules)
        start->modules =
            info_put(info, modules, boot->n_modules * sizeof *modules, 8);
}

static void pvh_put_memory(struct info *info, struct start_info *start)
{
    struct x86_range map[X86_RANGES_MAX];
    size_t n = x86_memory_map(info->mem, map);
    struct range ranges[X86_RANGES_MAX];

    for (size_t i = 0; i < n; i++)
        ranges[i] = (struct range){map[i].start, map[i].size, map[i].type, 0};
    start->n_ranges = (uint32_t)n;
    start->map = info_put(info, ranges, n * sizeof *ranges, 8);
}

uint64_t x86_put_pvh(struct info *info, const struct image_boot *boot)
{
    struct start_info start = {.magic = MAGIC, .version = VERSION};
    uint64_t at = info_reserve(info, sizeof start, 8);

    start.rsdp = boot->tables;
    put_modules(info, boot, &start);
    pvh_put_memory(info, &start);
    /* By this protocol no name is at its front: Linux takes all of it. */
    start.command_line = info_put_text(info, boot->append ? boot->append : "");
    info_fill(info, at, &start, sizeof start);
    return at;
}
