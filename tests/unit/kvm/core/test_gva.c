/* SPDX-License-Identifier: MIT */
/* Where a range is cut: at the end of what is mapped alike, and of RAM. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>

#include "kvm/core/gva.h"
#include "tests/unit/kvm/rows.h"

enum { PAGE = MEM_PAGE, RAM = 4 * PAGE, LARGE = 0x100000 };

/* LARGE and more: mapped to 0 on in one piece. Below it, pages 0 to 2 lead to
 * page 1, to where no RAM is, nowhere. */
static int translate(void *context, uint64_t gva, uint64_t *ret_gpa,
                     uint64_t *ret_run)
{
    static const uint64_t page[] = {PAGE, 16 * PAGE};

    (void)context;
    if (gva < LARGE && gva >= 2 * PAGE)
        return -EFAULT;
    *ret_gpa = gva < LARGE ? page[gva / PAGE] + gva % PAGE : gva - LARGE;
    *ret_run = gva < LARGE ? PAGE - gva % PAGE : UINT64_MAX - gva;
    return 0;
}

/* clang-format off */
static const struct {
    const char *label;
    uint64_t gva, n;
    enum gva_kind kind;
    uint64_t gpa, got;
} rows[] = {
    {"all of it",           0x10, 8, GVA_RAM, PAGE + 0x10, 8},
    {"up to the page's end", PAGE - 4, 8, GVA_RAM, 2 * PAGE - 4, 4},
    {"its last byte",       PAGE - 1, 1, GVA_RAM, 2 * PAGE - 1, 1},
    {"no RAM",              PAGE + 8, 8, GVA_NO_RAM, 16 * PAGE + 8, 8},
    {"no RAM, to the end",  2 * PAGE - 4, 8, GVA_NO_RAM, 17 * PAGE - 4, 4},
    {"nothing",             2 * PAGE + 8, 8, GVA_UNMAPPED, 0, 8},
    {"nothing, to the end", 3 * PAGE - 4, 8, GVA_UNMAPPED, 0, 4},
    {"several pages",       LARGE + 8, 2 * PAGE, GVA_RAM, 8, 2 * PAGE},
    {"up to RAM's end",     LARGE + RAM - 4, PAGE, GVA_RAM, RAM - 4, 4},
    {"behind RAM a page",   LARGE + RAM + 8, 2 * PAGE, GVA_NO_RAM, RAM + 8,
                            PAGE - 8},
    {"as much as there is", LARGE, UINT64_MAX - LARGE, GVA_RAM, 0, RAM},
};
/* clang-format on */

Test(gva, pieces)
{
    struct guest_mem mem;
    const struct gva_space space = {translate, NULL, &mem};

    cr_assert(zero(int, mem_init(&mem, RAM, NULL)));
    for (size_t i = 0; i < ROWS(rows); i++) {
        void *hva = rows[i].kind == GVA_RAM
                        ? mem_ptr(&mem, rows[i].gpa, rows[i].got)
                        : NULL;
        struct gva_piece piece;

        cr_expect(eq(int, gva_piece(&space, rows[i].gva, rows[i].n, &piece),
                     rows[i].kind),
                  "%s", rows[i].label);
        cr_expect(eq(u64, piece.gpa, rows[i].gpa), "%s", rows[i].label);
        cr_expect(eq(u64, piece.n, rows[i].got), "%s", rows[i].label);
        cr_expect(eq(ptr, piece.hva, hva), "%s", rows[i].label);
    }
    mem_done(&mem);
}
