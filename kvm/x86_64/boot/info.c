/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/boot/info.h"

#include <string.h>

struct info info_begin(const struct guest_mem *mem,
                       const struct image_boot *boot)
{
    return (struct info){
        .mem = mem, .at = boot->info, .end = boot->info + boot->info_size};
}

uint64_t info_reserve(struct info *info, size_t n, size_t align)
{
    uint64_t at = (info->at + align - 1) & ~(uint64_t)(align - 1);

    if (at > info->end || n > info->end - at) {
        info->is_full = true;
        return info->end;
    }
    info->at = at + n;
    return at;
}

void info_fill(struct info *info, uint64_t at, const void *bytes, size_t n)
{
    if (n && !info->is_full && mem_write(info->mem, at, bytes, n) < 0)
        info->is_full = true;
}

uint64_t info_put(struct info *info, const void *bytes, size_t n, size_t align)
{
    uint64_t at = info_reserve(info, n, align);

    info_fill(info, at, bytes, n);
    return at;
}

uint64_t info_put_text(struct info *info, const char *text)
{
    return info_put(info, text, strlen(text) + 1, 1);
}

uint64_t info_put_command_line(struct info *info, const struct image_boot *boot)
{
    uint64_t at;

    if (!boot->append)
        return info_put_text(info, boot->path);
    at = info_put(info, boot->path, strlen(boot->path), 1);
    (void)info_put(info, " ", 1, 1);
    (void)info_put_text(info, boot->append);
    return at;
}
