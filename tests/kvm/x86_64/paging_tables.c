/* SPDX-License-Identifier: MIT */
#include "tests/kvm/x86_64/paging_tables.h"

#include "kvm/core/mem.h"
#include "kvm/x86_64/state/state.h"

#define BIT(n) (UINT64_C(1) << (n))

/* Entry bits, Intel SDM 3A tables 4-5 to 4-20. */
enum { P = 1, W = 2, U = 4, PS = 0x80 };

enum { LOW_PAGES = 16, USER_PAGE = 2, PAGE_SHIFT = 12 };

/* clang-format off */
const struct paging_mode paging_modes[N_MODES] = {
    [MODE_32]  = {"32-bit", false, 0, 2, 32, 4,
                  {0, 12, 22}, {0, 10, 10}, 1},
    [MODE_PSE] = {"32-bit with 4 MiB", false, BIT(4), 2, 32, 4,
                  {0, 12, 22}, {0, 10, 10}, 2},
    [MODE_PAE] = {"PAE", false, BIT(5), 3, 32, 8,
                  {0, 12, 21, 30}, {0, 9, 9, 2}, 2},
    [MODE_4]   = {"4 levels", true, BIT(5), 4, 48, 8,
                  {0, 12, 21, 30, 39}, {0, 9, 9, 9, 9}, 3},
    [MODE_5]   = {"5 levels", true, BIT(5) | BIT(12), 5, 57, 8,
                  {0, 12, 21, 30, 39, 48}, {0, 9, 9, 9, 9, 9}, 3},
};
/* clang-format on */

/* --- chance --- */

static uint64_t state;

void draw_seed(uint64_t seed)
{
    state = seed;
}

uint32_t draw(void)
{
    state =
        state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 32);
}

static bool one_in(unsigned n)
{
    return draw() % n == 0;
}

static uint64_t draw_64(void)
{
    return (uint64_t)draw() << 32 | draw();
}

/* --- entries --- */

bool tables_free_bit_8;

static uint64_t pool_page(void)
{
    return GUEST_POOL + (uint64_t)(draw() % POOL_PAGES) * MEM_PAGE;
}

/* Where a page of that size lies: in RAM mostly. Where none is, KVM has no
 * pages of its own either (kvm/x86_64/state/setup.c). */
static uint64_t page_at(unsigned shift)
{
    uint64_t gpa = draw() % GUEST_RAM;

    if (one_in(8))
        gpa = BIT(30) | (draw() & 0x3fffffff);
    else if (one_in(8))
        gpa = BIT(32) | (draw_64() & (BIT(36) - 1));
    return gpa & -BIT(shift);
}

/* PSE-36 puts bits 39:32 of the address into bits 20:13. */
static uint64_t leaf(const struct paging_mode *mode, unsigned level)
{
    uint64_t gpa = page_at(mode->shift[level]);

    if (mode->entry_size == 8)
        return gpa;
    if (level == 1)
        return gpa & 0xfffff000;
    return (gpa & 0xffc00000) | (gpa >> 32 & 0xff) << 13;
}

static uint64_t entry(const struct paging_mode *mode, unsigned level)
{
    bool is_leaf = level == 1 || (level <= mode->largest && one_in(4));
    uint64_t e = is_leaf ? leaf(mode, level) : pool_page();

    e |= P | (one_in(4) ? 0 : W) | (one_in(4) ? 0 : U);
    e |= draw() & 0xe78; /* PWT, PCD, A, D, and what is ignored */
    if (level > 1 && is_leaf)
        e |= PS;
    if (mode->entry_size == 8)
        e |= (one_in(6) ? BIT(63) : 0) | (draw_64() & UINT64_C(0x7ff) << 52);
    if (mode->entry_size == 8 && !mode->is_long && !one_in(32))
        e &= ~(UINT64_C(0x7ff) << 52); /* reserved in PAE */
    if (one_in(16))
        e ^= BIT(draw() % (8 * mode->entry_size));
    return tables_free_bit_8 ? e & ~BIT(8) : e;
}

uint64_t tables_pdpte(void)
{
    return pool_page() | (draw() & 0xe18) | (one_in(8) ? 0 : P);
}

/* --- tables --- */

static void put_entry(struct vm *vm, const struct paging_mode *mode,
                      unsigned page, unsigned index, uint64_t e)
{
    uint64_t at = GUEST_POOL + (uint64_t)page * MEM_PAGE +
                  (uint64_t)index * mode->entry_size;

    (void)mem_write(&vm->mem, at, &e, mode->entry_size);
}

/* The first pages of the pool are the way to the guest's own code. */
static void put_low_pages(struct vm *vm, const struct paging_mode *mode)
{
    bool pae = !mode->is_long && mode->levels == 3;

    for (unsigned level = mode->levels; level > 1; level--) {
        unsigned page = mode->levels - level;
        uint64_t next = GUEST_POOL + (uint64_t)(page + 1) * MEM_PAGE;

        put_entry(vm, mode, page, 0,
                  next | P | (pae && level == 3 ? 0 : W | U));
    }
    for (unsigned i = 0; i < LOW_PAGES; i++)
        put_entry(vm, mode, mode->levels - 1, i,
                  (uint64_t)i << PAGE_SHIFT | P | W | (i == USER_PAGE ? U : 0));
}

/* A page may serve as a table of any level: which one its entries are made for
 * is a matter of chance, too. */
void tables_fill(struct vm *vm, const struct paging_mode *mode)
{
    unsigned entries = MEM_PAGE / mode->entry_size;

    for (unsigned page = 0; page < POOL_PAGES; page++) {
        unsigned level = page < mode->levels
                             ? mode->levels - page
                             : 1 + draw() % (mode->levels > 3 ? 3 : 2);

        for (unsigned i = 0; i < entries; i++)
            put_entry(vm, mode, page, i,
                      mode == &paging_modes[MODE_PAE] && page == 0
                          ? tables_pdpte()
                          : entry(mode, level));
    }
    put_low_pages(vm, mode);
}

/* --- addresses --- */

uint64_t tables_address(const struct paging_mode *mode)
{
    uint64_t gva = draw_64();
    unsigned top = mode->gva_bits - 1;

    for (unsigned level = 1; level <= mode->levels; level++)
        if (one_in(8)) /* along the guest's own path */
            gva &= ~((BIT(mode->bits[level]) - 1) << mode->shift[level]);
    if (one_in(2)) /* a large page's RAM is near its start */
        gva &= ~(BIT(30) - BIT(23));
    gva &= ~UINT64_C(7);
    if (!mode->is_long)
        return (uint32_t)gva;
    if (one_in(16)) /* not canonical, most likely */
        return gva;
    gva &= BIT(mode->gva_bits) - 1;
    return gva >> top & 1 ? gva | -BIT(mode->gva_bits) : gva;
}
