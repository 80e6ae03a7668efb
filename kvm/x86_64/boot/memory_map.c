/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/boot/memory_map.h"

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)

/* A PC's memory below 1 MiB: the last of the 640 KiB is the BIOS's. */
#define BASE_END   (639 * KIB)
#define SYSTEM_GPA (960 * KIB)

uint64_t x86_base_memory(const struct guest_mem *mem)
{
    uint64_t low = mem_low_end(mem);

    return low < BASE_END ? low : BASE_END;
}

uint64_t x86_extended_memory(const struct guest_mem *mem)
{
    uint64_t low = mem_low_end(mem);

    return low > MIB ? low - MIB : 0;
}

size_t x86_memory_map(const struct guest_mem *mem,
                      struct x86_range ret[X86_RANGES_MAX])
{
    const struct x86_range all[] = {
        {0, x86_base_memory(mem), X86_RANGE_RAM},
        {BASE_END, 640 * KIB - BASE_END, X86_RANGE_RESERVED},
        {SYSTEM_GPA, MIB - SYSTEM_GPA, X86_RANGE_RESERVED},
        {MIB, x86_extended_memory(mem), X86_RANGE_RAM},
        {mem->hole.end, mem_size(mem) - mem_low_end(mem), X86_RANGE_RAM},
    };
    size_t n = 0;

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i].size)
            ret[n++] = all[i];
    return n;
}
