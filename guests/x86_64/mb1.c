/* SPDX-License-Identifier: MIT */
/*
 * Says what its boot loader told it: command line, memory, modules and their
 * content. The exit status is the number of the check that failed, or 0.
 */
#include <stdint.h>

#include "guests/include/guest.h"

enum { LOADER_MAGIC = 0x2badb002, FLAG_FRAMEBUFFER = 1 << 12 };

/* Memory, command line, modules, map, loader's name (3.3). */
enum { WANTED = 1 << 0 | 1 << 2 | 1 << 3 | 1 << 6 | 1 << 9 };

struct info {
    uint32_t flags, mem_lower, mem_upper, boot_device;
    const char *cmdline;
    uint32_t mods_count;
    const struct module *mods;
    uint32_t syms[4];
    uint32_t mmap_length, mmap_addr;
    uint32_t drives_length, drives_addr, config_table;
    const char *boot_loader_name;
};

struct module {
    const char *start, *end, *text;
    uint32_t reserved;
};

struct range {
    uint32_t size;
    uint64_t base, length;
    uint32_t type;
} __attribute__((packed));

unsigned cleared[64]; /* .bss, which the loader clears */
unsigned set = 7;     /* .data */

static void print_line(const char *what, const char *text)
{
    guest_print(what);
    guest_print(text);
    guest_print("\n");
}

static void print_memory(const struct info *info)
{
    guest_print("memory: ");
    guest_print_number(info->mem_lower);
    guest_print(" KiB and ");
    guest_print_number(info->mem_upper);
    guest_print(" KiB\n");
}

/* The next entry is size bytes behind the field of that name. */
static void print_map(const struct info *info)
{
    uint32_t at = info->mmap_addr;

    while (at < info->mmap_addr + info->mmap_length) {
        const struct range *range = (const struct range *)at;

        guest_print_hex(range->base);
        guest_print(" + ");
        guest_print_hex(range->length);
        guest_print(range->type == 1 ? ": RAM\n" : ": reserved\n");
        at += range->size + sizeof range->size;
    }
}

static void print_module(const struct module *module)
{
    char text[2];

    text[1] = '\0';
    print_line("module: ", module->text);
    for (const char *at = module->start; at < module->end; at++) {
        text[0] = *at;
        guest_print(text);
    }
}

static int check_modules(const struct info *info)
{
    for (uint32_t i = 0; i < info->mods_count; i++)
        if ((uint32_t)info->mods[i].start % 4096 ||
            info->mods[i].start < (const char *)&cleared[64])
            return 5;
    return 0;
}

static int check_image(void)
{
    for (unsigned i = 0; i < 64; i++)
        if (cleared[i])
            return 3;
    return set == 7 ? 0 : 4;
}

int check_all(uint32_t magic, const struct info *info)
{
    int failed;

    if (magic != LOADER_MAGIC)
        return 1;
    if ((info->flags & WANTED) != WANTED)
        return 2;
    failed = check_image();
    return failed ? failed : check_modules(info);
}

int start(uint32_t magic, const struct info *info)
{
    int failed = check_all(magic, info);

    if (failed)
        return failed;
    print_line("loader: ", info->boot_loader_name);
    print_line("command line: ", info->cmdline);
    print_memory(info);
    print_map(info);
    for (uint32_t i = 0; i < info->mods_count; i++)
        print_module(&info->mods[i]);
    return 0;
}
