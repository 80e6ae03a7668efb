/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kvm/core/mem.h"
#include "kvm/x86_64/paging/paging.h"
#include "tests/unit/kvm/rows.h"
#include "tests/unit/kvm/x86_64/paging_fixture.h"

/* 1 MiB of RAM; the tables of a walk are at T5, T4, T3, T2, T1 in order, the
 * first of them where CR3 says. */
enum { RAM = 1 << 20, T5 = 0x1000, T4 = 0x2000, T3 = 0x3000, T2 = 0x4000 };
enum { T1 = 0x5000, NOWHERE = 2 * RAM };

/* Linear addresses by their table indices. */
#define GVA32(i2, i1, offset) ((uint64_t)(i2) << 22 | (i1) << 12 | (offset))
#define GVA(i5, i4, i3, i2, i1, offset)                                        \
    ((uint64_t)(i5) << 48 | (uint64_t)(i4) << 39 | (uint64_t)(i3) << 30 |      \
     (uint64_t)(i2) << 21 | (uint64_t)(i1) << 12 | (offset))
#define HIGH48 (UINT64_MAX << 48)
#define HIGH57 (UINT64_MAX << 57)

#define NO_GIB(...)                                                            \
    {                                                                          \
        COMMON(__VA_ARGS__), .no_gib_pages = true                              \
    }
#define AMD(...)                                                               \
    {                                                                          \
        COMMON(__VA_ARGS__), .is_amd = true                                    \
    }
/* PDPTEs that the CPU has: the second leads to T2. */
#define COPIES(...)                                                            \
    {                                                                          \
        COMMON(__VA_ARGS__), .has_pdpte = true, .pdpte = { T2, T2 | P }        \
    }

struct slot {
    uint64_t gpa, entry;
};

