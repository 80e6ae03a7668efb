/* SPDX-License-Identifier: MIT */
#include "tests/unit/kvm/image/elf_builder.h"

#include <stdbool.h>
#include <unistd.h>

uint8_t elf_byte(size_t segment, size_t k)
{
    return (uint8_t)(1 + segment * 31 + k % 29); /* never 0, as .bss is */
}

static bool put_header(Elf *elf, const struct elf_spec *spec)
{
    GElf_Ehdr ehdr;

    if (!gelf_newehdr(elf, spec->class) || !gelf_getehdr(elf, &ehdr))
        return false;
    ehdr.e_ident[EI_DATA] = spec->data ? spec->data : ELFDATA2LSB;
    ehdr.e_type = spec->type;
    ehdr.e_machine = spec->machine;
    ehdr.e_version = EV_CURRENT;
    ehdr.e_entry = spec->entry;
    ehdr.e_phoff = spec->phnum ? gelf_fsize(elf, ELF_T_EHDR, 1, EV_CURRENT) : 0;
    return gelf_update_ehdr(elf, &ehdr) != 0;
}

static bool put_program_headers(Elf *elf, const struct elf_spec *spec)
{
    if (spec->phnum && !gelf_newphdr(elf, spec->phnum))
        return false;
    for (size_t i = 0; i < spec->phnum && i < ELF_PHDRS_MAX; i++) {
        GElf_Phdr phdr = spec->phdr[i];

        if (!gelf_update_phdr(elf, (int)i, &phdr))
            return false;
    }
    return true;
}

static bool put_headers(int fd, const struct elf_spec *spec)
{
    Elf *elf;
    bool done;

    (void)elf_version(EV_CURRENT);
    elf = elf_begin(fd, ELF_C_WRITE, NULL);
    if (!elf)
        return false;
    (void)elf_flagelf(elf, ELF_C_SET, ELF_F_LAYOUT); /* p_offset is ours */
    done = put_header(elf, spec) && put_program_headers(elf, spec) &&
           elf_update(elf, ELF_C_WRITE) > 0;
    (void)elf_end(elf);
    return done;
}

/* False if it cannot be written; bytes too far out are left away, and so are
 * those in the headers' place. */
static bool put_bytes(int fd, size_t segment, const GElf_Phdr *phdr)
{
    enum { HEADERS = 0x180, FAR = 1 << 20 };

    if (phdr->p_offset >= FAR || phdr->p_filesz >= FAR)
        return true;
    for (size_t k = 0; k < phdr->p_filesz; k++) {
        uint8_t byte = elf_byte(segment, k);

        if (phdr->p_offset + k >= HEADERS &&
            pwrite(fd, &byte, 1, (off_t)(phdr->p_offset + k)) != 1)
            return false;
    }
    return true;
}

int elf_build(int fd, const struct elf_spec *spec)
{
    if (!put_headers(fd, spec))
        return -1;
    for (size_t i = 0; i < spec->phnum && i < ELF_PHDRS_MAX; i++)
        if (!put_bytes(fd, i, &spec->phdr[i]))
            return -1;
    return 0;
}
