/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_KVM_IMAGE_ELF_BUILDER_H
#define TESTS_UNIT_KVM_IMAGE_ELF_BUILDER_H

/*
 * ELF files as a test wants them, right or wrong: every field is written as it
 * is given. The headers are at the start and stay, the segments' bytes are
 * where p_offset says, and byte k of segment i is elf_byte(i, k).
 */

#include <gelf.h>
#include <stddef.h>
#include <stdint.h>

enum { ELF_PHDRS_MAX = 4 };

struct elf_spec {
    int class;          /* ELFCLASS32 or ELFCLASS64 */
    unsigned char data; /* 0: ELFDATA2LSB */
    GElf_Half type, machine;
    GElf_Addr entry;
    size_t phnum; /* how many headers there are, at least as many as given */
    GElf_Phdr phdr[ELF_PHDRS_MAX];
};

uint8_t elf_byte(size_t segment, size_t k);

/* Writes the file to an empty fd; 0 or -1. */
int elf_build(int fd, const struct elf_spec *spec);

#endif
