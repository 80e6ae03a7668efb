/* SPDX-License-Identifier: MIT */
#include "tests/kvm/x86_64/explain_guest.h"

#include <errno.h>
#include <string.h>

#include "kvm/core/mem.h"
#include "kvm/x86_64/state/state.h"

enum {
    HLT = 0xf4,
    VECTORS = 256,
    TABLE = 0xc000, /* of the rows' pages */
    PAGES = 0x10000,
    PD_BEHIND_CR3 = 0x2000, /* kvm/x86_64/boot/boot.c */
    SECOND_2M = 8,
};

bool explain_is_long(const struct explain_row *row)
{
    return row->context == LONG || row->context == USER ||
           row->context == COMPAT;
}

static void put(struct vm *vm, uint64_t at, uint64_t value, size_t size)
{
    (void)mem_write(&vm->mem, at, &value, size);
}

static void put_descriptors(struct vm *vm)
{
    put(vm, GUEST_GDT + ABSENT, 0x00cf13000000ffff, 8);
    put(vm, GUEST_GDT + SHORT, 0x004093000000000f, 8);
    put(vm, GUEST_GDT + READ_ONLY, 0x00cf91000000ffff, 8);
    put(vm, GUEST_GDT + EXECUTE, 0x00cf99000000ffff, 8);
    put(vm, GUEST_GDT + NO_CODE, 0x00cf1b000000ffff, 8);
    put(vm, GUEST_GDT + DOWN, 0x0040970000000fff, 8);
    put(vm, GUEST_GDT + (USER_DATA & ~3), 0x00cff3000000ffff, 8);
    put(vm, GUEST_GDT + (USER_SHORT & ~3), 0x0040f3000000000f, 8);
}

static void put_gates(struct vm *vm, const struct explain_row *row)
{
    size_t size = explain_is_long(row) ? 16 : 8;
    uint64_t idt = x86_sys(&vm->vcpu[0])->idt.base;

    if (row->context == REAL)
        return;
    put(vm, idt + INT_KERNEL * size + 5, 0x8e, 1);
    put(vm, idt + INT_ABSENT * size + 5, 0x6e, 1);
    put(vm, idt + INT_TYPE * size + 5, 0xe2, 1);
    put(vm, idt + INT_NO_CODE * size + 2, NO_CODE, 2);
    put(vm, idt + INT_DATA * size + 2, READ_ONLY, 2);
    put(vm, idt + INT_NULL * size + 2, 0, 2);
    put(vm, idt + INT_OUTSIDE * size + 2, OUTSIDE, 2);
    put(vm, idt + INT_NARROW * size + 2, EXECUTE, 2);
}

/* The table's pages are the rows' own; XD is reserved while EFER.NXE is clear.
 */
static void put_pages(struct vm *vm)
{
    enum { P = 1, W = 2, U = 4 };
    const uint64_t xd = UINT64_C(1) << 63;

    put(vm, x86_sys(&vm->vcpu[0])->cr3 + PD_BEHIND_CR3 + SECOND_2M,
        TABLE | P | W | U, 8);
    put(vm, TABLE, PAGES | P | W, 8);
    put(vm, TABLE + 8, (PAGES + 0x1000) | P | U, 8);
    put(vm, TABLE + 16, 0, 8);
    put(vm, TABLE + 24, xd | (PAGES + 0x2000) | P | W, 8);
}

/* Nothing is left of the row before: what FNINIT makes, no exception pending,
 * x87 alone in XCR0. */
static int reset_units(struct vcpu *vcpu)
{
    enum { FCW = 0x37f, MXCSR = 0x1f80, MXCSR_AT = 6 };
    uint32_t *area = vcpu->arch->xsave->region;
    int r = x86_fetch(vcpu, X86_BANK_XSAVE);

    if (r < 0)
        return r;
    memset(area, 0, 512);
    area[0] = FCW;
    area[MXCSR_AT] = MXCSR;
    x86_xsave_mark(vcpu->arch->xsave, X86_X87);
    x86_xsave_mark(vcpu->arch->xsave, X86_SSE);
    x86_touch(vcpu, X86_BANK_XSAVE);
    if (!vcpu->arch->layout.components)
        return 0;
    r = x86_fetch(vcpu, X86_BANK_XCR);
    vcpu->arch->xcrs.xcrs[0].value = 1;
    x86_touch(vcpu, X86_BANK_XCR);
    return r;
}

/* kvm_pvm drops the flag, and runs something else. */
static bool has_v86(struct vcpu *vcpu)
{
    return x86_flush(vcpu) == 0 && x86_refetch(vcpu, X86_BANK_GP) == 0 &&
           x86_gp(vcpu)->rflags & X86_RFLAGS_VM;
}

int explain_start(struct vm *vm, const struct explain_row *row, unsigned with)
{
    struct kvm_sregs *sys = x86_sys(&vm->vcpu[0]);
    int r = guest_start(vm, row->context, with, row->bytes, row->size);

    if (r < 0)
        return r;
    for (unsigned v = 0; v < VECTORS; v++)
        put(vm, GUEST_HANDLERS + (uint64_t)v * GUEST_HANDLER_SIZE, HLT, 1);
    put_descriptors(vm);
    put_gates(vm, row);
    if (explain_is_long(row))
        put_pages(vm);
    if (row->context != REAL)
        sys->gdt.limit = OUTSIDE - 1;
    sys->cr0 = (sys->cr0 | row->cr0_set) & ~row->cr0_clear;
    sys->cr4 = (sys->cr4 | row->cr4_set) & ~row->cr4_clear;
    sys->efer = (sys->efer | row->efer_set) & ~row->efer_clear;
    r = reset_units(&vm->vcpu[0]);
    if (!r && row->context == V86 && !has_v86(&vm->vcpu[0]))
        return -ENOTSUP;
    return r;
}
