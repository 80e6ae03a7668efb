/* SPDX-License-Identifier: MIT */
/*
 * Any registers and any page tables: the walk ends, reads only RAM, and what
 * it says is consistent. Input: struct start, then RAM from gpa 0.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kvm/x86_64/paging.h"

enum { RAM = 64 << 10 };

struct start {
    uint64_t cr0, cr3, cr4, efer, gva;
    uint64_t maxphyaddr; /* its low byte */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int truth)
{
    if (!truth)
        abort();
}

static void check_page(const struct paging *paging, const struct guest_mem *mem,
                       uint64_t gva, const struct page *page)
{
    uint64_t gpa, run;

    must(page->size >= MEM_PAGE && !(page->size & (page->size - 1)));
    must(page->gva % page->size == 0 && page->gpa % page->size == 0);
    must(page->gpa >> 52 == 0);
    must(paging_translate(paging, mem, gva, &gpa, &run) == 0);
    must(gpa - page->gpa < page->size && run == page->size - (gpa - page->gpa));
    must((uint32_t)(gva - page->gva) == (uint32_t)(gpa - page->gpa));
}

static void check_fault(const struct guest_mem *mem,
                        const struct walk_fault *fault)
{
    must(fault->level <= 5);
    must(!(fault->reserved && fault->no_memory));
    if (fault->level)
        must(fault->no_memory == !mem_ptr(mem, fault->entry_gpa, 4));
    must(!fault->reserved || fault->entry & 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct guest_mem mem = {.n = 1};
    struct start start;
    struct paging paging;
    struct page page;
    struct walk_fault fault;

    if (size < sizeof start || size - sizeof start > RAM)
        return 0;
    memcpy(&start, data, sizeof start);
    paging = (struct paging){start.cr0, start.cr3, start.cr4, start.efer,
                             (uint8_t)start.maxphyaddr};
    mem.region[0] = (struct mem_region){0, RAM, calloc(1, RAM)};
    must(mem.region[0].hva != NULL);
    memcpy(mem.region[0].hva, data + sizeof start, size - sizeof start);
    if (paging_walk(&paging, &mem, start.gva, &page, &fault) == 0)
        check_page(&paging, &mem, start.gva, &page);
    else
        check_fault(&mem, &fault);
    free(mem.region[0].hva);
    return 0;
}
