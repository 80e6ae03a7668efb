/* SPDX-License-Identifier: MIT */
#ifndef KVM_CORE_MEM_H
#define KVM_CORE_MEM_H

/*
 * Guest-physical memory: RAM as the host sees it, without KVM.
 *
 * Layout: RAM starts at gpa 0. Where the board wants a hole for its devices,
 * what does not fit below goes above it.
 * Everything that touches guest memory goes through these functions; bounds
 * are checked by subtraction, so no address or length can wrap.
 *
 * Threading: the layout is fixed after mem_init(). Bytes may be touched by
 * running vCPUs at any time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kvm/core/diag.h"

enum { MEM_MAX_REGIONS = 4, MEM_PAGE = 4096 };

struct mem_region {
    uint64_t gpa;  /* page aligned */
    uint64_t size; /* bytes, page multiple */
    uint8_t *hva;
    bool of_device; /* no RAM, though it is used like that */
};

/* Where there never is RAM: [start, end), page aligned, not from 0 on. */
struct mem_hole {
    uint64_t start, end;
};

struct guest_mem {
    struct mem_region region[MEM_MAX_REGIONS]; /* in order of gpa */
    unsigned n;
    struct mem_hole hole; /* {0, 0}: there is none */
};

/* RAM in one piece. size: bytes, a multiple of MEM_PAGE, at least one page.
 * Untouched memory costs nothing. -EINVAL or -ENOMEM with diag. */
int mem_init(struct guest_mem *mem, uint64_t size, struct diag *diag);
/* The same with a hole in it. */
int mem_init_around(struct guest_mem *mem, uint64_t size,
                    const struct mem_hole *hole, struct diag *diag);
/* Memory of a device's own, in the hole: it is read, written and watched as RAM
 * is, and told to nobody as RAM. Page aligned. -EINVAL: there is something, or
 * it is not in the hole; -ENOMEM; with diag. */
int mem_add_device(struct guest_mem *mem, uint64_t gpa, uint64_t size,
                   struct diag *diag);
/* Gives the memory back; fine on a zeroed struct. */
void mem_done(struct guest_mem *mem);
/* All RAM reads as zero again. */
int mem_clear(struct guest_mem *mem);

/* Are all of n bytes at gpa RAM, in one piece? n may be 0. */
bool mem_has(const struct guest_mem *mem, uint64_t gpa, size_t n);

/* Bytes of RAM in one piece, to be copied from or to where they are. Borrowed,
 * until the memory goes. */
struct mem_span {
    uint8_t *at;
    size_t n;
};

/* The first of n bytes at gpa, n not 0, and as many as follow it in one piece.
 * False when that one is not RAM. */
bool mem_span(const struct guest_mem *mem, uint64_t gpa, size_t n,
              struct mem_span *ret);
/* For kvm/core and tests: where n bytes at gpa are, or NULL when not all of
 * them are RAM. n may be 0. */
void *mem_ptr(const struct guest_mem *mem, uint64_t gpa, size_t n);
/* 0 or -EFAULT: all or nothing. */
int mem_read(const struct guest_mem *mem, uint64_t gpa, void *out, size_t n);
int mem_write(const struct guest_mem *mem, uint64_t gpa, const void *in,
              size_t n);
/* n bytes read as zero; whole pages are given back, not written. 0 or -EFAULT
 * (all or nothing), or what madvise(2) says. */
int mem_zero(const struct guest_mem *mem, uint64_t gpa, size_t n);
/* End of the RAM below the hole, or of all of it: one past its last byte. */
uint64_t mem_low_end(const struct guest_mem *mem);
/* All RAM, in bytes. */
uint64_t mem_size(const struct guest_mem *mem);

#endif