/* clang-format off */
static const struct walk_row {
    const char *label;
    struct paging paging;
    uint64_t gva;
    struct slot slot[5]; /* up to a zero gpa */
    uint64_t gpa;        /* that paging_translate() gives */
    struct page page;    /* size 0: expect the fault */
    struct walk_fault fault;
} walk_rows[] = {
    /* --- paging off --- */
    {"off", REGS(0, T2, 0, 0, 0), 0x12345,
     {{0}}, 0x12345, PAGE(0, 0, BIT(32), true, true, true, 0), {0}},
    {"off: the other bits mean nothing", REGS(0, T2, PAE | LA57, NXE, 36), 0x12345,
     {{0}}, 0x12345, PAGE(0, 0, BIT(32), true, true, true, 0), {0}},
    {"off: wraps at 32 bits", REGS(0, 0, 0, 0, 0), BIT(32) + 0x10,
     {{0}}, 0x10, PAGE(0, 0, BIT(32), true, true, true, 0), {0}},

    /* --- 32-bit --- */
    {"32: page", REGS(PG, T2, 0, 0, 0), GVA32(3, 5, 0x678),
     {{T2 + 4 * 3, T1 | ALL}, {T1 + 4 * 5, 0xabcde000 | ALL}},
     0xabcde678, PAGE(GVA32(3, 5, 0), 0xabcde000, 0x1000, true, true, true,
                  T1 + 4 * 5), {0}},
    {"32: last page", REGS(PG, T2, 0, 0, 0), 0xffffffff,
     {{T2 + 4 * 1023, T1 | ALL}, {T1 + 4 * 1023, 0x7000 | ALL}},
     0x7fff, PAGE(0xfffff000, 0x7000, 0x1000, true, true, true, T1 + 4 * 1023),
     {0}},
    {"32: sign-extended address", REGS(PG, T2, 0, 0, 0),
     UINT64_C(0xffffffffc0000010),
     {{T2 + 4 * 768, T1 | ALL}, {T1, 0x7000 | ALL}},
     0x7010, PAGE(0xc0000000, 0x7000, 0x1000, true, true, true, T1), {0}},
    {"32: PS without CR4.PSE is a table", REGS(PG, T2, 0, 0, 0), GVA32(3, 5, 0x678),
     {{T2 + 4 * 3, T1 | PS | ALL}, {T1 + 4 * 5, 0x7000 | ALL}},
     0x7678, PAGE(GVA32(3, 5, 0), 0x7000, 0x1000, true, true, true, T1 + 4 * 5),
     {0}},
    {"32: PAT bit in a PTE", REGS(PG, T2, PSE, 0, 0), GVA32(3, 5, 0x678),
     {{T2 + 4 * 3, T1 | ALL}, {T1 + 4 * 5, 0x7000 | PS | ALL}},
     0x7678, PAGE(GVA32(3, 5, 0), 0x7000, 0x1000, true, true, true, T1 + 4 * 5),
     {0}},
    {"32: CR3's low bits", REGS(PG, T2 | 0xfff, 0, 0, 0), 0,
     {{T2, T1 | ALL}, {T1, 0x7000 | ALL}},
     0x7000, PAGE(0, 0x7000, 0x1000, true, true, true, T1), {0}},
    {"32: 4 MiB", REGS(PG, T2, PSE, 0, 0), GVA32(3, 5, 0x678),
     {{T2 + 4 * 3, 0xabc00000 | PS | ALL}},
     0xabc05678, PAGE(GVA32(3, 0, 0), 0xabc00000, 0x400000, true, true, true,
                  T2 + 4 * 3), {0}},
    {"32: 4 MiB, PSE-36", REGS(PG, T2, PSE, 0, 40), GVA32(3, 5, 0x678),
     {{T2 + 4 * 3, 0xabc00000 | 0xa5 << 13 | 1 << 12 | PS | ALL}},
     UINT64_C(0xa5abc05678), PAGE(GVA32(3, 0, 0), UINT64_C(0xa5abc00000), 0x400000,
                              true, true, true, T2 + 4 * 3), {0}},
    {"32: read-only", REGS(PG, T2, 0, 0, 0), 0,
     {{T2, T1 | P | U}, {T1, 0x7000 | ALL}},
     0x7000, PAGE(0, 0x7000, 0x1000, false, true, true, T1), {0}},
    {"32: supervisor", REGS(PG, T2, 0, 0, 0), 0,
     {{T2, T1 | ALL}, {T1, 0x7000 | P | W}},
     0x7000, PAGE(0, 0x7000, 0x1000, true, false, true, T1), {0}},
    {"32: no table", REGS(PG, T2, 0, 0, 0), GVA32(3, 5, 0),
     {{T2 + 4 * 3, T1 | W | U}},
     0, {0}, {2, T2 + 4 * 3, T1 | W | U, false, false}},
    {"32: no page", REGS(PG, T2, 0, 0, 0), GVA32(3, 5, 0),
     {{T2 + 4 * 3, T1 | ALL}},
     0, {0}, {1, T1 + 4 * 5, 0, false, false}},
    {"32: directory not in RAM", REGS(PG, NOWHERE, 0, 0, 0), GVA32(3, 5, 0),
     {{0}}, 0, {0}, {2, NOWHERE + 4 * 3, 0, false, true}},
    {"32: table not in RAM", REGS(PG, T2, 0, 0, 0), GVA32(3, 5, 0),
     {{T2 + 4 * 3, NOWHERE | ALL}},
     0, {0}, {1, NOWHERE + 4 * 5, 0, false, true}},
    {"32: 4 MiB, reserved bit 21", REGS(PG, T2, PSE, 0, 0), GVA32(3, 5, 0),
     {{T2 + 4 * 3, 1 << 21 | PS | ALL}},
     0, {0}, {2, T2 + 4 * 3, 1 << 21 | PS | ALL, true, false}},
    {"32: 4 MiB beyond 36 bits", REGS(PG, T2, PSE, 0, 36), 0,
     {{T2, 1 << 17 | PS | ALL}},
     0, {0}, {2, T2, 1 << 17 | PS | ALL, true, false}},

    /* --- PAE --- */
    {"PAE: page", REGS(PG, T3, PAE, NXE, 36), GVA(0, 0, 3, 5, 7, 0x123),
     {{T3 + 8 * 3, T2 | P}, {T2 + 8 * 5, T1 | ALL},
      {T1 + 8 * 7, UINT64_C(0xfedcba000) | ALL}},
     UINT64_C(0xfedcba123), PAGE(GVA(0, 0, 3, 5, 7, 0), UINT64_C(0xfedcba000),
                             0x1000, true, true, true, T1 + 8 * 7), {0}},
    {"PAE: CR3 is a multiple of 32", REGS(PG, T3 + 0x7e0 + 0x18, PAE, 0, 0), 0,
     {{T3 + 0x7e0, T2 | P}, {T2, T1 | ALL}, {T1, 0x7000 | ALL}},
     0x7000, PAGE(0, 0x7000, 0x1000, true, true, true, T1), {0}},
    {"PAE: sign-extended address", REGS(PG, T3, PAE, 0, 36),
     UINT64_C(0xffffffffc0000010),
     {{T3 + 8 * 3, T2 | P}, {T2, T1 | ALL}, {T1, 0x7000 | ALL}},
     0x7010, PAGE(0xc0000000, 0x7000, 0x1000, true, true, true, T1), {0}},
    {"PAE: 2 MiB", REGS(PG, T3, PAE, 0, 36), GVA(0, 0, 3, 5, 7, 0x123),
     {{T3 + 8 * 3, T2 | P}, {T2 + 8 * 5, 0xabe00000 | 1 << 12 | PS | ALL}},
     0xabe07123, PAGE(GVA(0, 0, 3, 5, 0, 0), 0xabe00000, 0x200000, true, true, true,
                  T2 + 8 * 5), {0}},
    {"PAE: no-execute", REGS(PG, T3, PAE, NXE, 36), 0,
     {{T3, T2 | P}, {T2, T1 | XD | ALL}, {T1, 0x7000 | ALL}},
     0x7000, PAGE(0, 0x7000, 0x1000, true, true, false, T1), {0}},
    {"PAE: no-execute without EFER.NXE", REGS(PG, T3, PAE, 0, 36), 0,
     {{T3, T2 | P}, {T2, T1 | XD | ALL}},
     0, {0}, {2, T2, T1 | XD | ALL, true, false}},
    {"PAE: PDPTE without rights bits", REGS(PG, T3, PAE, 0, 36), 0,
     {{T3, T2 | ALL}}, 0, {0}, {3, T3, T2 | ALL, true, false}},
    {"PAE: PDPTE is never a page", REGS(PG, T3, PAE, 0, 36), 0,
     {{T3, T2 | PS | P}}, 0, {0}, {3, T3, T2 | PS | P, true, false}},
    {"PAE: PDPTE no-execute", REGS(PG, T3, PAE, NXE, 36), 0,
     {{T3, T2 | XD | P}}, 0, {0}, {3, T3, T2 | XD | P, true, false}},
    {"PAE: the CPU's PDPTE, not memory's", COPIES(PG, T3, PAE, 0, 36), BIT(30),
     {{T3 + 8, T4 | P}, {T2, PS | ALL}},
     0, PAGE(BIT(30), 0, BIT(21), true, true, true, T2), {0}},
    {"PAE: the CPU has none", COPIES(PG, T3, PAE, 0, 36), 0,
     {{T3, T2 | P}, {T2, PS | ALL}}, 0, {0}, {3, T3, T2, false, false}},
    {"4: copies are for PAE alone", COPIES(PG, T4, PAE, LMA, 46), 0,
     {{T4, T3 | ALL}, {T3, PS | ALL}},
     0, PAGE(0, 0, BIT(30), true, true, true, T3), {0}},
    {"PAE: Accessed in a PDPTE", REGS(PG, T3, PAE, 0, 36), 0,
     {{T3, T2 | BIT(5) | P}}, 0, {0}, {3, T3, T2 | BIT(5) | P, true, false}},
    {"PAE: Accessed in a PDPTE, AMD", AMD(PG, T3, PAE, 0, 36), 0,
     {{T3, T2 | BIT(5) | P}, {T2, PS | ALL}},
     0, PAGE(0, 0, BIT(21), true, true, true, T2), {0}},
    {"PAE: no PDPTE", REGS(PG, T3, PAE, 0, 36), 0xffffffff,
     {{0}}, 0, {0}, {3, T3 + 8 * 3, 0, false, false}},
    {"PAE: no table", REGS(PG, T3, PAE, 0, 36), GVA(0, 0, 0, 511, 0, 0),
     {{T3, T2 | P}}, 0, {0}, {2, T2 + 8 * 511, 0, false, false}},
    {"PAE: no page", REGS(PG, T3, PAE, 0, 36), GVA(0, 0, 0, 0, 511, 0),
     {{T3, T2 | P}, {T2, T1 | ALL}},
     0, {0}, {1, T1 + 8 * 511, 0, false, false}},
    {"PAE: page beyond MAXPHYADDR", REGS(PG, T3, PAE, 0, 36), 0,
     {{T3, T2 | P}, {T2, T1 | ALL}, {T1, BIT(36) | ALL}},
     0, {0}, {1, T1, BIT(36) | ALL, true, false}},
    {"PAE: bit 52 of a PTE", REGS(PG, T3, PAE, 0, 0), 0,
     {{T3, T2 | P}, {T2, T1 | ALL}, {T1, BIT(52) | ALL}},
     0, {0}, {1, T1, BIT(52) | ALL, true, false}},
    {"PAE: bit 62 of a PDE", REGS(PG, T3, PAE, 0, 0), 0,
     {{T3, T2 | P}, {T2, BIT(62) | T1 | ALL}},
     0, {0}, {2, T2, BIT(62) | T1 | ALL, true, false}},
    {"PAE: 2 MiB, reserved bit 13", REGS(PG, T3, PAE, 0, 36), 0,
     {{T3, T2 | P}, {T2, BIT(13) | PS | ALL}},
     0, {0}, {2, T2, BIT(13) | PS | ALL, true, false}},

    /* --- four levels --- */
    {"4: page", REGS(PG, T4, PAE, LMA_NXE, 46), GVA(0, 1, 2, 3, 4, 0x567),
     {{T4 + 8 * 1, T3 | ALL}, {T3 + 8 * 2, T2 | ALL}, {T2 + 8 * 3, T1 | ALL},
      {T1 + 8 * 4, UINT64_C(0x3fffffffe000) | ALL}},
     UINT64_C(0x3fffffffe567), PAGE(GVA(0, 1, 2, 3, 4, 0), UINT64_C(0x3fffffffe000),
                                0x1000, true, true, true, T1 + 8 * 4), {0}},
    {"4: upper half", REGS(PG, T4, PAE, LMA, 46), UINT64_MAX,
     {{T4 + 8 * 511, T3 | ALL}, {T3 + 8 * 511, T2 | ALL},
      {T2 + 8 * 511, T1 | ALL}, {T1 + 8 * 511, 0x7000 | ALL}},
     0x7fff, PAGE(-UINT64_C(0x1000), 0x7000, 0x1000, true, true, true,
              T1 + 8 * 511), {0}},
    {"4: 2 MiB", REGS(PG, T4, PAE, LMA, 46), GVA(0, 1, 2, 3, 4, 0x567),
     {{T4 + 8 * 1, T3 | ALL}, {T3 + 8 * 2, T2 | ALL},
      {T2 + 8 * 3, 0xabe00000 | 1 << 12 | PS | ALL}},
     0xabe04567, PAGE(GVA(0, 1, 2, 3, 0, 0), 0xabe00000, 0x200000, true, true, true,
                  T2 + 8 * 3), {0}},
    {"4: 1 GiB", REGS(PG, T4, PAE, LMA, 46), GVA(0, 1, 2, 3, 4, 0x567),
     {{T4 + 8 * 1, T3 | ALL}, {T3 + 8 * 2, 0x80000000 | 1 << 12 | PS | ALL}},
     0x80000000 + GVA(0, 0, 0, 3, 4, 0x567),
     PAGE(GVA(0, 1, 2, 0, 0, 0), 0x80000000, BIT(30), true, true, true,
      T3 + 8 * 2), {0}},
    {"4: PCID, cache bits, LAM in CR3", REGS(PG, BIT(62) | BIT(61) | T4 | 0xfff,
                                         PAE, LMA, 46), 0,
     {{T4, T3 | ALL}, {T3, BIT(30) | PS | ALL}},
     BIT(30), PAGE(0, BIT(30), BIT(30), true, true, true, T3), {0}},
    {"4: protection key and ignored bits", REGS(PG, T4, PAE, LMA, 46), 0,
     {{T4, BITS_IGNORED | T3 | ALL}, {T3, BITS_IGNORED | PS | ALL}},
     0, PAGE(0, 0, BIT(30), true, true, true, T3), {0}},
    {"4: rights of every level", REGS(PG, T4, PAE, LMA_NXE, 46), 0,
     {{T4, T3 | P | W}, {T3, T2 | P | U}, {T2, T1 | XD | ALL},
      {T1, 0x7000 | ALL}},
     0x7000, PAGE(0, 0x7000, 0x1000, false, false, false, T1), {0}},
    {"4: a table that is its own", REGS(PG, T4, PAE, LMA, 46), 0x123,
     {{T4, T4 | ALL}},
     T4 + 0x123, PAGE(0, T4, 0x1000, true, true, true, T4), {0}},
    {"4: not canonical", REGS(PG, T4, PAE, LMA, 46), BIT(47),
     {{T4 + 8 * 256, T3 | ALL}}, 0, {0}, {0}},
    {"4: not canonical, upper half", REGS(PG, T4, PAE, LMA, 46), HIGH48 - 1,
     {{T4 + 8 * 511, T3 | ALL}}, 0, {0}, {0}},
    {"4: not canonical, bit 48 alone", REGS(PG, T4, PAE, LMA, 46), BIT(48),
     {{T4, T3 | ALL}}, 0, {0}, {0}},
    {"4: no PML4E", REGS(PG, T4, PAE, LMA, 46), HIGH48 | BIT(47),
     {{0}}, 0, {0}, {4, T4 + 8 * 256, 0, false, false}},
    {"4: no PDPTE", REGS(PG, T4, PAE, LMA, 46), BIT(30),
     {{T4, T3 | ALL}}, 0, {0}, {3, T3 + 8, 0, false, false}},
    {"4: no PDE", REGS(PG, T4, PAE, LMA, 46), BIT(21),
     {{T4, T3 | ALL}, {T3, T2 | ALL}}, 0, {0}, {2, T2 + 8, 0, false, false}},
    {"4: no PTE", REGS(PG, T4, PAE, LMA, 46), BIT(12),
     {{T4, T3 | ALL}, {T3, T2 | ALL}, {T2, T1 | ALL}, {T1 + 8, ~UINT64_C(1)}},
     0, {0}, {1, T1 + 8, ~UINT64_C(1), false, false}},
    {"4: PML4E is never a page", REGS(PG, T4, PAE, LMA, 46), 0,
     {{T4, T3 | PS | ALL}}, 0, {0}, {4, T4, T3 | PS | ALL, true, false}},
    {"4: 1 GiB, reserved bit 29", REGS(PG, T4, PAE, LMA, 46), 0,
     {{T4, T3 | ALL}, {T3, BIT(29) | PS | ALL}},
     0, {0}, {3, T3, BIT(29) | PS | ALL, true, false}},
    {"4: 2 MiB, reserved bit 20", REGS(PG, T4, PAE, LMA, 46), 0,
     {{T4, T3 | ALL}, {T3, T2 | ALL}, {T2, BIT(20) | PS | ALL}},
     0, {0}, {2, T2, BIT(20) | PS | ALL, true, false}},
    {"4: no-execute without EFER.NXE", REGS(PG, T4, PAE, LMA, 46), 0,
     {{T4, T3 | XD | ALL}}, 0, {0}, {4, T4, T3 | XD | ALL, true, false}},
    {"4: table beyond MAXPHYADDR", REGS(PG, T4, PAE, LMA, 46), 0,
     {{T4, BIT(46) | ALL}}, 0, {0}, {4, T4, BIT(46) | ALL, true, false}},
    {"4: MAXPHYADDR unknown is 52", REGS(PG, T4, PAE, LMA, 0), 0,
     {{T4, T3 | ALL}, {T3, BIT(51) | PS | ALL}},
     BIT(51), PAGE(0, BIT(51), BIT(30), true, true, true, T3), {0}},
    {"4: MAXPHYADDR absurd is 52", REGS(PG, T4, PAE, LMA, 255), 0,
     {{T4, T3 | ALL}, {T3, BIT(51) | PS | ALL}},
     BIT(51), PAGE(0, BIT(51), BIT(30), true, true, true, T3), {0}},
    {"4: top table not in RAM", REGS(PG, NOWHERE, PAE, LMA, 46), 0,
     {{0}}, 0, {0}, {4, NOWHERE, 0, false, true}},
    {"4: table not in RAM", REGS(PG, T4, PAE, LMA, 46), 0,
     {{T4, T3 | ALL}, {T3, BIT(45) | ALL}},
     0, {0}, {2, BIT(45), 0, false, true}},
    {"4: CR4.LA57 counts in long mode only", REGS(PG, T3, PAE | LA57, 0, 46), 0,
     {{T3, T2 | P}, {T2, PS | ALL}},
     0, PAGE(0, 0, BIT(21), true, true, true, T2), {0}},

    {"4: bit 8 of a PML4E", REGS(PG, T4, PAE, LMA, 46), 0,
     {{T4, T3 | BIT(8) | ALL}, {T3, PS | ALL}},
     0, PAGE(0, 0, BIT(30), true, true, true, T3), {0}},
    {"4: bit 8 of a PML4E, AMD", AMD(PG, T4, PAE, LMA, 46), 0,
     {{T4, T3 | BIT(8) | ALL}, {T3, PS | ALL}},
     0, {0}, {4, T4, T3 | BIT(8) | ALL, true, false}},
    {"4: bit 8 below it, AMD", AMD(PG, T4, PAE, LMA, 46), 0,
     {{T4, T3 | ALL}, {T3, T2 | BIT(8) | ALL}, {T2, PS | BIT(8) | ALL}},
     0, PAGE(0, 0, BIT(21), true, true, true, T2), {0}},
    {"5: bit 8 of a PML5E, AMD", AMD(PG, T5, PAE | LA57, LMA, 52), 0,
     {{T5, T4 | BIT(8) | ALL}},
     0, {0}, {5, T5, T4 | BIT(8) | ALL, true, false}},
    {"4: PS without pages of 1 GiB", NO_GIB(PG, T4, PAE, LMA, 46), 0,
     {{T4, T3 | ALL}, {T3, PS | ALL}},
     0, {0}, {3, T3, PS | ALL, true, false}},
    {"4: 2 MiB without pages of 1 GiB", NO_GIB(PG, T4, PAE, LMA, 46), 0x123,
     {{T4, T3 | ALL}, {T3, T2 | ALL}, {T2, PS | ALL}},
     0x123, PAGE(0, 0, BIT(21), true, true, true, T2), {0}},

    /* --- five levels --- */
    {"5: page", REGS(PG, T5, PAE | LA57, LMA, 52), GVA(6, 1, 2, 3, 4, 0x567),
     {{T5 + 8 * 6, T4 | ALL}, {T4 + 8 * 1, T3 | ALL}, {T3 + 8 * 2, T2 | ALL},
      {T2 + 8 * 3, T1 | ALL}, {T1 + 8 * 4, UINT64_C(0xfffffffffe000) | ALL}},
     UINT64_C(0xfffffffffe567),
     PAGE(GVA(6, 1, 2, 3, 4, 0), UINT64_C(0xfffffffffe000), 0x1000, true, true,
      true, T1 + 8 * 4), {0}},
    {"5: canonical where 4 is not", REGS(PG, T5, PAE | LA57, LMA, 52), BIT(47),
     {{T5, T4 | ALL}, {T4 + 8 * 256, T3 | ALL}, {T3, PS | ALL}},
     0, PAGE(BIT(47), 0, BIT(30), true, true, true, T3), {0}},
    {"5: upper half", REGS(PG, T5, PAE | LA57, LMA, 52), HIGH57 | BIT(56),
     {{T5 + 8 * 256, T4 | ALL}, {T4, T3 | ALL}, {T3, PS | ALL}},
     0, PAGE(HIGH57 | BIT(56), 0, BIT(30), true, true, true, T3), {0}},
    {"5: not canonical", REGS(PG, T5, PAE | LA57, LMA, 52), BIT(56),
     {{T5 + 8 * 256, T4 | ALL}}, 0, {0}, {0}},
    {"5: no PML5E", REGS(PG, T5, PAE | LA57, LMA, 52), BIT(48),
     {{0}}, 0, {0}, {5, T5 + 8, 0, false, false}},
    {"5: PML5E is never a page", REGS(PG, T5, PAE | LA57, LMA, 52), 0,
     {{T5, T4 | PS | ALL}}, 0, {0}, {5, T5, T4 | PS | ALL, true, false}},
};
/* clang-format on */

