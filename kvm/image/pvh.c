/* SPDX-License-Identifier: MIT */
#include "kvm/image/pvh.h"

#include <errno.h>

#include "kvm/image/elf.h"
#include "kvm/image/elf_note.h"

/* Xen, xen/include/public/elfnote.h: the physical address of the entry point,
 * of 32 bits; kernels write it with the size of their words. */
enum { PHYS32_ENTRY = 18 };

int load_pvh(const struct load_job *job, struct image *ret)
{
    const struct elf_note_name name = {"Xen", PHYS32_ENTRY};
    struct elf_start start = {.has_entry = true};
    uint8_t value[8] = {0};
    size_t n = elf_find_note(job, &name, value, sizeof value);
    int err;

    if (!n)
        return LOAD_NOT_MINE;
    start.entry = load_u64(value);
    if (n != 4 && n != 8)
        return load_refuse(job, -ENOEXEC,
                           "its note with Xen's PVH entry point has %zu "
                           "bytes, not 4 or 8: correct it",
                           n);
    err = load_elf(job, &start, ret);
    ret->boot.protocol = BOOT_PVH;
    return err;
}
