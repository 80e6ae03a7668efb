/* SPDX-License-Identifier: MIT */
#include "tests/kvm/x86_64/explain_spoils.h"

#include "kvm/core/mem.h"
#include "kvm/x86_64/state/state.h"
#include "tests/kvm/x86_64/explain_rows.h"

static void put(struct vm *vm, uint64_t at, uint64_t value, size_t size)
{
    (void)mem_write(&vm->mem, at, &value, size);
}

/* In all gates, since the failure is an exception, too. */
static void put_gates(struct vm *vm, size_t at, uint64_t value, size_t size)
{
    enum { VECTORS = 256 };
    size_t gate = x86_sys(&vm->vcpu[0])->efer & X86_EFER_LMA ? 16 : 8;

    for (size_t vector = 0; vector < VECTORS; vector++)
        put(vm, GUEST_IDT + vector * gate + at, value, size);
}

static void short_table(struct vm *vm)
{
    x86_sys(&vm->vcpu[0])->idt.limit = 0x2f;
}

static void absent(struct vm *vm)
{
    put_gates(vm, 5, 0x0e, 1);
}

static void no_gate(struct vm *vm)
{
    put_gates(vm, 5, 0x82, 1);
}

static void data(struct vm *vm)
{
    put_gates(vm, 2, KERNEL_DS, 2);
}

static void null_code(struct vm *vm)
{
    put_gates(vm, 2, 0, 2);
}

static void narrow(struct vm *vm)
{
    put_gates(vm, 2, USER_CS_32 & ~3, 2);
    put(vm, GUEST_GDT + (USER_CS_32 & ~3), 0x00cf9b000000ffff, 8);
}

static void no_stack(struct vm *vm)
{
    x86_gp(&vm->vcpu[0])->rsp = PAGE_ABSENT + MEM_PAGE;
}

static void no_interrupt_stack(struct vm *vm)
{
    enum { IST1_AT = 0x24 };

    put_gates(vm, 4, 1, 1);
    put(vm, GUEST_TSS + IST1_AT, PAGE_ABSENT + MEM_PAGE, 8);
}

static void nothing_more(struct vm *vm)
{
    (void)vm;
}

/* clang-format off */
const struct explain_spoil explain_spoils[] = {
    {PROT, 0, short_table,
     "the IDT (base 0x5000, limit 0x2f) has no entry for it"},
    {PROT, 0, absent, "has an entry that is not present"},
    {PROT, 0, no_gate, "has an entry that is no gate"},
    {PROT, 0, data,
     "its handler's code segment: selector 0x10 (GDT entry 2): writable data, "
     "DPL 0; it is not code"},
    {PROT, 0, null_code,
     "its handler's code segment: selector 0x0, the null selector"},
    {LONG, 0, short_table, "has no entry for it"},
    {LONG, 0, narrow,
     "32-bit code, DPL 0; in long mode it must be 64-bit code"},
    {LONG, 0, no_stack, "the stack at 0x202ff8 cannot take its frame"},
    {LONG, 0, no_interrupt_stack,
     "the stack at 0x202ff8, from the task state, cannot take its frame"},
    {USER, 0, absent, "has an entry that is not present"},
    {USER, NO_TSS, nothing_more, "from the task state"},
};
/* clang-format on */

const size_t n_explain_spoils =
    sizeof explain_spoils / sizeof explain_spoils[0];
