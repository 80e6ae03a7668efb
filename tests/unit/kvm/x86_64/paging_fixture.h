/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_KVM_X86_64_PAGING_FIXTURE_H
#define TESTS_UNIT_KVM_X86_64_PAGING_FIXTURE_H

/*
 * What the tests of the page walker share. The bits are written down here a
 * second time, from the manual, so that a slip in one place is noticed.
 */

#include "kvm/x86_64/paging/paging.h"

/* Entry bits, Intel SDM 3A tables 4-5 to 4-20. */
enum { P = 1 << 0, W = 1 << 1, U = 1 << 2, PS = 1 << 7, ALL = P | W | U };
#define XD      (UINT64_C(1) << 63)
#define BIT(n)  (UINT64_C(1) << (n))
#define PG      BIT(31)
#define PSE     BIT(4)
#define PAE     BIT(5)
#define LA57    BIT(12)
#define LMA     BIT(10)
#define NXE     BIT(11)
#define LMA_NXE (LMA | NXE)
/* Bits 62:52 and 11:9 of a 64-bit entry. */
#define BITS_IGNORED (UINT64_C(0x7ff) << 52 | UINT64_C(7) << 9)

/* In rows. */
#define COMMON(cr0_, cr3_, cr4_, efer_, maxphyaddr_)                           \
    .cr0 = cr0_, .cr3 = cr3_, .cr4 = cr4_, .efer = efer_,                      \
    .maxphyaddr = maxphyaddr_
#define REGS(...)                                                              \
    {                                                                          \
        COMMON(__VA_ARGS__)                                                    \
    }
#define PAGE(gva_, gpa_, size_, w, u, x, entry)                                \
    {                                                                          \
        .gva = gva_, .gpa = gpa_, .size = size_, .writable = w, .user = u,     \
        .executable = x, .entry_gpa = entry                                    \
    }

/* Writes an entry of the size that the paging mode has. */
void put_entry(const struct guest_mem *mem, const struct paging *paging,
               uint64_t gpa, uint64_t entry);
void expect_page(const char *label, const struct page *got,
                 const struct page *want);

#endif