static void expect_fault(const char *label, const struct walk_fault *got,
                         const struct walk_fault *want)
{
    cr_expect(eq(u32, got->level, want->level), "%s: level", label);
    cr_expect(eq(u64, got->entry_gpa, want->entry_gpa), "%s: entry gpa", label);
    cr_expect(eq(u64, got->entry, want->entry), "%s: entry", label);
    cr_expect(eq(int, got->reserved, want->reserved), "%s: reserved", label);
    cr_expect(eq(int, got->no_memory, want->no_memory), "%s: no memory", label);
}

/* The entries that the walk has used are those of the row, from the top down;
 * PAE's first one has no Accessed bit. */
static void expect_entries(const struct walk_row *row,
                           const struct guest_mem *mem)
{
    bool skips = paging_is_pae(&row->paging);
    const struct slot *slot = row->slot + skips;
    uint64_t entry[PAGING_LEVELS];
    unsigned n = paging_entries(&row->paging, mem, row->gva, entry);
    unsigned want = 0;

    while (row->page.size && slot + want < row->slot + 5 && slot[want].gpa)
        want++;
    cr_expect(eq(u32, n, want), "%s: entries", row->label);
    for (unsigned i = 0; i < n && i < want; i++)
        cr_expect(eq(u64, entry[i], slot[i].gpa), "%s: entry %u", row->label,
                  i);
}

