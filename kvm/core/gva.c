/* SPDX-License-Identifier: MIT */
#include "kvm/core/gva.h"

static uint64_t gva_min(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

enum gva_kind gva_piece(const struct gva_space *space, uint64_t gva, uint64_t n,
                        struct gva_piece *ret)
{
    uint64_t page_rest = gva_min(n, MEM_PAGE - gva % MEM_PAGE);
    struct mem_span span;
    uint64_t run;

    *ret = (struct gva_piece){.n = page_rest};
    if (space->translate(space->context, gva, &ret->gpa, &run) < 0)
        return GVA_UNMAPPED;
    if (!mem_span(space->mem, ret->gpa, gva_min(run, n), &span)) {
        ret->n = gva_min(run, page_rest);
        return GVA_NO_RAM;
    }
    ret->n = span.n;
    ret->hva = span.at;
    return GVA_RAM;
}
