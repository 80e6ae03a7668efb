/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/explain.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "kvm/arch.h"
#include "kvm/vm.h"
#include "kvm/x86_64/decoder.h"
#include "kvm/x86_64/gate.h"
#include "kvm/x86_64/linear.h"
#include "kvm/x86_64/paging.h"
#include "kvm/x86_64/state.h"

#define CR0_WP UINT64_C(0x10000)

/* Intel SDM 3A table 6-1. */
const char *x86_vector_name(int vector)
{
    static const char *const names[] = {
        [0] = "divide error (#DE)",
        [1] = "debug exception (#DB)",
        [2] = "non-maskable interrupt",
        [3] = "breakpoint (#BP)",
        [4] = "overflow (#OF)",
        [5] = "bound range exceeded (#BR)",
        [6] = "invalid opcode (#UD)",
        [7] = "no FPU (#NM)",
        [8] = "double fault (#DF)",
        [10] = "invalid TSS (#TS)",
        [11] = "segment not present (#NP)",
        [12] = "stack fault (#SS)",
        [13] = "general protection (#GP)",
        [14] = "page fault (#PF)",
        [16] = "x87 error (#MF)",
        [17] = "alignment check (#AC)",
        [18] = "machine check (#MC)",
        [19] = "SIMD error (#XM)",
        [21] = "control protection (#CP)",
    };
    bool known = vector >= 0 &&
                 vector < (int)(sizeof names / sizeof names[0]) &&
                 names[vector];

    return known ? names[vector] : "an exception";
}

/* --- memory --- */

static const char *table_name(unsigned level)
{
    static const char *const names[] = {
        [1] = "page table",
        [2] = "page directory",
        [3] = "page directory pointer table",
        [4] = "PML4",
        [5] = "PML5",
    };

    return level < 6 && names[level] ? names[level] : "page tables";
}

static void say_unmapped(const struct walk_fault *fault, char *text, size_t cap)
{
    if (fault->no_memory)
        (void)snprintf(text, cap, "the %s at 0x%llx is outside of memory",
                       table_name(fault->level),
                       (unsigned long long)(fault->entry_gpa & ~0xfffull));
    else
        (void)snprintf(
            text, cap, "the entry in the %s (at 0x%llx: 0x%llx) %s",
            table_name(fault->level), (unsigned long long)fault->entry_gpa,
            (unsigned long long)fault->entry,
            fault->reserved ? "has reserved bits set" : "is not present");
}

struct access {
    uint64_t gva;
    bool write, fetch;
};

static const char *access_name(const struct access *a)
{
    return a->fetch   ? "instruction fetch from"
           : a->write ? "write to"
                      : "read of";
}

/* Permissions of a page that is mapped, Intel SDM 3A 4.6. */
static const char *refusal(struct vcpu *vcpu, const struct access *a,
                           const struct page *page)
{
    const struct kvm_sregs *sys = x86_sys(vcpu);
    bool user = (sys->cs.selector & 3) == 3;

    if (!(sys->cr0 & X86_CR0_PG))
        return NULL;
    if (user && !page->user)
        return "the page belongs to the supervisor";
    if (a->write && !page->writable && (user || sys->cr0 & CR0_WP))
        return "the page is read-only";
    if (a->fetch && !page->executable)
        return "the page is not executable";
    return NULL;
}

static int explain_access(struct vcpu *vcpu, const struct access *a, char *text,
                          size_t cap)
{
    const struct paging paging = x86_paging(vcpu);
    struct walk_fault fault;
    struct page page;
    char why[160];
    const char *refused;

    if (paging_walk(&paging, &vcpu->vm->mem, a->gva, &page, &fault) < 0) {
        if (fault.level == 0) {
            (void)snprintf(text, cap, "%s: %s 0x%llx, which is not canonical",
                           x86_vector_name(X86_GP), access_name(a),
                           (unsigned long long)a->gva);
            return X86_GP;
        }
        say_unmapped(&fault, why, sizeof why);
    } else {
        refused = refusal(vcpu, a, &page);
        if (!refused)
            return X86_NO_VECTOR;
        (void)snprintf(why, sizeof why, "%s", refused);
    }
    (void)snprintf(text, cap, "%s: %s 0x%llx: %s", x86_vector_name(X86_PF),
                   access_name(a), (unsigned long long)a->gva, why);
    return X86_PF;
}

/* --- instructions --- */

struct decoded {
    ZydisDecodedInstruction insn;
    ZydisDecodedOperand operand[ZYDIS_MAX_OPERAND_COUNT];
};