ParameterizedTestParameters(paging, walk)
{
    return row_numbers(ROWS(walk_rows));
}

ParameterizedTest(const size_t *i, paging, walk)
{
    const struct walk_row *row = &walk_rows[*i];
    int err = row->page.size ? 0 : -EFAULT;
    struct guest_mem mem;
    struct page page;
    struct walk_fault fault = {0};
    uint64_t gpa, run;

    cr_assert(eq(int, mem_init(&mem, RAM, NULL), 0));
    for (const struct slot *s = row->slot; s < row->slot + 5 && s->gpa; s++)
        put_entry(&mem, &row->paging, s->gpa, s->entry);

    cr_expect(
        eq(int, paging_walk(&row->paging, &mem, row->gva, &page, &fault), err),
        "%s", row->label);
    expect_fault(row->label, &fault, &row->fault);
    expect_entries(row, &mem);
    cr_expect(eq(int,
                 paging_translate(&row->paging, &mem, row->gva, &gpa, &run),
                 err),
              "%s", row->label);
    if (!err) {
        expect_page(row->label, &page, &row->page);
        cr_expect(eq(u64, gpa, row->gpa), "%s: translated", row->label);
        cr_expect(eq(u64, run, page.size - (gpa - page.gpa)), "%s: run",
                  row->label);
    }
    mem_done(&mem);
}

