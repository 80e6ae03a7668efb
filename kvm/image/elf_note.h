/* SPDX-License-Identifier: MIT */
#ifndef KVM_IMAGE_ELF_NOTE_H
#define KVM_IMAGE_ELF_NOTE_H

/* Notes in an ELF file's segments (System V ABI, "Note Section"). */

#include <gelf.h>
#include <stdbool.h>
#include <stddef.h>

#include "kvm/image/job.h"

struct elf_note_name {
    const char *owner;
    uint32_t type;
};

/* The content of the first note of that name in a segment; NULL: there is none
 * or it does not lie in the file. Borrowed from elf. */
const void *elf_note_in(Elf *elf, const GElf_Phdr *phdr,
                        const struct elf_note_name *name, size_t *ret_n);

/* The first in any segment of the job's file, which may be no ELF file: copies
 * up to cap bytes of its content and returns how many it has; 0: there is none,
 * or it is empty. */
size_t elf_find_note(const struct load_job *job,
                     const struct elf_note_name *name, void *out, size_t cap);

#endif
