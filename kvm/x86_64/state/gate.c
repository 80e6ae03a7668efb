/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/state/gate.h"

#include "kvm/x86_64/state/linear.h"
#include "kvm/x86_64/state/state.h"

enum { GATE_INT_16 = 6, GATE_TRAP = 1, GATE_32 = 8 };

/* The base of a code segment that a gate names: 0 in long mode, and for the
 * flat segment that nearly everybody has. */
static uint64_t code_base(struct vcpu *vcpu, uint16_t selector)
{
    uint64_t d = 0;

    if (x86_sys(vcpu)->efer & X86_EFER_LMA ||
        x86_read_number(vcpu, x86_sys(vcpu)->gdt.base + (selector & 0xfff8), 8,
                        &d) < 0)
        return 0;
    return (d >> 16 & 0xffffff) | (d >> 32 & 0xff000000);
}

static enum x86_gate_fault real_gate(struct vcpu *vcpu, unsigned vector,
                                     struct x86_gate *ret)
{
    uint64_t entry;

    if (4 * vector + 3 > x86_sys(vcpu)->idt.limit)
        return X86_GATE_LIMIT;
    if (x86_read_number(vcpu, x86_sys(vcpu)->idt.base + UINT64_C(4) * vector, 4,
                        &entry) < 0)
        return X86_GATE_MEMORY;
    *ret = (struct x86_gate){
        .gva = (entry >> 16 << 4) + (entry & 0xffff),
        .selector = (uint16_t)(entry >> 16),
    };
    return X86_GATE_OK;
}

/*  63        48 47 46 45 44 43  40 39 35 34 32 31        16 15         0
 * +------------+--+-----+--+------+-----+-----+------------+-----------+
 * |offset 31:16| P| DPL | 0| type |     | IST |  selector  |offset 15:0|
 * +------------+--+-----+--+------+-----+-----+------------+-----------+
 * and in long mode 8 bytes more: offset 63:32. */
static void gate_decode(struct vcpu *vcpu, uint64_t low, uint64_t high,
                        struct x86_gate *ret)
{
    *ret = (struct x86_gate){
        .gva = (low & 0xffff) | (low >> 32 & 0xffff0000) | high << 32,
        .selector = (uint16_t)(low >> 16),
        .type = low >> 40 & 0xf,
        .dpl = low >> 45 & 3,
        .ist = low >> 32 & 7,
    };
    if (!(ret->type & GATE_32)) /* a 16-bit gate has a 16-bit offset */
        ret->gva &= 0xffff;
    ret->gva += code_base(vcpu, ret->selector);
}

static enum x86_gate_fault protected_gate(struct vcpu *vcpu, unsigned vector,
                                          struct x86_gate *ret)
{
    const struct kvm_sregs *sys = x86_sys(vcpu);
    unsigned size = sys->efer & X86_EFER_LMA ? 16 : 8;
    uint64_t at = sys->idt.base + (uint64_t)size * vector;
    uint64_t low;
    uint64_t high = 0;
    unsigned type;

    if (size * vector + size - 1 > sys->idt.limit)
        return X86_GATE_LIMIT;
    if (x86_read_number(vcpu, at, 8, &low) < 0 ||
        (size == 16 && x86_read_number(vcpu, at + 8, 4, &high) < 0))
        return X86_GATE_MEMORY;
    type = low >> 40 & 0x1f & ~(unsigned)(GATE_TRAP | GATE_32);
    if (type != GATE_INT_16 && (low >> 40 & 0x1f) != X86_GATE_TASK)
        return X86_GATE_TYPE;
    if (!(low >> 47 & 1))
        return X86_GATE_ABSENT;
    gate_decode(vcpu, low, high, ret);
    return X86_GATE_OK;
}

enum x86_gate_fault x86_gate(struct vcpu *vcpu, unsigned vector,
                             struct x86_gate *ret)
{
    if (x86_sys(vcpu)->cr0 & X86_CR0_PE)
        return protected_gate(vcpu, vector, ret);
    return real_gate(vcpu, vector, ret);
}
