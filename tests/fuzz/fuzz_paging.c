/* SPDX-License-Identifier: MIT */
/*
 * Any registers and any page tables: the walk ends, reads only RAM, and what
 * it says is consistent. Input: struct start, then RAM from gpa 0.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kvm/core/mem.h"
#include "kvm/x86_64/paging/paging.h"
#include "kvm/x86_64/paging/rights.h"

enum { RAM = 64 << 10 };

struct start {
    uint64_t cr0, cr3, cr4, efer, gva;
    uint64_t maxphyaddr; /* its low byte; bit 8: no pages of 1 GiB; bit 9: the
                            first of RAM are the CPU's PDPTEs; bit 10: AMD; from
                            bit 32 on: PKRU */
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

/* Copies of the PDPTEs serve without the table. */
static void check_fault(const struct paging *paging,
                        const struct guest_mem *mem,
                        const struct walk_fault *fault)
{
    bool is_copy =
        paging->has_pdpte && fault->level == 3 && paging_is_pae(paging);

    must(fault->level <= 5);
    must(!(fault->reserved && fault->no_memory));
    must(!(is_copy && fault->no_memory));
    if (fault->level && !is_copy)
        must(fault->no_memory == !mem_ptr(mem, fault->entry_gpa, 4));
    must(!fault->reserved || fault->entry & 1);
}

/* Every access has a verdict that fits the walk. */
static void check_verdicts(const struct paging *paging,
                           const struct guest_mem *mem,
                           const struct start *start)
{
    struct page page;
    int mapped = paging_walk(paging, mem, start->gva, &page, NULL) == 0;

    for (unsigned i = 0; i < 16; i++) {
        const struct page_access access = {
            .write = i & 1,
            .fetch = (i & 3) == 2,
            .user = i & 4,
            .ac = i & 8,
            .pkru = (uint32_t)(start->maxphyaddr >> 32)};
        struct page_verdict verdict;

        page_check(paging, mem, start->gva, &access, &verdict);
        must(mapped == (verdict.refusal != PAGE_NOT_MAPPED &&
                        verdict.refusal != PAGE_NOT_CANONICAL));
        must(!(verdict.code & PAGE_FAULT_P) ==
             !((mapped && verdict.refusal != PAGE_ALLOWED) ||
               verdict.fault.reserved));
        must(!(verdict.code & ~0x3fu));
    }
}

static struct paging paging_of(const struct start *start, const uint8_t *ram)
{
    struct paging paging = {.cr0 = start->cr0,
                            .cr3 = start->cr3,
                            .cr4 = start->cr4,
                            .efer = start->efer,
                            .maxphyaddr = (uint8_t)start->maxphyaddr,
                            .no_gib_pages = start->maxphyaddr >> 8 & 1,
                            .is_amd = start->maxphyaddr >> 10 & 1,
                            .has_pdpte = start->maxphyaddr >> 9 & 1};

    memcpy(paging.pdpte, ram, sizeof paging.pdpte);
    return paging;
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
    mem.region[0] = (struct mem_region){0, RAM, calloc(1, RAM), false};
    must(mem.region[0].hva != NULL);
    memcpy(mem.region[0].hva, data + sizeof start, size - sizeof start);
    paging = paging_of(&start, mem.region[0].hva);
    check_verdicts(&paging, &mem, &start);
    if (paging_walk(&paging, &mem, start.gva, &page, &fault) == 0)
        check_page(&paging, &mem, start.gva, &page);
    else
        check_fault(&paging, &mem, &fault);
    free(mem.region[0].hva);
    return 0;
}
