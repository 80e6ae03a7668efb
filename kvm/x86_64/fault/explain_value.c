/* SPDX-License-Identifier: MIT */
/* Values that an instruction cannot work with: division, bounds, overflow.
 * Intel SDM 2A (AAM, BOUND, DIV, IDIV, INTO). */
#include <stdio.h>

#include "kvm/x86_64/fault/explain_case.h"
#include "kvm/x86_64/fault/explain_kinds.h"
#include "kvm/x86_64/state/linear.h"
#include "kvm/x86_64/state/state.h"

/* --- division --- */

__extension__ typedef unsigned __int128 u128;
__extension__ typedef __int128 i128;

/* AX, DX:AX, EDX:EAX or RDX:RAX. */
static u128 dividend(const struct explain *e, unsigned bits)
{
    uint64_t mask = bits < 64 ? (UINT64_C(1) << bits) - 1 : UINT64_MAX;

    if (bits == 8)
        return (uint16_t)e->gp->rax;
    return (u128)(e->gp->rdx & mask) << bits | (e->gp->rax & mask);
}

static bool unsigned_overflows(u128 value, uint64_t divisor, unsigned bits)
{
    return (value / divisor) >> bits != 0;
}

/* The dividend has twice the divisor's bits, the quotient as many. */
static bool signed_overflows(u128 value, uint64_t divisor, unsigned bits)
{
    i128 a = bits == 64 ? (i128)value
                        : (i128)explain_signed((uint64_t)value, 2 * bits);
    i128 b = explain_signed(divisor, bits);
    i128 low = -((i128)1 << (bits - 1));
    i128 quotient;

    if (b == -1) /* the one division that overflows 128 bits, too */
        return a <= low;
    quotient = a / b;
    return quotient < low || quotient > -(low + 1);
}

static bool explain_division(struct explain *e)
{
    bool is_signed = e->at->insn.mnemonic == ZYDIS_MNEMONIC_IDIV;
    unsigned bits = e->at->op[0].size;
    uint64_t divisor;
    char name[96];

    if ((!is_signed && e->at->insn.mnemonic != ZYDIS_MNEMONIC_DIV) ||
        !explain_operand(e, 0, &divisor))
        return false;
    explain_name(e, name, sizeof name);
    if (!divisor)
        return explain_raise(e, X86_DE, 0, "division by zero: %s", name);
    if (!(is_signed ? signed_overflows : unsigned_overflows)(dividend(e, bits),
                                                             divisor, bits))
        return false;
    return explain_raise(e, X86_DE, 0,
                         "overflow of a division: the quotient of %s does not "
                         "fit into %u bits",
                         name, bits);
}

static bool explain_aam(struct explain *e)
{
    return e->at->insn.mnemonic == ZYDIS_MNEMONIC_AAM &&
           !(uint8_t)e->at->op[0].imm.value.u &&
           explain_raise(e, X86_DE, 0, "division by zero: aam $0");
}

/* --- checks --- */

static bool explain_bound(struct explain *e)
{
    unsigned size = e->at->op[0].size / 8;
    int64_t index;
    int64_t first;
    int64_t last;
    uint64_t low;
    uint64_t high;

    if (e->at->insn.mnemonic != ZYDIS_MNEMONIC_BOUND || !e->at->n_accesses ||
        x86_read_number(e->vcpu, e->at->access[0].gva, size, &low) < 0 ||
        x86_read_number(e->vcpu, e->at->access[0].gva + size, size, &high) < 0)
        return false;
    index =
        explain_signed(explain_register(e, e->at->op[0].reg.value), 8 * size);
    first = explain_signed(low, 8 * size);
    last = explain_signed(high, 8 * size);
    return (index < first || index > last) &&
           explain_raise(e, X86_BR, 0, "bound: %lld is not in %lld to %lld",
                         (long long)index, (long long)first, (long long)last);
}

static bool explain_into(struct explain *e)
{
    enum { OF = 0x800 };

    if (e->at->insn.mnemonic != ZYDIS_MNEMONIC_INTO || !(e->gp->rflags & OF))
        return false;
    e->fault->is_software = true;
    return explain_raise(e, X86_OF, 0, "into, with RFLAGS.OF set");
}

bool explain_value(struct explain *e)
{
    return explain_division(e) || explain_aam(e) || explain_bound(e) ||
           explain_into(e);
}
