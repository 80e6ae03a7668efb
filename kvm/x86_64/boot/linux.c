/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/boot/linux.h"

#include <string.h>

#include <asm/bootparam.h>

#include "kvm/x86_64/boot/bios.h"
#include "kvm/x86_64/boot/memory_map.h"

enum {
    BOOT_FLAG = 0xaa55,
    MAGIC = 0x53726448, /* "HdrS" */
    LOADER_UNDEFINED = 0xff,
    NORMAL_VIDEO = 0xffff,
    VGA_COLOR = 1, /* the kernel's VIDEO_TYPE_VGAC is asked by isVGA */
    FONT_LINES = 16,
};

static void put_header(const struct image_linux *linux,
                       struct boot_params *params)
{
    struct setup_header *hdr = &params->hdr;

    memcpy((uint8_t *)params + offsetof(struct boot_params, hdr), linux->header,
           linux->n);
    if (!linux->n) { /* a vmlinux has none */
        hdr->boot_flag = BOOT_FLAG;
        hdr->header = MAGIC;
        hdr->kernel_alignment = 1 << 24;
    }
    hdr->type_of_loader = LOADER_UNDEFINED;
    hdr->vid_mode = NORMAL_VIDEO;
}

static void put_initrd(const struct image_boot *boot,
                       struct boot_params *params)
{
    if (!boot->n_modules)
        return;
    params->hdr.ramdisk_image = (uint32_t)boot->module[0].start;
    params->hdr.ramdisk_size = (uint32_t)boot->module[0].size;
}

/* The BIOS has left its text mode on. */
static void linux_put_screen(struct screen_info *screen)
{
    screen->orig_video_mode = BIOS_TEXT_MODE;
    screen->orig_video_cols = BIOS_COLUMNS;
    screen->orig_video_lines = BIOS_LINES;
    screen->orig_video_points = FONT_LINES;
    screen->orig_video_isVGA = VGA_COLOR;
}

static void linux_put_memory(const struct guest_mem *mem,
                             struct boot_params *params)
{
    struct x86_range map[X86_RANGES_MAX];
    size_t n = x86_memory_map(mem, map);

    for (size_t i = 0; i < n; i++)
        params->e820_table[i] =
            (struct boot_e820_entry){map[i].start, map[i].size, map[i].type};
    params->e820_entries = (uint8_t)n;
    params->alt_mem_k = (uint32_t)(x86_extended_memory(mem) >> 10);
}

uint64_t x86_put_linux(struct info *info, const struct image_boot *boot)
{
    struct boot_params params;
    uint64_t at = info_reserve(info, sizeof params, MEM_PAGE);

    memset(&params, 0, sizeof params);
    put_header(&boot->linux_setup, &params);
    params.acpi_rsdp_addr = boot->tables;
    put_initrd(boot, &params);
    linux_put_screen(&params.screen_info);
    linux_put_memory(info->mem, &params);
    params.hdr.cmd_line_ptr =
        (uint32_t)info_put_text(info, boot->append ? boot->append : "");
    info_fill(info, at, &params, sizeof params);
    return at;
}
