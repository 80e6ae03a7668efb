/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/paging/paging.h"

/*
 * One loop walks every paging mode; a mode is a table of its levels. Intel SDM
 * 3A, chapter 4, figures 4-4, 4-7 and 4-11:
 *
 *  Two levels of 4-byte entries: CR4.PAE = 0
 *   31                 22 21 20      13 12 11  8  7  6 5 4 3  2   1   0
 *  +---------------------------------------+----+---+-------+---+---+---+
 *  |         address of the page table     |    | 0 |       |U/S|R/W| P | PDE
 *  +---------------------+--+---------+----+----+---+-------+---+---+---+
 *  | address 31:22       | 0|addr.39:32|PAT|    | 1 |       |U/S|R/W| P | 4 MiB
 *  +---------------------+--+---------+----+----+---+-------+---+---+---+
 *  |         address of the page           |    |PAT|       |U/S|R/W| P | PTE
 *  +---------------------------------------+----+---+-------+---+---+---+
 *
 *  Three, four or five levels of 8-byte entries (M: MAXPHYADDR)
 *   63 62    52 51   M M-1      s s-1  13 12 11  8  7  6 5 4 3  2   1   0
 *  +--+--------+------+----------------------+----+---+-------+---+---+---+
 *  |XD| ign. * |  0   | address of the table |    | 0 |       |U/S|R/W| P |
 *  +--+--------+------+-----------+------+---+----+---+-------+---+---+---+
 *  |XD| ign. * |  0   | address   |  0   |PAT|    | 1 |       |U/S|R/W| P |
 * large
 *  +--+--------+------+-----------+------+---+----+---+-------+---+---+---+
 *  |XD| ign. * |  0   | address of the page  |    |PAT|       |U/S|R/W| P | PTE
 *  +--+--------+------+-----------+------+---+----+---+-------+---+---+---+
 *  * 0 with three levels, whose top entry (PDPTE) has no rights at all: there
 *    63, 8:5 and 2:1 are 0 too. s: 21 for a page of 2 MiB, 30 for 1 GiB.
 *    XD is 0 unless EFER.NXE.
 *
 * What the fields "0" hold is reserved: a CPU faults when a bit of them is set.
 * Where the CPU has no pages of 1 GiB, PS in a PDPTE is such a bit, too, and
 * on AMD CPUs bit 8 of entries above that (AMD APM 2 5.3.3, "PML4E").
 */

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

/* Bits hi to lo, both included, as the manuals count them. */
#define BITS(hi, lo) ((UINT64_MAX >> (63 - (hi))) & (UINT64_MAX << (lo)))
#define BIT(n)       BITS(n, n)

#define CR0_PG   BIT(31)
#define CR4_PSE  BIT(4)
#define CR4_PAE  BIT(5)
#define CR4_LA57 BIT(12)
#define EFER_LMA BIT(10)
#define EFER_NXE BIT(11)

#define PRESENT  BIT(0)
#define WRITABLE BIT(1)
#define USER     BIT(2)
#define LARGE    BIT(7) /* PS; in the lowest level PAT */
#define ACCESSED BIT(5)
#define GLOBAL   BIT(8)
#define XD       BIT(63)
#define ADDRESS  BITS(51, 12)

#define KEY BITS(62, 59)

enum { MAXPHYADDR_MAX = 52, GIB_SHIFT = 30, KEY_SHIFT = 59 };

struct level {
    uint8_t shift, bits; /* of the table's index in the gva */
    bool large;          /* PS maps a page of 1 << shift bytes */
    bool no_rights;      /* no R/W and U/S bits here */
    uint64_t reserved;
    uint64_t reserved_large; /* more of them when PS is set */
};

struct mode {
    unsigned levels;
    unsigned gva_bits;
    unsigned entry_size;
    uint64_t cr3;              /* where CR3 has the table's address */
    const struct level *level; /* by number, from 1 */
};

/* clang-format off */
static const struct level level_32[] = {
    [1] = {.shift = 12, .bits = 10},
    [2] = {.shift = 22, .bits = 10},
};

