/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/complete/access.h"

#include "kvm/core/guard.h"
#include "kvm/core/mem.h"
#include "kvm/vm/types.h"
#include "kvm/x86_64/paging/rights.h"
#include "kvm/x86_64/state/state.h"

/* Within a page. */
static enum access access_in_page(struct vcpu *vcpu, uint64_t gva, bool write,
                                  struct access_fault *ret)
{
    const struct paging paging = x86_paging(vcpu);
    const struct page_access access = {
        .write = write,
        .user = x86_cpl(vcpu) == 3,
        .ac = x86_gp(vcpu)->rflags & X86_RFLAGS_AC,
    };
    struct page_verdict verdict;
    uint64_t gpa;

    page_check(&paging, &vcpu->vm->mem, gva, &access, &verdict);
    *ret = (struct access_fault){gva, verdict.code};
    if (verdict.refusal == PAGE_NOT_CANONICAL || verdict.fault.no_memory)
        return ACCESS_AWAY;
    if (verdict.refusal != PAGE_ALLOWED)
        return ACCESS_FAULT;
    gpa = verdict.page.gpa + (gva - verdict.page.gva);
    return guards_let(vcpu->vm, gpa, write) ? ACCESS_FINE : ACCESS_AWAY;
}

/* How far it is to the next page. */
static size_t rest_of_page(uint64_t gva)
{
    return MEM_PAGE - gva % MEM_PAGE;
}

enum access x86_may_access(struct vcpu *vcpu, uint64_t gva, size_t n,
                           bool write, struct access_fault *ret)
{
    enum access access = ACCESS_FINE;

    for (size_t at = 0; at < n && access == ACCESS_FINE;
         at += rest_of_page(gva + at))
        access = access_in_page(vcpu, gva + at, write, ret);
    return access;
}

static void mark_entry(struct vcpu *vcpu, uint64_t gpa, uint8_t bits)
{
    uint8_t low;

    if (mem_read(&vcpu->vm->mem, gpa, &low, 1) < 0 || (low & bits) == bits)
        return;
    low |= bits;
    (void)mem_write(&vcpu->vm->mem, gpa, &low, 1);
}

/* All entries that were used are accessed, and the last one's page is dirty
 * (Intel SDM 3A 4.8). */
static void mark_page(struct vcpu *vcpu, uint64_t gva, bool write)
{
    enum { ACCESSED = 0x20, DIRTY = 0x40 };
    const struct paging paging = x86_paging(vcpu);
    uint64_t entry[PAGING_LEVELS];
    unsigned n = paging_entries(&paging, &vcpu->vm->mem, gva, entry);

    for (unsigned i = 0; i < n; i++)
        mark_entry(vcpu, entry[i],
                   ACCESSED | (write && i == n - 1 ? DIRTY : 0));
}

void x86_mark_access(struct vcpu *vcpu, uint64_t gva, size_t n, bool write)
{
    for (size_t at = 0; at < n; at += rest_of_page(gva + at))
        mark_page(vcpu, gva + at, write);
}
