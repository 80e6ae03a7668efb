/* SPDX-License-Identifier: MIT */
#ifndef KVM_CORE_GVA_H
#define KVM_CORE_GVA_H

/*
 * Guest-virtual ranges, piece by piece: the one place where a range is cut at
 * the ends of pages and of RAM. Whoever walks over one calls gva_piece() until
 * all bytes are done.
 */

#include <stdint.h>

#include "kvm/core/mem.h"

/* Addresses, and the RAM that they may lead to. */
struct gva_space {
    /* As arch_translate(): the gpa of gva, and how many bytes from there on lie
     * in one piece. -EFAULT when gva is not mapped. */
    int (*translate)(void *context, uint64_t gva, uint64_t *ret_gpa,
                     uint64_t *ret_run);
    void *context;
    const struct guest_mem *mem;
};

enum gva_kind {
    GVA_RAM,
    GVA_NO_RAM,   /* mapped to where no RAM is */
    GVA_UNMAPPED, /* gpa is not known */
};

struct gva_piece {
    uint64_t gpa;
    uint64_t n;   /* bytes; only those of RAM may be more than a page */
    uint8_t *hva; /* of RAM, else NULL; borrowed until the memory goes */
};

/* The first of n bytes at gva, n not 0, and those that follow it in one piece
 * of one kind. */
enum gva_kind gva_piece(const struct gva_space *space, uint64_t gva, uint64_t n,
                        struct gva_piece *ret);

#endif
