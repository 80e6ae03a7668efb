/* SPDX-License-Identifier: MIT */
/*
 * Regions of an address space. Page tables lie at 0x1000 (PML4), 0x2000,
 * 0x3000 and 0x4000, each with the entries of a row; RAM is 1 MiB.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "kvm/core/mem.h"
#include "kvm/x86_64/paging/region.h"
#include "tests/unit/kvm/rows.h"
#include "tests/unit/kvm/x86_64/paging_fixture.h"

enum { RAM = 1 << 20, ENTRIES = 6, TABLE = 0x1000 };

#define PML4(i) (TABLE + 8 * (i))
#define PDPT(i) (2 * TABLE + 8 * (i))
#define PD(i)   (3 * TABLE + 8 * (i))
#define PT(i)   (4 * TABLE + 8 * (i))
#define TO_PDPT                                                                \
    {                                                                          \
        PML4(0), 2 * TABLE | ALL                                               \
    }
#define TO_PD                                                                  \
    {                                                                          \
        PDPT(0), 3 * TABLE | ALL                                               \
    }
#define TO_PT                                                                  \
    {                                                                          \
        PD(0), 4 * TABLE | ALL                                                 \
    }
#define OFF                                                                    \
    {                                                                          \
        .cr0 = 0                                                               \
    }
#define LONG   REGS(PG, TABLE, PAE, LMA_NXE, 0)
#define GIB(n) (UINT64_C(n) << 30)
#define UPPER  UINT64_C(0xffff800000000000)

/* clang-format off */
static const struct {
    const char *label;
    struct paging paging;
    struct { uint64_t gpa, entry; } entry[ENTRIES];
    uint64_t gva;
    struct gva_region want;
} rows[] = {
    {"paging off: RAM", OFF, {{0}}, 0x1234, {0, RAM, true, true, true, true}},
    {"paging off: last byte of RAM", OFF, {{0}}, RAM - 1,
     {0, RAM, true, true, true, true}},
    {"paging off: beyond RAM", OFF, {{0}}, RAM,
     {RAM, -(uint64_t)RAM, false, false, false, false}},
    {"paging off: beyond 32 bits", OFF, {{0}}, GIB(5),
     {RAM, -(uint64_t)RAM, false, false, false, false}},
    {"empty: all of it", LONG, {{0}}, 0, {0, 0, false, false, false, false}},
    {"empty: not canonical", LONG, {{0}}, BIT(50), {0, 0, false, false, false, false}},
    {"empty: the end", LONG, {{0}}, UINT64_MAX, {0, 0, false, false, false, false}},
    {"two pages alike", LONG,
     {TO_PDPT, TO_PD, TO_PT, {PT(2), 0x5000 | ALL}, {PT(3), 0x9000 | ALL}},
     0x3fff, {0x2000, 0x2000, true, true, true, true}},
    {"one is read-only", LONG,
     {TO_PDPT, TO_PD, TO_PT, {PT(2), 0x5000 | ALL}, {PT(3), 0x6000 | P}},
     0x3000, {0x3000, 0x1000, true, false, true, false}},
    {"one is the kernel's", LONG,
     {TO_PDPT, TO_PD, TO_PT, {PT(2), 0x5000 | ALL}, {PT(3), 0x6000 | P | W}},
     0x3000, {0x3000, 0x1000, true, true, true, false}},
    {"one is not executable", LONG,
     {TO_PDPT, TO_PD, TO_PT, {PT(2), 0x5000 | ALL | XD}, {PT(3), 0x6000 | ALL}},
     0x2000, {0x2000, 0x1000, true, true, false, true}},
    {"before the first page", LONG,
     {TO_PDPT, TO_PD, TO_PT, {PT(2), 0x5000 | ALL}},
     0, {0, 0x2000, false, false, false, false}},
    {"behind the last page", LONG,
     {TO_PDPT, TO_PD, TO_PT, {PT(2), 0x5000 | ALL}},
     GIB(7), {0x3000, -UINT64_C(0x3000), false, false, false, false}},
    {"a page that is not RAM", LONG,
     {TO_PDPT, TO_PD, TO_PT, {PT(2), 0x5000 | ALL}, {PT(3), RAM | ALL}},
     0x3000, {0x3000, -UINT64_C(0x3000), false, false, false, false}},
    {"a large page, as far as RAM goes", LONG,
     {TO_PDPT, TO_PD, {PD(1), 0 | PS | ALL}},
     0x212345, {0x200000, RAM, true, true, true, true}},
    {"the upper half", LONG,
     {TO_PDPT, {PML4(256), 2 * TABLE | ALL}, TO_PD, TO_PT,
      {PT(2), 0x5000 | ALL}},
     UPPER + 0x2fff, {UPPER + 0x2000, 0x1000, true, true, true, true}},
    {"between the halves", LONG,
     {{PML4(256), 2 * TABLE | ALL}, TO_PD, TO_PT, {PT(0), 0x5000 | ALL}},
     BIT(48), {0, UPPER, false, false, false, false}},
};
/* clang-format on */

Test(region, rows)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct guest_mem mem = {.n = 0};
        struct gva_region got;
        struct diag diag;

        cr_assert(eq(int, mem_init(&mem, RAM, &diag), 0));
        for (size_t k = 0; k < ENTRIES && rows[i].entry[k].gpa; k++)
            put_entry(&mem, &rows[i].paging, rows[i].entry[k].gpa,
                      rows[i].entry[k].entry);
        x86_region(&rows[i].paging, &mem, rows[i].gva, &got);
        cr_expect(eq(u64, got.start, rows[i].want.start), "%s", rows[i].label);
        cr_expect(eq(u64, got.size, rows[i].want.size), "%s", rows[i].label);
        cr_expect(eq(int, got.mapped, rows[i].want.mapped), "%s",
                  rows[i].label);
        cr_expect(eq(int, got.writable, rows[i].want.writable), "%s",
                  rows[i].label);
        cr_expect(eq(int, got.executable, rows[i].want.executable), "%s",
                  rows[i].label);
        cr_expect(eq(int, got.user, rows[i].want.user), "%s", rows[i].label);
        mem_done(&mem);
    }
}
