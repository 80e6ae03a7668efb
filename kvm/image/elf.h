/* SPDX-License-Identifier: MIT */
#ifndef KVM_IMAGE_ELF_H
#define KVM_IMAGE_ELF_H

#include "kvm/image/job.h"

/* What a boot protocol says of the start. */
struct elf_start {
    bool has_entry;
    uint64_t entry;      /* gpa, instead of the ELF header's */
    bool wants_sections; /* to go along: kvm/image/elf_sections.h */
};

/* Loads an ELF file; fills in ret but for its mode. start: NULL when there is
 * no boot protocol by which it is surely a guest. */
int load_elf(const struct load_job *job, const struct elf_start *start,
             struct image *ret);

#endif