static bool decode(struct vcpu *vcpu, const uint8_t *bytes, size_t n,
                   struct decoded *ret)
{
    ZydisDecoder decoder = insn_decoder(x86_code_mode(vcpu));

    return ZYAN_SUCCESS(
        ZydisDecoderDecodeFull(&decoder, bytes, n, &ret->insn, ret->operand));
}

static uint64_t gp_value(struct vcpu *vcpu, int id)
{
    const struct kvm_regs *gp = x86_gp(vcpu);
    const uint64_t in_order[] = {
        gp->rax, gp->rcx, gp->rdx, gp->rbx, gp->rsp, gp->rbp, gp->rsi, gp->rdi,
        gp->r8,  gp->r9,  gp->r10, gp->r11, gp->r12, gp->r13, gp->r14, gp->r15};

    return id >= 0 && id < 16 ? in_order[id] : 0;
}

static uint64_t register_value(struct vcpu *vcpu, ZydisRegister reg)
{
    uint64_t value = gp_value(vcpu, ZydisRegisterGetId(reg));

    switch (ZydisRegisterGetClass(reg)) {
    case ZYDIS_REGCLASS_GPR64:
        return value;
    case ZYDIS_REGCLASS_GPR32:
        return value & UINT32_MAX;
    case ZYDIS_REGCLASS_GPR16:
        return value & UINT16_MAX;
    default:
        return 0;
    }
}

/* The first byte and the last one: they may lie on different pages. */
static int explain_ends(struct vcpu *vcpu, const struct arch_access *access,
                        char *text, size_t cap)
{
    struct access a = {.gva = access->gva, .write = access->write};
    int vector = explain_access(vcpu, &a, text, cap);

    if (vector == X86_NO_VECTOR && access->size > 1) {
        a.gva += access->size - 1;
        vector = explain_access(vcpu, &a, text, cap);
    }
    return vector;
}

static int explain_accesses(struct vcpu *vcpu, char *text, size_t cap)
{
    struct arch_access access[ARCH_ACCESSES];
    unsigned n = arch_accesses(vcpu, access);
    int vector = X86_NO_VECTOR;

    for (unsigned i = 0; i < n && vector < 0; i++)
        if (access[i].size)
            vector = explain_ends(vcpu, &access[i], text, cap);
    return vector;
}

static bool divides_by_zero(struct vcpu *vcpu, const struct decoded *d)
{
    const ZydisDecodedOperand *op = &d->operand[0];
    struct arch_access access[ARCH_ACCESSES];
    uint64_t divisor = 0;

    if (d->insn.mnemonic != ZYDIS_MNEMONIC_DIV &&
        d->insn.mnemonic != ZYDIS_MNEMONIC_IDIV)
        return false;
    if (op->type == ZYDIS_OPERAND_TYPE_MEMORY)
        return arch_accesses(vcpu, access) > 0 &&
               x86_read_number(vcpu, access[0].gva, op->size / 8, &divisor) ==
                   0 &&
               !divisor;
    if (ZydisRegisterGetClass(op->reg.value) == ZYDIS_REGCLASS_GPR8)
        return false; /* its id is not that of the whole register */
    return !register_value(vcpu, op->reg.value);
}

static int name_only(int vector, const char *why, char *text, size_t cap)
{
    (void)snprintf(text, cap, "%s: %s", x86_vector_name(vector), why);
    return vector;
}

static int explain_instruction(struct vcpu *vcpu, const struct decoded *d,
                               char *text, size_t cap)
{
    bool user = (x86_sys(vcpu)->cs.selector & 3) == 3;
    int vector = explain_accesses(vcpu, text, cap);

    if (vector >= 0)
        return vector;
    if (divides_by_zero(vcpu, d))
        return name_only(X86_DE, "division by zero", text, cap);
    switch (d->insn.mnemonic) {
    case ZYDIS_MNEMONIC_UD0:
    case ZYDIS_MNEMONIC_UD1:
    case ZYDIS_MNEMONIC_UD2:
        return name_only(X86_UD, "an instruction that is made to fault", text,
                         cap);
    case ZYDIS_MNEMONIC_INT:
        vector = (int)(d->operand[0].imm.value.u & 0xff);
        (void)snprintf(text, cap, "software interrupt 0x%x", (unsigned)vector);
        return vector;
    case ZYDIS_MNEMONIC_INT3:
        return name_only(X86_BP, "int3", text, cap);
    default:
        break;
    }
    if (user && d->insn.attributes & ZYDIS_ATTRIB_IS_PRIVILEGED)
        return name_only(X86_GP, "a privileged instruction in user mode", text,
                         cap);
    return X86_NO_VECTOR;
}

