/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/insn/operand.h"

#include <stdbool.h>

#include "kvm/x86_64/insn/decoder.h"
#include "kvm/x86_64/insn/insn.h"
#include "kvm/x86_64/insn/losses.h"
#include "kvm/x86_64/state/linear.h"
#include "kvm/x86_64/state/state.h"

enum {
    GP_REGISTERS = 16,
    IRET_N = 3, /* IP CS FLAGS */
    SP_SS = 2,
    V86_N = 6, /* SP SS ES DS FS GS */
    RPL = 3,
};

/* In the order in which instructions number them. */
static void name_registers(const struct kvm_regs *gp, ZydisRegisterContext *ret)
{
    const uint64_t values[GP_REGISTERS] = {
        gp->rax, gp->rcx, gp->rdx, gp->rbx, gp->rsp, gp->rbp, gp->rsi, gp->rdi,
        gp->r8,  gp->r9,  gp->r10, gp->r11, gp->r12, gp->r13, gp->r14, gp->r15,
    };

    *ret = (ZydisRegisterContext){{0}};
    for (unsigned i = 0; i < GP_REGISTERS; i++) {
        ret->values[ZYDIS_REGISTER_RAX + i] = values[i];
        ret->values[ZYDIS_REGISTER_EAX + i] = (uint32_t)values[i];
        ret->values[ZYDIS_REGISTER_AX + i] = (uint16_t)values[i];
    }
    ret->values[ZYDIS_REGISTER_AL] = (uint8_t)gp->rax; /* xlat */
}

/* SDM 1 3.3.7.1: 64-bit code uses the bases of FS and GS only. */
static uint64_t segment_base(const struct kvm_sregs *sys, enum insn_mode mode,
                             ZydisRegister segment)
{
    switch (segment) {
    case ZYDIS_REGISTER_FS:
        return sys->fs.base;
    case ZYDIS_REGISTER_GS:
        return sys->gs.base;
    case ZYDIS_REGISTER_CS:
        return mode == INSN_MODE_64 ? 0 : sys->cs.base;
    case ZYDIS_REGISTER_SS:
        return mode == INSN_MODE_64 ? 0 : sys->ss.base;
    case ZYDIS_REGISTER_ES:
        return mode == INSN_MODE_64 ? 0 : sys->es.base;
    default:
        return mode == INSN_MODE_64 ? 0 : sys->ds.base;
    }
}

static bool is_stack(ZydisRegister base)
{
    return base == ZYDIS_REGISTER_RSP || base == ZYDIS_REGISTER_ESP ||
           base == ZYDIS_REGISTER_SP;
}

/* A push stores below the stack pointer, which Zydis does not take off. */
static bool is_push(const ZydisDecodedOperand *op)
{
    return op->visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN &&
           op->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE &&
           is_stack(op->mem.base);
}

/* A repeated string instruction goes on in the direction of DF. */
static void operand_repeat(const ZydisDecodedInstruction *z,
                           const struct kvm_regs *gp,
                           const ZydisRegisterContext *context,
                           struct arch_access *access)
{
    static const ZydisRegister counters[] = {
        [16] = ZYDIS_REGISTER_CX,
        [32] = ZYDIS_REGISTER_ECX,
        [64] = ZYDIS_REGISTER_RCX,
    };
    uint64_t count = context->values[counters[z->address_width]];
    uint64_t size = access->size;

    if (!(z->attributes & (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE |
                           ZYDIS_ATTRIB_HAS_REPNE)))
        return;
    access->size = count * size;
    if (gp->rflags & X86_RFLAGS_DF && count)
        access->gva -= (count - 1) * size;
}

/* Those that name memory and leave it alone. */
static bool is_hint(const ZydisDecodedInstruction *z)
{
    return z->meta.category == ZYDIS_CATEGORY_WIDENOP ||
           z->meta.category == ZYDIS_CATEGORY_PREFETCH;
}

static bool operand_is_access(const ZydisDecodedOperand *op)
{
    return op->type == ZYDIS_OPERAND_TYPE_MEMORY &&
           op->mem.type == ZYDIS_MEMOP_TYPE_MEM && op->actions;
}

static enum x86_segment operand_segment_of(ZydisRegister segment)
{
    if (ZydisRegisterGetClass(segment) != ZYDIS_REGCLASS_SEGMENT)
        return X86_SEG_DS;
    return (enum x86_segment)ZydisRegisterGetId(segment);
}

/* Zydis counts SP and SS, which are popped in 64-bit code only, and on the way
 * to another privilege. */
static bool operand_is_iret(const ZydisDecodedInstruction *z)
{
    return z->mnemonic == ZYDIS_MNEMONIC_IRET ||
           z->mnemonic == ZYDIS_MNEMONIC_IRETD ||
           z->mnemonic == ZYDIS_MNEMONIC_IRETQ;
}