Test(paging, fault_may_be_null)
{
    const struct paging paging = REGS(PG, 0, PAE, LMA, 0);
    struct guest_mem mem;
    struct page page;

    cr_assert(eq(int, mem_init(&mem, RAM, NULL), 0));
    cr_expect(eq(int, paging_walk(&paging, &mem, 0, &page, NULL), -EFAULT));
    cr_expect(
        eq(int, paging_walk(&paging, &mem, BIT(63), &page, NULL), -EFAULT));
    mem_done(&mem);
}

/* --- all tables --- */

/* clang-format off */
static const struct tables_row {
    const char *label;
    struct paging paging;
    struct slot slot[6];
    const char *tables; /* in the order of the visits */
} tables_rows[] = {
    {"paging is off", REGS(0, 0x1000, 0, 0, 0), {{0x1000, 0x2000 | P}}, ""},
    {"32-bit", REGS(PG, 0x1018, 0, 0, 0),
     {{0x1000, 0x2000 | P}, {0x1ffc, 0x3000 | P}, {0x2000, 0x4000 | P}},
     "1000 2000 3000"},
    {"pages of 4 MiB", REGS(PG, 0x1000, PSE, 0, 0),
     {{0x1000, 0x2000 | P}, {0x1004, PS | P}}, "1000 2000"},
    {"PAE, four entries and no more", REGS(PG, 0x1020, PAE, 0, 0),
     {{0x1020, 0x2000 | P}, {0x1038, 0x3000 | P}, {0x1040, 0x4000 | P}},
     "1000 2000 3000"},
    {"long mode", REGS(PG, 0x1000, PAE, LMA, 0),
     {{0x1000, 0x2000 | P}, {0x2008, 0x3000 | P}, {0x2010, PS | P},
      {0x3010, 0x4000 | P}, {0x3018, PS | P}, {0x4000, 0x5000 | P}},
     "1000 2000 3000 4000"},
    {"five levels", REGS(PG, 0x1000, PAE | LA57, LMA, 0),
     {{0x1000, 0x2000 | P}, {0x2000, 0x3000 | P}, {0x3000, 0x4000 | P},
      {0x4000, 0x5000 | P}}, "1000 2000 3000 4000 5000"},
    {"not present, reserved, not RAM", REGS(PG, 0x1000, PAE, LMA, 40),
     {{0x1000, 0x2000}, {0x1008, 0x3000 | PS | P}, {0x1010, BIT(45) | P},
      {0x1018, RAM | P}}, "1000"},
    {"twice the same", REGS(PG, 0x1000, PAE, LMA, 0),
     {{0x1000, 0x2000 | P}, {0x1008, 0x2000 | P}, {0x2000, 0x3000 | P}},
     "1000 2000 3000"},
    {"a table that leads to itself", REGS(PG, 0x1000, PAE, LMA, 0),
     {{0x1ff8, 0x1000 | P}, {0x1000, 0x2000 | P}},
     "1000 2000 1000 2000 1000 2000 1000"},
    {"no table at all", REGS(PG, RAM, PAE, LMA, 0), {{0, 0}}, ""},
};
/* clang-format on */

enum { TABLES_TEXT = 128 };

static void note_table(void *context, uint64_t gpa)
{
    char *text = context;
    size_t at = strlen(text);

    (void)snprintf(text + at, TABLES_TEXT - at, "%s%llx", at ? " " : "",
                   (unsigned long long)gpa);
}

ParameterizedTestParameters(paging, tables)
{
    return row_numbers(ROWS(tables_rows));
}

ParameterizedTest(const size_t *i, paging, tables)
{
    const struct tables_row *row = &tables_rows[*i];
    char text[TABLES_TEXT] = "";
    struct guest_mem mem;

    cr_assert(eq(int, mem_init(&mem, RAM, NULL), 0));
    for (const struct slot *s = row->slot; s < row->slot + 6 && s->entry; s++)
        put_entry(&mem, &row->paging, s->gpa, s->entry);
    cr_expect(eq(int, paging_tables(&row->paging, &mem, note_table, text), 0),
              "%s", row->label);
    cr_expect(eq(int, strcmp(text, row->tables), 0), "%s: %s", row->label,
              text);
    mem_done(&mem);
}
