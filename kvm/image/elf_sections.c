/* SPDX-License-Identifier: MIT */
#include "kvm/image/elf_sections.h"

#include <string.h>

#define MIB (UINT64_C(1) << 20)

/* Thousands are for the -ffunction-sections of a file that was not linked. */
enum { SECTIONS_MAX = 1024, ALIGN = 16 };

struct table {
    uint64_t offset; /* in the file */
    size_t n, entry_size;
    size_t names; /* the section that has their names */
};

static uint64_t aligned(uint64_t n)
{
    return (n + ALIGN - 1) / ALIGN * ALIGN;
}

/* System V ABI, "Sections": sh_addr is 0 where no segment has it in memory. */
static bool is_left_out(const struct load_job *job, const GElf_Shdr *shdr)
{
    return shdr->sh_addr == 0 && shdr->sh_type != SHT_NULL &&
           shdr->sh_type != SHT_NOBITS && shdr->sh_offset <= job->size &&
           shdr->sh_size <= job->size - shdr->sh_offset;
}

static bool find_table(const struct load_job *job, Elf *elf, struct table *ret)
{
    GElf_Ehdr ehdr;

    if (!gelf_getehdr(elf, &ehdr) || elf_getshdrnum(elf, &ret->n) != 0 ||
        elf_getshdrstrndx(elf, &ret->names) != 0)
        return false;
    ret->offset = ehdr.e_shoff;
    ret->entry_size = gelf_fsize(elf, ELF_T_SHDR, 1, EV_CURRENT);
    return ret->n > 0 && ret->n <= SECTIONS_MAX &&
           ehdr.e_shentsize == ret->entry_size && ret->offset <= job->size &&
           ret->n * ret->entry_size <= job->size - ret->offset;
}

/* Of the table and what follows it. */
static bool find_size(const struct load_job *job, Elf *elf,
                      const struct table *table, uint64_t *ret)
{
    *ret = aligned(table->n * table->entry_size);
    for (size_t i = 0; i < table->n; i++) {
        Elf_Scn *scn = elf_getscn(elf, i);
        GElf_Shdr shdr;

        if (!scn || !gelf_getshdr(scn, &shdr))
            return false;
        if (is_left_out(job, &shdr))
            *ret += aligned(shdr.sh_size);
    }
    return true;
}

static void put_address(const struct load_job *job, size_t entry_size,
                        uint64_t header, uint64_t address)
{
    const bool is_64 = entry_size == sizeof(Elf64_Shdr);
    const uint64_t at = header + (is_64 ? offsetof(Elf64_Shdr, sh_addr)
                                        : offsetof(Elf32_Shdr, sh_addr));

    (void)mem_write(job->mem, at, &address, is_64 ? 8 : 4);
}

static int copy_sections(const struct load_job *job, Elf *elf,
                         const struct table *table, uint64_t gpa)
{
    uint64_t size = table->n * table->entry_size;
    uint64_t at = gpa + aligned(size);
    int err = load_copy(job, table->offset, gpa, size);

    for (size_t i = 0; i < table->n && !err; i++) {
        GElf_Shdr shdr;

        if (!gelf_getshdr(elf_getscn(elf, i), &shdr) ||
            !is_left_out(job, &shdr))
            continue;
        err = load_copy(job, shdr.sh_offset, at, shdr.sh_size);
        put_address(job, table->entry_size, gpa + i * table->entry_size, at);
        at += aligned(shdr.sh_size);
    }
    return err;
}

int load_elf_sections(const struct load_job *job, Elf *elf, struct image *ret)
{
    uint64_t from = ret->low_end > MIB ? ret->low_end : MIB;
    struct table table;
    uint64_t size;
    uint64_t gpa;

    if (!find_table(job, elf, &table) || !find_size(job, elf, &table, &size) ||
        !places_lowest(job->places, size, ALIGN, from, load_top(job), &gpa) ||
        !places_take(job->places, gpa, size))
        return 0;
    ret->boot.sections = (struct image_sections){gpa, (uint32_t)table.n,
                                                 (uint32_t)table.entry_size,
                                                 (uint32_t)table.names};
    ret->low_end = gpa + size;
    if (ret->high < ret->low_end)
        ret->high = ret->low_end;
    return copy_sections(job, elf, &table, gpa);
}