static struct operand operand_resolve(const ZydisDecodedInstruction *z,
                                      const ZydisDecodedOperand *op,
                                      enum insn_mode mode,
                                      const struct kvm_regs *gp,
                                      const struct kvm_sregs *sys,
                                      const ZydisRegisterContext *context)
{
    struct arch_access access = {
        .size = op->size / 8u,
        .read = op->actions & ZYDIS_OPERAND_ACTION_MASK_READ,
        .write = op->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE,
    };
    struct operand operand = {.segment = operand_segment_of(op->mem.segment),
                              .size = op->size / 8u};
    ZyanU64 offset = 0;

    if (operand_is_iret(z) && mode != INSN_MODE_64)
        access.size = IRET_N * (z->operand_width / 8u);
    (void)ZydisCalcAbsoluteAddressEx(z, op, gp->rip, context, &offset);
    if (is_push(op))
        offset -= access.size;
    if (z->address_width == 16)
        offset = (uint16_t)offset;
    access.gva = offset + segment_base(sys, mode, op->mem.segment);
    if (mode != INSN_MODE_64)
        access.gva = (uint32_t)access.gva;
    operand.offset = mode == INSN_MODE_64 ? offset : (uint32_t)offset;
    operand.gva = access.gva;
    operand_repeat(z, gp, context, &access);
    operand.access = access;
    return operand;
}

unsigned operand_list_decoded(enum insn_mode mode,
                              const ZydisDecodedInstruction *insn,
                              const ZydisDecodedOperand *op,
                              const struct kvm_regs *gp,
                              const struct kvm_sregs *sys,
                              struct operand ret[ARCH_ACCESSES])
{
    ZydisRegisterContext context; /* large */
    unsigned found = 0;

    if (is_hint(insn))
        return 0;
    for (unsigned i = 0; i < insn->operand_count && found < ARCH_ACCESSES;
         i++) {
        if (!operand_is_access(&op[i]))
            continue;
        if (!found)
            name_registers(gp, &context);
        ret[found] = operand_resolve(insn, &op[i], mode, gp, sys, &context);
        ret[found++].index = i;
    }
    return found;
}

unsigned operand_list(enum insn_mode mode, const uint8_t *bytes, size_t n,
                      const struct kvm_regs *gp, const struct kvm_sregs *sys,
                      struct operand ret[ARCH_ACCESSES])
{
    ZydisDecoder decoder = insn_decoder(mode);
    ZydisDecodedInstruction insn;
    ZydisDecodedOperand op[ZYDIS_MAX_OPERAND_COUNT];

    return ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, bytes, n, &insn, op))
               ? operand_list_decoded(mode, &insn, op, gp, sys, ret)
               : 0;
}

unsigned operand_accesses(enum insn_mode mode, const uint8_t *bytes, size_t n,
                          const struct kvm_regs *gp,
                          const struct kvm_sregs *sys,
                          struct arch_access ret[ARCH_ACCESSES])
{
    struct operand operand[ARCH_ACCESSES];
    unsigned found = operand_list(mode, bytes, n, gp, sys, operand);

    for (unsigned i = 0; i < found; i++)
        ret[i] = operand[i].access;
    return found;
}

/* What is on the stack behind IP, CS and, for an IRET, FLAGS: nothing, or SP
 * and SS of the outer privilege, or all of virtual-8086 mode (Intel SDM 2,
 * "IRET/IRETD"). Returns how many elements that is. */
static unsigned outer_elements(struct vcpu *vcpu, const struct insn *insn)
{
    unsigned width = insn->operand;
    uint64_t cs;
    uint64_t flags = 0;

    if (x86_is_real(vcpu) || x86_code_bits(vcpu) == 64 ||
        x86_read_number(vcpu, x86_stack(vcpu, width), 2, &cs) < 0)
        return 0;
    if (insn->traits & INSN_IRET)
        (void)x86_read_number(vcpu, x86_stack(vcpu, 2 * (uint64_t)width), width,
                              &flags);
    if (flags & X86_RFLAGS_VM)
        return V86_N;
    return (cs & RPL) > (x86_sys(vcpu)->cs.selector & RPL) ? SP_SS : 0;
}

static void add_outer(struct vcpu *vcpu, const uint8_t *bytes, size_t n,
                      struct arch_access *access)
{
    struct insn insn = insn_decode(x86_code_mode(vcpu), bytes, n);

    if (insn.traits & INSN_IRET)
        access->size += outer_elements(vcpu, &insn) * insn.operand;
}

unsigned arch_accesses(struct vcpu *vcpu, struct arch_access ret[ARCH_ACCESSES])
{
    uint8_t bytes[VCPU_INSN_MAX];
    size_t n = x86_read(vcpu, arch_pc(vcpu), bytes, sizeof bytes);
    unsigned found = operand_accesses(x86_code_mode(vcpu), bytes, n,
                                      x86_gp(vcpu), x86_sys(vcpu), ret);

    if (found)
        add_outer(vcpu, bytes, n, &ret[0]);
    return found;
}

bool x86_stacks_now(struct vcpu *vcpu)
{
    uint8_t bytes[VCPU_INSN_MAX];
    size_t n = x86_read(vcpu, arch_pc(vcpu), bytes, sizeof bytes);

    return insn_decode(x86_code_mode(vcpu), bytes, n).traits & INSN_STACK;
}

/* What pushad stores, and no less than the frame of an event: six words of
 * 64 bits from a stack pointer rounded down to 16 (Intel SDM 3A 6.14.2). */
uint64_t arch_stack(struct vcpu *vcpu, uint64_t *ret_n)
{
    enum { REACH = 64 };

    *ret_n = REACH;
    return x86_stack(vcpu, 0);
}

bool arch_is_user(struct vcpu *vcpu)
{
    return x86_cpl(vcpu) == 3;
}