static const struct level level_32_pse[] = {
    [1] = {.shift = 12, .bits = 10},
    [2] = {.shift = 22, .bits = 10, .large = true, .reserved_large = BIT(21)},
};

static const struct level level_pae[] = {
    [1] = {.shift = 12, .bits = 9, .reserved = BITS(62, 52)},
    [2] = {.shift = 21, .bits = 9, .reserved = BITS(62, 52),
           .large = true, .reserved_large = BITS(20, 13)},
    [3] = {.shift = 30, .bits = 2, .no_rights = true,
           .reserved = BITS(63, 52) | BITS(8, 5) | BITS(2, 1)},
};

static const struct level level_64[] = {
    [1] = {.shift = 12, .bits = 9},
    [2] = {.shift = 21, .bits = 9, .large = true,
           .reserved_large = BITS(20, 13)},
    [3] = {.shift = 30, .bits = 9, .large = true,
           .reserved_large = BITS(29, 13)},
    [4] = {.shift = 39, .bits = 9, .reserved = LARGE},
    [5] = {.shift = 48, .bits = 9, .reserved = LARGE},
};

/* CR3: SDM 3A tables 4-3, 4-7 and 4-12; below are PCD, PWT and the PCID. */
static const struct mode mode_32     = {2, 32, 4, BITS(31, 12), level_32};
static const struct mode mode_32_pse = {2, 32, 4, BITS(31, 12), level_32_pse};
static const struct mode mode_pae    = {3, 32, 8, BITS(31, 5),  level_pae};
static const struct mode mode_4level = {4, 48, 8, ADDRESS,      level_64};
static const struct mode mode_5level = {5, 57, 8, ADDRESS,      level_64};
/* clang-format on */

/* SDM 3A 4.1.1, "Four Paging Modes" */
static const struct mode *paging_mode_of(const struct paging *paging)
{
    if (paging->efer & EFER_LMA)
        return paging->cr4 & CR4_LA57 ? &mode_5level : &mode_4level;
    if (paging->cr4 & CR4_PAE)
        return &mode_pae;
    return paging->cr4 & CR4_PSE ? &mode_32_pse : &mode_32;
}

bool paging_is_pae(const struct paging *paging)
{
    return paging->cr0 & CR0_PG && paging_mode_of(paging) == &mode_pae;
}

bool paging_is_canonical(uint64_t gva, unsigned bits)
{
    uint64_t upper = gva >> (bits - 1);

    return upper == 0 || upper == UINT64_MAX >> (bits - 1);
}

/* What a CPU would not put on its address bus. */
static uint64_t beyond_bus(const struct paging *paging)
{
    unsigned bits = paging->maxphyaddr;

    if (bits == 0 || bits > MAXPHYADDR_MAX)
        bits = MAXPHYADDR_MAX;
    return UINT64_MAX << bits;
}

/* The table or page that an entry names, with a page's low bits still in. */
static uint64_t address_of(const struct mode *mode, bool large, uint64_t entry)
{
    if (mode->entry_size == 8)
        return entry & ADDRESS;
    if (large) /* PSE-36, SDM 3A table 4-4 */
        return (entry & BITS(31, 22)) | (entry & BITS(20, 13)) << (32 - 13);
    return entry & BITS(31, 12);
}

/* Where AMD differs. Below nested paging the CPU reads PDPTEs when it walks,
 * and QEMU's, which is an AMD CPU, sets Accessed in them. */
static uint64_t reserved_by_amd(const struct level *level, uint64_t reserved)
{
    if (level->no_rights)
        return reserved & ~ACCESSED;
    return level->shift > GIB_SHIFT ? reserved | GLOBAL : reserved;
}