int x86_explain_fault(struct vcpu *vcpu, char *text, size_t cap)
{
    const struct access fetch = {.gva = arch_pc(vcpu), .fetch = true};
    uint8_t bytes[VCPU_INSN_MAX];
    struct decoded d;
    int vector = explain_access(vcpu, &fetch, text, cap);
    size_t n;

    if (vector >= 0)
        return vector;
    n = x86_read(vcpu, fetch.gva, bytes, sizeof bytes);
    if (n && !decode(vcpu, bytes, n, &d))
        return name_only(X86_UD, "these bytes are no instruction", text, cap);
    if (n)
        vector = explain_instruction(vcpu, &d, text, cap);
    if (vector < 0)
        (void)snprintf(text, cap, "an exception");
    return vector;
}

/* --- delivery --- */

void x86_explain_delivery(struct vcpu *vcpu, int vector, char *text, size_t cap)
{
    static const char *const why[] = {
        [X86_GATE_LIMIT] = "has no entry for it",
        [X86_GATE_MEMORY] = "is not mapped",
        [X86_GATE_ABSENT] = "has an entry that is not present",
        [X86_GATE_TYPE] = "has an entry that is no gate",
    };
    const struct kvm_sregs *sys = x86_sys(vcpu);
    struct x86_gate gate;
    enum x86_gate_fault fault =
        x86_gate(vcpu, vector < 0 ? X86_GP : (unsigned)vector, &gate);
    struct access a = {.fetch = true};
    char handler[200];

    text[0] = '\0';
    if (fault != X86_GATE_OK) {
        (void)snprintf(text, cap, "the IDT (base 0x%llx, limit 0x%x) %s",
                       (unsigned long long)sys->idt.base, sys->idt.limit,
                       why[fault]);
        return;
    }
    a.gva = gate.gva;
    if (explain_access(vcpu, &a, handler, sizeof handler) >= 0)
        (void)snprintf(text, cap, "its handler at 0x%llx is not to be had",
                       (unsigned long long)gate.gva);
    a = (struct access){.gva = x86_stack(vcpu, 0) - 8, .write = true};
    if (!text[0] && !gate.ist &&
        explain_access(vcpu, &a, handler, sizeof handler) >= 0)
        (void)snprintf(text, cap, "the stack at 0x%llx cannot take its frame",
                       (unsigned long long)a.gva);
}

/* --- triple faults --- */

/* kvm_amd answers a shutdown with INIT: what is left is the reset state
 * (svm.c, shutdown_interception()). */
bool arch_is_reset(struct vcpu *vcpu)
{
    const struct kvm_sregs *sys = x86_sys(vcpu);

    return x86_gp(vcpu)->rip == 0xfff0 && sys->cs.base == 0xffff0000 &&
           !(sys->cr0 & X86_CR0_PE);
}

static void restore_last(struct vcpu *vcpu)
{
    *x86_gp(vcpu) = vcpu->arch->last_gp;
    *x86_sys(vcpu) = vcpu->arch->last_sys;
    x86_touch(vcpu, X86_BANK_GP | X86_BANK_SYS);
}

enum fault_class x86_fault_class(int vector)
{
    switch (vector) {
    case X86_DE:
        return FAULT_ARITHMETIC;
    case X86_UD:
        return FAULT_ILLEGAL;
    case X86_SS:
    case X86_GP:
    case X86_PF:
        return FAULT_MEMORY;
    default:
        return FAULT_UNKNOWN;
    }
}

enum fault_class arch_explain_shutdown(struct vcpu *vcpu, char *text,
                                       size_t cap)
{
    bool lost = arch_is_reset(vcpu);
    char where[64];
    char fault[240];
    char delivery[160];
    int vector;

    if (lost)
        restore_last(vcpu);
    arch_where(vcpu, where, sizeof where);
    vector = x86_explain_fault(vcpu, fault, sizeof fault);
    x86_explain_delivery(vcpu, vector, delivery, sizeof delivery);
    if (lost && vector < 0)
        (void)snprintf(text, cap,
                       "triple fault, and this host's KVM resets the CPU at "
                       "one: the registers are those of the last stop, at %s",
                       where);
    else
        (void)snprintf(text, cap, "triple fault at %s: %s%s%s", where, fault,
                       *delivery ? "; " : "", delivery);
    return x86_fault_class(vector);
}
