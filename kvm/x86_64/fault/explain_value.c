/* SPDX-License-Identifier: MIT */
/* Values that an instruction cannot work with, and instructions that raise an
 * exception by what they are: division, bounds, overflow, software interrupts.
 * Intel SDM 2A (AAM, BOUND, DIV, IDIV, INT n). */
#include <stdio.h>

#include "kvm/arch_fault.h"
#include "kvm/x86_64/fault/explain_case.h"
#include "kvm/x86_64/fault/explain_kinds.h"
#include "kvm/x86_64/state/gate.h"
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
    bool is_signed = e->insn.mnemonic == ZYDIS_MNEMONIC_IDIV;
    unsigned bits = e->op[0].size;
    uint64_t divisor;
    char name[96];

    if ((!is_signed && e->insn.mnemonic != ZYDIS_MNEMONIC_DIV) ||
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
    return e->insn.mnemonic == ZYDIS_MNEMONIC_AAM &&
           !(uint8_t)e->op[0].imm.value.u &&
           explain_raise(e, X86_DE, 0, "division by zero: aam $0");
}

/* --- checks --- */

static bool explain_bound(struct explain *e)
{
    unsigned size = e->op[0].size / 8;
    int64_t index;
    int64_t first;
    int64_t last;
    uint64_t low;
    uint64_t high;

    if (e->insn.mnemonic != ZYDIS_MNEMONIC_BOUND || !e->n_accesses ||
        x86_read_number(e->vcpu, e->access[0].gva, size, &low) < 0 ||
        x86_read_number(e->vcpu, e->access[0].gva + size, size, &high) < 0)
        return false;
    index = explain_signed(explain_register(e, e->op[0].reg.value), 8 * size);
    first = explain_signed(low, 8 * size);
    last = explain_signed(high, 8 * size);
    return (index < first || index > last) &&
           explain_raise(e, X86_BR, 0, "bound: %lld is not in %lld to %lld",
                         (long long)index, (long long)first, (long long)last);
}

static bool explain_into(struct explain *e)
{
    enum { OF = 0x800 };

    if (e->insn.mnemonic != ZYDIS_MNEMONIC_INTO || !(e->gp->rflags & OF))
        return false;
    e->fault->is_software = true;
    return explain_raise(e, X86_OF, 0, "into, with RFLAGS.OF set");
}

/* --- software interrupts --- */

/* Error codes name an entry of the IDT, Intel SDM 3A 6.13. */
static uint32_t idt_code(unsigned vector)
{
    enum { IDT = 2 };

    return vector << 3 | IDT;
}

/* Why the gate does not let it pass; X86_NO_VECTOR: it does. */
static int gate_refuses(struct explain *e, unsigned vector, const char **ret)
{
    struct x86_gate gate;

    switch (x86_gate(e->vcpu, vector, &gate)) {
    case X86_GATE_LIMIT:
        *ret = "ends before it";
        return X86_GP;
    case X86_GATE_TYPE:
        *ret = "has no gate for it";
        return X86_GP;
    case X86_GATE_ABSENT:
        *ret = "has a gate for it that is not present";
        return X86_NP;
    case X86_GATE_OK:
        *ret = "has a gate for it whose DPL is below the CPL";
        return e->sys->cr0 & X86_CR0_PE && gate.dpl < e->cpl ? X86_GP
                                                             : X86_NO_VECTOR;
    case X86_GATE_MEMORY:
        break;
    }
    return X86_NO_VECTOR;
}

/* INT n comes to what the gate says. The short ones are told by their own
 * names, unless it is known that it was another; x86_explain_delivery() then
 * says why that led to no handler. */
static bool explain_software(struct explain *e, unsigned vector)
{
    bool is_int_n = e->insn.mnemonic == ZYDIS_MNEMONIC_INT;
    const char *why = "";
    int refused = gate_refuses(e, vector, &why);
    char name[32];

    explain_name(e, name, sizeof name);
    if (refused >= 0 && (is_int_n || e->raised == refused))
        return explain_raise(e, refused, idt_code(vector), "%s: the IDT %s",
                             name, why);
    e->fault->is_software = true;
    (void)explain_raise(e, (int)vector, 0, "%s", name);
    if (vector >= ARCH_VECTORS)
        (void)snprintf(e->fault->text, sizeof e->fault->text,
                       "software interrupt 0x%x (%s)", vector, name);
    return true;
}

static bool explain_interrupt(struct explain *e)
{
    switch (e->insn.mnemonic) {
    case ZYDIS_MNEMONIC_INT:
        return explain_software(e, e->op[0].imm.value.u & 0xff);
    case ZYDIS_MNEMONIC_INT3:
        return explain_software(e, X86_BP);
    case ZYDIS_MNEMONIC_INT1:
        return explain_software(e, X86_DB);
    default:
        return false;
    }
}

bool explain_value(struct explain *e)
{
    return explain_division(e) || explain_aam(e) || explain_bound(e) ||
           explain_into(e) || explain_interrupt(e);
}