static bool has_reserved(const struct paging *paging, const struct mode *mode,
                         const struct level *level, uint64_t entry)
{
    bool large = level->large && entry & LARGE;
    uint64_t reserved = level->reserved;

    if (large)
        reserved |= level->reserved_large;
    if (paging->no_gib_pages && level->shift == GIB_SHIFT && level->large)
        reserved |= LARGE;
    if (paging->is_amd)
        reserved = reserved_by_amd(level, reserved);
    if (!(paging->efer & EFER_NXE))
        reserved |= XD; /* never set in an entry of 4 bytes */
    return entry & reserved ||
           address_of(mode, large, entry) & beyond_bus(paging);
}

static void restrict_rights(struct page *page, const struct level *level,
                            uint64_t entry)
{
    if (level->no_rights)
        return;
    page->writable &= (entry & WRITABLE) != 0;
    page->user &= (entry & USER) != 0;
    page->executable &= (entry & XD) == 0;
}

/* The CPU's copy of a PDPTE, or the entry in memory. False: there is none. */
static bool load_entry(const struct paging *paging, const struct guest_mem *mem,
                       const struct level *level, uint64_t index,
                       struct walk_fault *at)
{
    const struct mode *mode = paging_mode_of(paging);

    if (level->no_rights && paging->has_pdpte) {
        at->entry = paging->pdpte[index];
        return true;
    }
    at->entry = 0; /* x86 is little-endian: a short entry fills the low half */
    return mem_read(mem, at->entry_gpa, &at->entry, mode->entry_size) == 0;
}

/* Reads the entry for gva in the table of at->level; false: go no further. */
static bool read_entry(const struct paging *paging, const struct guest_mem *mem,
                       uint64_t table, uint64_t gva, struct walk_fault *at)
{
    const struct mode *mode = paging_mode_of(paging);
    const struct level *level = &mode->level[at->level];
    uint64_t index = gva >> level->shift & BITS(level->bits - 1, 0);

    at->entry_gpa = table + index * mode->entry_size;
    at->no_memory = !load_entry(paging, mem, level, index, at);
    if (at->no_memory || !(at->entry & PRESENT))
        return false;
    at->reserved = has_reserved(paging, mode, level, at->entry);
    return !at->reserved;
}

static int paging_walk_levels(const struct paging *paging,
                              const struct guest_mem *mem, uint64_t gva,
                              struct page *ret, struct walk_fault *at)
{
    const struct mode *mode = paging_mode_of(paging);
    uint64_t table = paging->cr3 & mode->cr3;

    *ret = (struct page){.writable = true, .user = true, .executable = true};
    for (at->level = mode->levels;; at->level--) {
        const struct level *level = &mode->level[at->level];
        bool large;

        ret->size = BIT(level->shift);
        ret->gva = gva & -ret->size;
        if (!read_entry(paging, mem, table, gva, at))
            return -EFAULT;
        restrict_rights(ret, level, at->entry);
        large = level->large && at->entry & LARGE;
        table = address_of(mode, large, at->entry);
        if (!large && at->level > 1)
            continue;
        ret->gpa = table & -ret->size;
        ret->key = (uint8_t)((at->entry & KEY) >> KEY_SHIFT);
        ret->entry_gpa = at->entry_gpa;
        return 0;
    }
}

int paging_walk(const struct paging *paging, const struct guest_mem *mem,
                uint64_t gva, struct page *ret, struct walk_fault *fault)
{
    unsigned bits = paging_mode_of(paging)->gva_bits;
    struct walk_fault at = {0};
    int err = 0;

    if (!(paging->cr0 & CR0_PG))
        *ret = (struct page){.size = BIT(32),
                             .writable = true,
                             .user = true,
                             .executable = true};
    else if (bits == 32) /* linear addresses wrap, SDM 3A 4.2 */
        err = paging_walk_levels(paging, mem, (uint32_t)gva, ret, &at);
    else if (paging_is_canonical(gva, bits))
        err = paging_walk_levels(paging, mem, gva, ret, &at);
    else {
        *ret = (struct page){.gva = BIT(bits - 1), .size = -BIT(bits)};
        err = -EFAULT;
    }
    if (err && fault)
        *fault = at;
    return err;
}

