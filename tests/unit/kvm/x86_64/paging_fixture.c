/* SPDX-License-Identifier: MIT */
#include "tests/unit/kvm/x86_64/paging_fixture.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "kvm/core/mem.h"

void put_entry(const struct guest_mem *mem, const struct paging *paging,
               uint64_t gpa, uint64_t entry)
{
    bool wide = paging->efer & LMA || paging->cr4 & PAE;

    cr_assert(eq(int, mem_write(mem, gpa, &entry, wide ? 8 : 4), 0));
}

void expect_page(const char *label, const struct page *got,
                 const struct page *want)
{
    cr_expect(eq(u64, got->gva, want->gva), "%s: gva", label);
    cr_expect(eq(u64, got->gpa, want->gpa), "%s: gpa", label);
    cr_expect(eq(u64, got->size, want->size), "%s: size", label);
    cr_expect(eq(int, got->writable, want->writable), "%s: writable", label);
    cr_expect(eq(int, got->user, want->user), "%s: user", label);
    cr_expect(eq(int, got->executable, want->executable), "%s: executable",
              label);
    cr_expect(eq(u64, got->entry_gpa, want->entry_gpa), "%s: entry", label);
}
