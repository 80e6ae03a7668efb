/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_PAGING_PAGING_H
#define KVM_X86_64_PAGING_PAGING_H

/*
 * The page walker: guest-virtual (linear) to guest-physical, from the control
 * registers and guest memory alone, so it runs without a vCPU.
 *
 * Not KVM_TRANSLATE, which sets Accessed bits in the guest's tables, ignores
 * whether an address is canonical, and costs an ioctl per page. A debugger
 * reads with every privilege: U/S, R/W and NX never refuse, they are reported.
 * Intel SDM 3A chapter 4 (Paging); 32-bit, PAE, 4-level and 5-level.
 *
 * With paging off, and with 32-bit and PAE paging, linear addresses are 32 bits
 * wide: higher bits of a gva are ignored, so a sign-extended one is right too.
 */

#include <stdbool.h>
#include <stdint.h>

#include "kvm/core/mem.h"

enum { PAGING_PDPTES = 4, PAGING_LEVELS = 5 };

struct paging {
    uint64_t cr0, cr3, cr4, efer;
    uint8_t maxphyaddr; /* CPUID 0x80000008 EAX 7:0; 0 is taken as 52 */
    bool no_gib_pages;  /* CPUID 0x80000001 EDX bit 26 is clear */
    bool is_amd;        /* an AMD CPU: reserves one bit more */
    /* PAE: the CPU's own copies of the four PDPTEs, made when CR3 was loaded
     * (SDM 3A 4.4.1); without them they are taken from memory. */
    bool has_pdpte;
    uint64_t pdpte[PAGING_PDPTES];
};

/* Three levels: CR4.PAE outside of long mode. */
bool paging_is_pae(const struct paging *paging);

/* All bits of a 64-bit address from the highest of the bits that are translated
 * up are equal (SDM 1 3.3.7.1). */
bool paging_is_canonical(uint64_t gva, unsigned bits);

struct page {
    uint64_t gva;  /* of the page's first byte, linear */
    uint64_t gpa;  /* of the page's first byte */
    uint64_t size; /* 4 KiB, 2 MiB, 4 MiB, 1 GiB; with paging off: all 4 GiB of
                      the linear space, gva and gpa 0 */
    bool writable, user, executable; /* all levels and'ed together */
    uint8_t key; /* protection key, SDM 3A 4.6.2; means nothing without */
    uint64_t entry_gpa; /* of the entry that maps the page; 0 paging off */
};

/* Why a walk failed, for messages that quote it. */
struct walk_fault {
    unsigned level;     /* 5 to 1, the table whose entry stopped it; 0: the
                           address itself is not canonical */
    uint64_t entry_gpa; /* of that entry */
    uint64_t entry;
    bool reserved;  /* present but with reserved bits set */
    bool no_memory; /* the table is not in RAM */
};

/* -EFAULT when not mapped, with fault filled in (may be NULL); gva and size of
 * ret are then those of the gap. */
int paging_walk(const struct paging *paging, const struct guest_mem *mem,
                uint64_t gva, struct page *ret, struct walk_fault *fault);

/* Where the entries are that lead to gva, from the highest level down, but for
 * those that have no Accessed bit (PAE's PDPTEs). Returns how many; 0: it is
 * not mapped, or paging is off. */
unsigned paging_entries(const struct paging *paging,
                        const struct guest_mem *mem, uint64_t gva,
                        uint64_t ret[PAGING_LEVELS]);

/* The gpa of gva and how many bytes from there on are mapped in one piece
 * (at least 1). -EFAULT when not mapped. */
int paging_translate(const struct paging *paging, const struct guest_mem *mem,
                     uint64_t gva, uint64_t *ret_gpa, uint64_t *ret_run);

/* Calls back for each page of RAM that holds tables in use, once for each level
 * that it has a table of. None with paging off. -ENOMEM. */
typedef void paging_visit(void *context, uint64_t gpa);
int paging_tables(const struct paging *paging, const struct guest_mem *mem,
                  paging_visit *visit, void *context);

#endif
