/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_BOOT_INFO_H
#define KVM_X86_64_BOOT_INFO_H

/*
 * What a guest is told, written piece by piece into the memory that the image's
 * loader has kept free for it (struct image_boot).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kvm/core/mem.h"
#include "kvm/image/image.h"

/* What loaders are called by guests that ask. */
#define INFO_LOADER_NAME "kvmgdbstub"

struct info {
    const struct guest_mem *mem;
    uint64_t at, end; /* gpa */
    bool is_full;     /* something did not fit: all of it is void */
};

struct info info_begin(const struct guest_mem *mem,
                       const struct image_boot *boot);

/* n bytes that read as zero, at a multiple of align, a power of two: their
 * gpa. */
uint64_t info_reserve(struct info *info, size_t n, size_t align);
/* Content for what was reserved. */
void info_fill(struct info *info, uint64_t at, const void *bytes, size_t n);
/* Both in one. */
uint64_t info_put(struct info *info, const void *bytes, size_t n, size_t align);
/* The image's name as the user gave it, and what is to be appended to it. */
uint64_t info_put_command_line(struct info *info,
                               const struct image_boot *boot);
uint64_t info_put_text(struct info *info, const char *text);

#endif
