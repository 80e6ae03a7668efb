/* SPDX-License-Identifier: MIT */
#include "kvm/image/elf.h"

/*
 * ELF images: PT_LOAD segments go to their physical addresses.
 * System V ABI, chapters 4 (ELF header) and 5 (program header). libelf copes
 * with class and byte order; it does not know what a segment may claim, so
 * each number is checked here.
 *
 * All segments are checked before the first one is copied.
 */

#include <errno.h>
#include <gelf.h>
#include <stddef.h>
#include <string.h>

#include "kvm/core/mem.h"
#include "kvm/image/elf_program.h"
#include "kvm/image/elf_sections.h"

/* Kernels have less than ten; the checks are quadratic. */
enum { SEGMENTS_MAX = 128 };

struct segment {
    uint64_t gpa, gva; /* p_paddr, p_vaddr */
    uint64_t offset, filesz, memsz;
};

struct segments {
    size_t n;
    struct segment at[SEGMENTS_MAX];
};

/* clang-format off */
static const struct machine {
    unsigned char class;
    GElf_Half machine;
    enum image_kind kind;
} machines[] = {
    {ELFCLASS32, EM_386,    IMAGE_ELF32},
    {ELFCLASS64, EM_X86_64, IMAGE_ELF64},
};

/* Files that are ELF but nothing to start. */
static const struct {
    GElf_Half type;
    const char *what;
} refused_types[] = {
    {ET_NONE, "has no ELF type: link it again"},
    {ET_REL,  "is an object file: link it first, with ld"},
    {ET_CORE, "is a core dump: name the program itself"},
};
/* clang-format on */

static int check_type(const struct load_job *job, const GElf_Ehdr *ehdr)
{
    for (size_t i = 0; i < sizeof refused_types / sizeof *refused_types; i++)
        if (ehdr->e_type == refused_types[i].type)
            return load_refuse(job, -ENOEXEC, "%s", refused_types[i].what);
    if (ehdr->e_type != ET_EXEC && ehdr->e_type != ET_DYN)
        return load_refuse(job, -ENOEXEC,
                           "has unknown ELF type %u: link it as an executable",
                           ehdr->e_type);
    return 0;
}

/* Those that are likely to be named by mistake (gABI, e_machine). */
static const char *machine_name(GElf_Half machine)
{
    static const struct {
        GElf_Half machine;
        const char *name;
    } names[] = {
        {EM_386, "i386"},        {EM_X86_64, "x32"},    {EM_ARM, "ARM"},
        {EM_AARCH64, "AArch64"}, {EM_RISCV, "RISC-V"},  {EM_MIPS, "MIPS"},
        {EM_PPC, "PowerPC"},     {EM_PPC64, "POWER"},   {EM_SPARC, "SPARC"},
        {EM_AVR, "AVR"},         {EM_XTENSA, "Xtensa"}, {EM_BPF, "BPF"},
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].machine == machine)
            return names[i].name;
    return "another CPU";
}

static int check_machine(const struct load_job *job, const GElf_Ehdr *ehdr,
                         enum image_kind *ret)
{
    unsigned char class = ehdr->e_ident[EI_CLASS];

    if (ehdr->e_ident[EI_DATA] != ELFDATA2LSB)
        return load_refuse(job, -ENOEXEC,
                           "is big-endian: build it for i386 or x86-64");
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++)
        if (machines[i].class == class &&
            machines[i].machine == ehdr->e_machine) {
            *ret = machines[i].kind;
            return 0;
        }
    return load_refuse(job, -ENOEXEC,
                       "is %s-bit ELF for %s (machine %u), not i386 (32-bit, "
                       "3) or x86-64 (64-bit, 62): build it for one of these",
                       class == ELFCLASS32 ? "32" : "64",
                       machine_name(ehdr->e_machine), ehdr->e_machine);
}

/* Two ranges that do not wrap (load_fits() saw to that). */
static bool elf_overlap(const struct segment *a, const struct segment *b)
{
    return a->gpa < b->gpa + b->memsz && b->gpa < a->gpa + a->memsz;
}

static int check_segment(const struct load_job *job, const struct segments *all,
                         const struct segment *s)
{
    int err;

    if (s->filesz > s->memsz)
        return load_refuse(job, -ENOEXEC,
                           "its segment at %#llx has more bytes in the file "
                           "than in memory: link it again",
                           (unsigned long long)s->gpa);
    if (s->filesz > 0 &&
        (s->offset > job->size || s->filesz > job->size - s->offset))
        return load_refuse(job, -ENOEXEC,
                           "is cut short, its segment at %#llx ends after the "
                           "file's %llu bytes: build or copy it again",
                           (unsigned long long)s->gpa,
                           (unsigned long long)job->size);
    err = load_fits(job, s->gpa, s->memsz);
    for (size_t i = 0; i < all->n && !err; i++)
        if (elf_overlap(s, &all->at[i]))
            err = load_refuse(job, -ENOEXEC,
                              "its segments at %#llx and %#llx overlap in "
                              "physical memory: correct the linker script",
                              (unsigned long long)all->at[i].gpa,
                              (unsigned long long)s->gpa);
    return err;
}

/* Takes a program header into the list if there is something to load. */
static int add_segment(const struct load_job *job, const GElf_Phdr *phdr,
                       struct segments *all)
{
    const struct segment s = {.gpa = phdr->p_paddr,
                              .gva = phdr->p_vaddr,
                              .offset = phdr->p_offset,
                              .filesz = phdr->p_filesz,
                              .memsz = phdr->p_memsz};
    int err;

