/* SPDX-License-Identifier: MIT */
#include "kvm/image/elf_program.h"

#include <errno.h>

#include "kvm/image/elf_note.h"

static Elf_Data *program_raw(Elf *elf, const GElf_Phdr *phdr, Elf_Type type)
{
    return elf_getdata_rawchunk(elf, (int64_t)phdr->p_offset, phdr->p_filesz,
                                type);
}

static bool has_note(Elf *elf, const GElf_Phdr *phdr)
{
    /* Linux Standard Base, "ABI note tag"; Go, cmd/link/internal/ld/elf.go */
    static const struct elf_note_name of_programs[] = {{"GNU", NT_GNU_ABI_TAG},
                                                       {"Go", 4}};
    size_t n;

    for (size_t i = 0; i < sizeof of_programs / sizeof *of_programs; i++)
        if (elf_note_in(elf, phdr, &of_programs[i], &n))
            return true;
    return false;
}

/* System V ABI, "Dynamic Section": it needs libraries, or is one. */
static bool has_libraries(Elf *elf, const GElf_Phdr *phdr)
{
    Elf_Data *data = program_raw(elf, phdr, ELF_T_DYN);
    GElf_Dyn dyn;

    for (int i = 0; data && gelf_getdyn(data, i, &dyn) && dyn.d_tag; i++)
        if (dyn.d_tag == DT_NEEDED || dyn.d_tag == DT_SONAME)
            return true;
    return false;
}

static bool is_program(Elf *elf, const GElf_Phdr *phdr)
{
    switch (phdr->p_type) {
    case PT_INTERP:
        return true;
    case PT_NOTE:
        return has_note(elf, phdr);
    case PT_DYNAMIC:
        return has_libraries(elf, phdr);
    default:
        return false;
    }
}

int elf_check_freestanding(const struct load_job *job, Elf *elf, size_t n)
{
    GElf_Phdr phdr;

    for (size_t i = 0; i < n && gelf_getphdr(elf, (int)i, &phdr); i++)
        if (is_program(elf, &phdr))
            return load_refuse(job, -ENOEXEC,
                               "is a program or library for an operating "
                               "system: link it with -nostdlib -static, or "
                               "start it all the same with --mode");
    return 0;
}
