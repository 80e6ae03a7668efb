/* SPDX-License-Identifier: MIT */
#include "kvm/image/elf_note.h"

#include <string.h>

/* A name's size counts the 0 behind it, and Go's two of them. */
static bool is_named(const Elf_Data *data, size_t at, const GElf_Nhdr *note,
                     const struct elf_note_name *name)
{
    size_t n = strlen(name->owner) + 1;

    return note->n_type == name->type && note->n_namesz >= n &&
           note->n_namesz < n + 4 &&
           memcmp((const char *)data->d_buf + at, name->owner, n) == 0;
}

/* libelf sees to it that a note lies in its data. */
const void *elf_note_in(Elf *elf, const GElf_Phdr *phdr,
                        const struct elf_note_name *name, size_t *ret_n)
{
    Elf_Data *data =
        elf_getdata_rawchunk(elf, (int64_t)phdr->p_offset, phdr->p_filesz,
                             phdr->p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR);
    size_t at = 0;
    size_t owner;
    size_t content;
    GElf_Nhdr note;

    while (data && (at = gelf_getnote(data, at, &note, &owner, &content)) > 0)
        if (is_named(data, owner, &note, name)) {
            *ret_n = note.n_descsz;
            return (const char *)data->d_buf + content;
        }
    return NULL;
}

static size_t find(Elf *elf, const struct elf_note_name *name, void *out,
                   size_t cap)
{
    size_t segments = 0;
    GElf_Phdr phdr;

    (void)elf_getphdrnum(elf, &segments);
    for (size_t i = 0; i < segments && gelf_getphdr(elf, (int)i, &phdr); i++) {
        size_t n;
        const void *content =
            phdr.p_type == PT_NOTE ? elf_note_in(elf, &phdr, name, &n) : NULL;

        if (content) {
            memcpy(out, content, n < cap ? n : cap);
            return n;
        }
    }
    return 0;
}

size_t elf_find_note(const struct load_job *job,
                     const struct elf_note_name *name, void *out, size_t cap)
{
    Elf *elf;
    size_t n;

    if (!load_is_elf(job))
        return 0;
    (void)elf_version(EV_CURRENT);
    elf = elf_begin(job->fd, ELF_C_READ, NULL);
    n = elf ? find(elf, name, out, cap) : 0;
    (void)elf_end(elf);
    return n;
}