unsigned paging_entries(const struct paging *paging,
                        const struct guest_mem *mem, uint64_t gva,
                        uint64_t ret[PAGING_LEVELS])
{
    const struct mode *mode = paging_mode_of(paging);
    uint64_t table = paging->cr3 & mode->cr3;
    unsigned found = 0;
    struct page page;

    if (!(paging->cr0 & CR0_PG) ||
        paging_walk(paging, mem, gva, &page, NULL) < 0)
        return 0;
    for (unsigned i = mode->levels; i > 0; i--) {
        const struct level *level = &mode->level[i];
        struct walk_fault at = {.level = i};

        if (!read_entry(paging, mem, table, gva, &at))
            return 0;
        if (!level->no_rights)
            ret[found++] = at.entry_gpa;
        if (at.entry_gpa == page.entry_gpa)
            break;
        table = address_of(mode, false, at.entry);
    }
    return found;
}

int paging_translate(const struct paging *paging, const struct guest_mem *mem,
                     uint64_t gva, uint64_t *ret_gpa, uint64_t *ret_run)
{
    struct page page;
    int err = paging_walk(paging, mem, gva, &page, NULL);
    uint64_t offset;

    if (err)
        return err;
    offset = gva & (page.size - 1);
    *ret_gpa = page.gpa + offset;
    *ret_run = page.size - offset;
    return 0;
}

/* --- all tables --- */

enum { LEVELS_MAX = 5 };

/* A guest may lead to a table by any number of ways, and back to itself. */
struct tour {
    const struct paging *paging;
    const struct guest_mem *mem;
    paging_visit *visit;
    void *context;
    uint8_t *seen[LEVELS_MAX + 1]; /* owned; a bit for each page */
};

/* How many there are, holes left out. */
static uint64_t pages_below(const struct guest_mem *mem, uint64_t gpa)
{
    uint64_t bytes = 0;

    for (unsigned i = 0; i < mem->n && mem->region[i].gpa <= gpa; i++) {
        uint64_t below = gpa - mem->region[i].gpa;

        bytes += below < mem->region[i].size ? below : mem->region[i].size;
    }
    return bytes / MEM_PAGE;
}

/* False when it was seen before, or there is no RAM. */
static bool paging_see(struct tour *tour, unsigned level, uint64_t gpa)
{
    uint64_t page = pages_below(tour->mem, gpa);
    uint8_t bit = (uint8_t)(1u << page % 8);
    uint8_t *seen = &tour->seen[level][page / 8];

    if (!mem_has(tour->mem, gpa, 1) || *seen & bit)
        return false;
    *seen |= bit;
    return true;
}

static void tour_table(struct tour *tour, unsigned number, uint64_t table)
{
    const struct level *level = &paging_mode_of(tour->paging)->level[number];
    const struct mode *mode = paging_mode_of(tour->paging);

    if (!paging_see(tour, number, table))
        return;
    tour->visit(tour->context, table & -(uint64_t)MEM_PAGE);
    for (uint64_t i = 0; number > 1 && i < BIT(level->bits); i++) {
        struct walk_fault at = {.level = number};

        if (read_entry(tour->paging, tour->mem, table, i << level->shift,
                       &at) &&
            !(level->large && at.entry & LARGE))
            tour_table(tour, number - 1, address_of(mode, false, at.entry));
    }
}

int paging_tables(const struct paging *paging, const struct guest_mem *mem,
                  paging_visit *visit, void *context)
{
    const struct mode *mode = paging_mode_of(paging);
    struct tour tour = {paging, mem, visit, context, {NULL}};
    bool room = true;

    if (!(paging->cr0 & CR0_PG))
        return 0;
    for (unsigned i = 1; i <= mode->levels; i++) {
        tour.seen[i] = calloc(pages_below(mem, UINT64_MAX) / 8 + 1, 1);
        room &= tour.seen[i] != NULL;
    }
    if (room)
        tour_table(&tour, mode->levels, paging->cr3 & mode->cr3);
    for (unsigned i = 1; i <= mode->levels; i++)
        free(tour.seen[i]);
    return room ? 0 : -ENOMEM;
}
