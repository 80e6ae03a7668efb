/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/paging/rights.h"

/* Intel SDM 3A 2.5 (CR0, CR4), 2.2.1 (EFER). */
#define CR0_WP   (UINT64_C(1) << 16)
#define CR0_PG   (UINT64_C(1) << 31)
#define CR4_PAE  (UINT64_C(1) << 5)
#define CR4_SMEP (UINT64_C(1) << 20)
#define CR4_SMAP (UINT64_C(1) << 21)
#define CR4_PKE  (UINT64_C(1) << 22)
#define EFER_LMA (UINT64_C(1) << 10)
#define EFER_NXE (UINT64_C(1) << 11)

/* Of a key's two bits in PKRU: no access, no write (SDM 3A 4.6.2). */
enum { KEY_AD = 1, KEY_WD = 2 };

static bool has_nx(const struct paging *paging)
{
    bool wide = paging->efer & EFER_LMA || paging->cr4 & CR4_PAE;

    return wide && paging->efer & EFER_NXE;
}

/* Keys are for data in pages of the user, whoever accesses them. */
static bool key_refuses(const struct paging *paging, const struct page *page,
                        const struct page_access *a)
{
    unsigned key = a->pkru >> 2 * page->key;

    if (!(paging->cr4 & CR4_PKE) || !(paging->efer & EFER_LMA) || !page->user ||
        a->fetch)
        return false;
    return key & KEY_AD ||
           (a->write && key & KEY_WD && (a->user || paging->cr0 & CR0_WP));
}

static enum page_refusal rights_refuse(const struct paging *paging,
                                       const struct page *page,
                                       const struct page_access *a)
{
    if (a->user && !page->user)
        return PAGE_SUPERVISOR;
    if (!a->user && page->user && a->fetch && paging->cr4 & CR4_SMEP)
        return PAGE_SMEP;
    if (!a->user && page->user && !a->fetch && paging->cr4 & CR4_SMAP && !a->ac)
        return PAGE_SMAP;
    if (a->fetch && !page->executable)
        return PAGE_NO_EXECUTE;
    if (a->write && !page->writable && (a->user || paging->cr0 & CR0_WP))
        return PAGE_READ_ONLY;
    return PAGE_ALLOWED;
}

/* I is told only where instructions can be told from data (SDM 3A 4.7). */
static uint32_t code_of(const struct paging *paging,
                        const struct page_access *a)
{
    bool tells_fetch = has_nx(paging) || paging->cr4 & CR4_SMEP;

    return (a->write ? PAGE_FAULT_W : 0u) | (a->user ? PAGE_FAULT_U : 0u) |
           (a->fetch && tells_fetch ? PAGE_FAULT_I : 0u);
}

static void check_rights(const struct paging *paging,
                         const struct page_access *a, struct page_verdict *ret)
{
    bool key = key_refuses(paging, &ret->page, a);

    ret->refusal = rights_refuse(paging, &ret->page, a);
    if (key && ret->refusal == PAGE_ALLOWED)
        ret->refusal = PAGE_KEY;
    if (ret->refusal != PAGE_ALLOWED)
        ret->code = code_of(paging, a) | PAGE_FAULT_P |
                    (key ? (uint32_t)PAGE_FAULT_PK : 0);
}

void page_check(const struct paging *paging, const struct guest_mem *mem,
                uint64_t gva, const struct page_access *access,
                struct page_verdict *ret)
{
    *ret = (struct page_verdict){.refusal = PAGE_NOT_MAPPED};
    if (paging_walk(paging, mem, gva, &ret->page, &ret->fault) == 0) {
        ret->refusal = PAGE_ALLOWED;
        if (paging->cr0 & CR0_PG)
            check_rights(paging, access, ret);
    } else if (ret->fault.level == 0) {
        ret->refusal = PAGE_NOT_CANONICAL;
    } else {
        ret->code =
            code_of(paging, access) |
            (ret->fault.reserved ? (uint32_t)(PAGE_FAULT_P | PAGE_FAULT_RSVD)
                                 : 0);
    }
}
