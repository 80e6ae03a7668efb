/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/paging/region.h"

#include "kvm/vm/types.h"
#include "kvm/x86_64/state/state.h"

/* Pages, or gaps, that are looked at in each direction. */
enum { STEPS_MAX = 1 << 15 };

/* From first to last, both included: so the end of 64 bits can be said. */
struct span {
    uint64_t first, last;
    bool mapped, writable, executable, user;
};

static bool same_rights(const struct span *a, const struct span *b)
{
    return a->mapped == b->mapped && a->writable == b->writable &&
           a->executable == b->executable && a->user == b->user;
}

/* The piece of guest-physical memory around gpa that is RAM, or is none. */
static bool ram_around(const struct guest_mem *mem, uint64_t gpa,
                       uint64_t *ret_first, uint64_t *ret_last)
{
    bool is_ram = false;

    *ret_first = 0;
    *ret_last = UINT64_MAX;
    for (unsigned i = 0; i < mem->n; i++) {
        uint64_t first = mem->region[i].gpa;
        uint64_t last = first + mem->region[i].size - 1;

        if (first > gpa && first - 1 < *ret_last)
            *ret_last = first - 1;
        else if (last < gpa && last + 1 > *ret_first)
            *ret_first = last + 1;
        else if (first <= gpa && gpa <= last) {
            *ret_first = first;
            *ret_last = last;
            is_ram = true;
        }
    }
    return is_ram;
}

/* A page, or the part of it around gva that is all RAM or all none. */
static struct span span_of_page(const struct guest_mem *mem,
                                const struct page *page, uint64_t gva)
{
    struct span span = {.first = page->gva,
                        .last = page->gva + (page->size - 1),
                        .writable = page->writable,
                        .executable = page->executable,
                        .user = page->user};
    uint64_t gpa = page->gpa + (gva - page->gva);
    uint64_t first;
    uint64_t last;

    span.mapped = ram_around(mem, gpa, &first, &last);
    if (gva - span.first > gpa - first)
        span.first = gva - (gpa - first);
    if (span.last - gva > last - gpa)
        span.last = gva + (last - gpa);
    if (!span.mapped)
        span.writable = span.executable = span.user = false;
    return span;
}

static struct span span_at(const struct paging *paging,
                           const struct guest_mem *mem, uint64_t gva)
{
    struct page page;

    /* Outside of long mode there are 32 bits; the walker would wrap. */
    if (!(paging->efer & X86_EFER_LMA) && gva > UINT32_MAX)
        return (struct span){.first = UINT64_C(1) << 32, .last = UINT64_MAX};
    if (paging_walk(paging, mem, gva, &page, NULL) < 0)
        return (struct span){.first = page.gva,
                             .last = page.gva + (page.size - 1)};
    return span_of_page(mem, &page, gva);
}

void x86_region(const struct paging *paging, const struct guest_mem *mem,
                uint64_t gva, struct gva_region *ret)
{
    struct span all = span_at(paging, mem, gva);
    struct span next = all;

    for (int i = 0; i < STEPS_MAX && all.last < UINT64_MAX; i++) {
        next = span_at(paging, mem, all.last + 1);
        if (!same_rights(&all, &next))
            break;
        all.last = next.last;
    }
    for (int i = 0; i < STEPS_MAX && all.first > 0; i++) {
        next = span_at(paging, mem, all.first - 1);
        if (!same_rights(&all, &next))
            break;
        all.first = next.first;
    }
    *ret = (struct gva_region){.start = all.first,
                               .size = all.last - all.first + 1,
                               .mapped = all.mapped,
                               .writable = all.writable,
                               .executable = all.executable,
                               .user = all.user};
}

void arch_region(struct vcpu *vcpu, uint64_t gva, struct gva_region *ret)
{
    const struct paging paging = x86_paging(vcpu);

    x86_region(&paging, &vcpu->vm->mem, gva, ret);
}

/* A kernel that means to come back from user code has loaded a TSS. */
bool arch_is_user_page(struct vcpu *vcpu, uint64_t gva)
{
    const struct paging paging = x86_paging(vcpu);
    struct page page;

    return x86_sys(vcpu)->cr0 & X86_CR0_PG &&
           (x86_cpl(vcpu) == 3 || x86_sys(vcpu)->tr.base) &&
           paging_walk(&paging, &vcpu->vm->mem, gva, &page, NULL) == 0 &&
           page.user;
}
