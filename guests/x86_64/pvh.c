/* SPDX-License-Identifier: MIT */
/*
 * Says what it was told by Xen's PVH protocol: command line, memory, modules
 * and their content. The exit status is the number of the check that failed, or
 * 0.
 */
#include <stdint.h>

#include "guests/include/guest.h"

enum { MAGIC = 0x336ec578 };

/* Xen, xen/include/public/arch-x86/hvm/start_info.h */
struct module {
    const char *start;
    uint64_t size;
    const char *text;
    uint64_t reserved;
};

struct range {
    uint64_t base, length;
    uint32_t type, reserved;
};

struct info {
    uint32_t magic, version, flags, mods_count;
    const struct module *mods;
    const char *cmdline;
    uint64_t rsdp;
    const struct range *map;
    uint32_t ranges, reserved;
};

static void print_line(const char *what, const char *text)
{
    guest_print(what);
    guest_print(text);
    guest_print("\n");
}

static void print_range(const struct range *range)
{
    guest_print_hex(range->base);
    guest_print(" + ");
    guest_print_hex(range->length);
    guest_print(range->type == 1 ? ": RAM\n" : ": reserved\n");
}

static void print_module(const struct module *module)
{
    char text[2];

    text[1] = '\0';
    print_line("module: ", module->text);
    for (uint64_t i = 0; i < module->size; i++) {
        text[0] = module->start[i];
        guest_print(text);
    }
}

static int check_all(const struct info *info)
{
    if (info->magic != MAGIC)
        return 1;
    if (info->version < 1)
        return 2;
    if (!info->ranges || !info->map)
        return 3;
    return 0;
}

int start(const struct info *info)
{
    int failed = check_all(info);

    if (failed)
        return failed;
    print_line("command line: ", info->cmdline);
    for (uint32_t i = 0; i < info->ranges; i++)
        print_range(&info->map[i]);
    for (uint32_t i = 0; i < info->mods_count; i++)
        print_module(&info->mods[i]);
    return 0;
}