    if (phdr->p_type != PT_LOAD || phdr->p_memsz == 0)
        return 0;
    if (all->n == SEGMENTS_MAX)
        return load_refuse(job, -ENOEXEC,
                           "has more than %d segments to load: merge some in "
                           "the linker script",
                           SEGMENTS_MAX);
    err = check_segment(job, all, &s);
    if (!err)
        all->at[all->n++] = s;
    return err;
}

static int elf_damaged(const struct load_job *job, const char *part)
{
    return load_refuse(job, -ENOEXEC,
                       "its %s is cut short or damaged: build or copy it again",
                       part);
}

/* libelf counts no program headers when they are not all in the file. */
static int collect_segments(const struct load_job *job, Elf *elf,
                            GElf_Half phnum, bool is_guest,
                            struct segments *ret)
{
    size_t n;
    GElf_Phdr phdr;
    int err = 0;

    ret->n = 0;
    if (elf_getphdrnum(elf, &n) != 0 || (phnum && !n))
        return elf_damaged(job, "program header table");
    if (!is_guest)
        err = elf_check_freestanding(job, elf, n);
    for (size_t i = 0; i < n && !err; i++) {
        if (!gelf_getphdr(elf, (int)i, &phdr))
            return elf_damaged(job, "program header table");
        err = add_segment(job, &phdr, ret);
    }
    if (!err && ret->n == 0)
        err = load_refuse(job, -ENOEXEC,
                          "has no segment to load: link it as an executable");
    return err;
}

static int copy_segments(const struct load_job *job, const struct segments *all)
{
    int err = 0;

    for (size_t i = 0; i < all->n && !err; i++) {
        const struct segment *s = &all->at[i];

        err = load_take(job, s->filesz ? s->offset : 0, s->gpa, s->filesz,
                        s->memsz);
    }
    return err;
}

/* Libraries, and what was linked without a symbol to start at, have 0. */
static int check_entry(const struct load_job *job, const struct segment *s,
                       uint64_t offset)
{
    if (job->options->has_entry || offset >= s->filesz ||
        s->offset + offset >= sizeof(Elf32_Ehdr))
        return 0;
    return load_refuse(job, -ENOEXEC,
                       "its entry point is its own ELF header, as a shared "
                       "library's: set it with ENTRY() in the linker script, "
                       "or give --entry");
}

/*
 * An entry point is virtual, and where the segment that holds it went is known.
 * Linux's vmlinux has a physical one: then no segment holds it as a virtual
 * address, but one does as a physical address.
 */
static int find_entry(const struct load_job *job, const struct segments *all,
                      uint64_t entry, uint64_t *ret)
{
    bool physical =
        job->options->has_entry; /* it is replaced, so any will do */

    for (size_t i = 0; i < all->n; i++) {
        const struct segment *s = &all->at[i];

        if (entry >= s->gva && entry - s->gva < s->memsz) {
            *ret = s->gpa + (entry - s->gva);
            return check_entry(job, s, entry - s->gva);
        }
        physical |= entry >= s->gpa && entry - s->gpa < s->memsz;
    }
    *ret = entry;
    if (physical)
        return 0;
    return load_refuse(job, -ENOEXEC,
                       "its entry point %#llx is in none of its segments: set "
                       "it with ENTRY() in the linker script, or give --entry",
                       (unsigned long long)entry);
}

/* All of them are in RAM. */
static void elf_find_range(const struct guest_mem *mem,
                           const struct segments *all, struct image *ret)
{
    ret->low = UINT64_MAX;
    ret->high = ret->low_end = 0;
    for (size_t i = 0; i < all->n; i++) {
        const struct segment *s = &all->at[i];
        uint64_t end = s->gpa + s->memsz;

        if (s->gpa < ret->low)
            ret->low = s->gpa;
        if (end > ret->high)
            ret->high = end;
        if (s->gpa < mem_low_end(mem) && end > ret->low_end)
            ret->low_end = end;
    }
}

/* What a boot protocol says comes first. */
static int settle_start(const struct load_job *job, const struct segments *all,
                        const struct elf_start *start, uint64_t entry,
                        struct image *ret)
{
    if (!start || !start->has_entry)
        return find_entry(job, all, entry, &ret->entry);
    ret->entry = start->entry;
    return 0;
}

static int load_headers(const struct load_job *job, Elf *elf,
                        const struct elf_start *start, struct image *ret)
{
    bool is_guest = start || load_is_told(job);
    struct segments all;
    GElf_Ehdr ehdr;
    int err;

    if (!gelf_getehdr(elf, &ehdr))
        return elf_damaged(job, "ELF header");
    err = check_machine(job, &ehdr, &ret->kind);
    if (!err)
        err = check_type(job, &ehdr);
    if (!err)
        err = collect_segments(job, elf, ehdr.e_phnum, is_guest, &all);
    if (!err)
        err = settle_start(job, &all, start, ehdr.e_entry, ret);
    if (err)
        return err;
    elf_find_range(job->mem, &all, ret);
    err = copy_segments(job, &all);
    return err || !start || !start->wants_sections
               ? err
               : load_elf_sections(job, elf, ret);
}

int load_elf(const struct load_job *job, const struct elf_start *start,
             struct image *ret)
{
    Elf *elf;
    int err;

    if (job->options->has_load_addr)
        return load_refuse(job, -EINVAL,
                           "is an ELF image, whose headers say where it goes: "
                           "drop --load-addr");
    (void)elf_version(EV_CURRENT); /* libelf wants to be told, elf(3) */
    elf = elf_begin(job->fd, ELF_C_READ, NULL);
    if (!elf)
        return elf_damaged(job, "ELF header");
    err = load_headers(job, elf, start, ret);
    (void)elf_end(elf);
    return err;
}
