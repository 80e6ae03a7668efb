/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_BOOT_MEMORY_MAP_H
#define KVM_X86_64_BOOT_MEMORY_MAP_H

/*
 * What a PC's firmware says of its memory (ACPI 6.4, 15, "System Address Map
 * Interfaces"). The one home of these facts: int 15h, and each boot protocol in
 * its own form.
 */

#include <stddef.h>
#include <stdint.h>

#include "kvm/core/mem.h"

/* ACPI 6.4, table 15.9. */
enum { X86_RANGE_RAM = 1, X86_RANGE_RESERVED = 2 };

struct x86_range {
    uint64_t start, size; /* gpa, bytes */
    uint32_t type;
};

enum { X86_RANGES_MAX = 8 };

/* From the lowest upward, without overlaps; returns how many there are. */
size_t x86_memory_map(const struct guest_mem *mem,
                      struct x86_range ret[X86_RANGES_MAX]);

/* Bytes from 0 on that are the guest's, and from 1 MiB on below the hole. */
uint64_t x86_base_memory(const struct guest_mem *mem);
uint64_t x86_extended_memory(const struct guest_mem *mem);

#endif
