/* SPDX-License-Identifier: MIT */
/* Explanations: what is looked for, in which order, and what the kinds of
 * fault share. */
#include "kvm/x86_64/fault/explain.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "kvm/vm/vm.h"
#include "kvm/x86_64/fault/explain_case.h"
#include "kvm/x86_64/state/linear.h"
#include "kvm/x86_64/state/state.h"

/* --- the case --- */

/* Of the instruction as it is now. */
static void read_instruction(struct explain *e)
{
    ZydisDecoder decoder = insn_decoder(e->mode);

    e->n_bytes = x86_read(e->vcpu, arch_pc(e->vcpu), e->bytes, sizeof e->bytes);
    e->status =
        ZydisDecoderDecodeFull(&decoder, e->bytes, e->n_bytes, &e->insn, e->op);
    if (ZYAN_SUCCESS(e->status))
        e->n_accesses = operand_list(e->mode, e->bytes, e->n_bytes, e->gp,
                                     e->sys, e->access);
}

void explain_open(struct vcpu *vcpu, int raised, struct x86_fault *fault,
                  struct explain *ret)
{
    *ret = (struct explain){
        .vcpu = vcpu,
        .gp = x86_gp(vcpu),
        .sys = x86_sys(vcpu),
        .raised = raised,
        .mode = x86_code_mode(vcpu),
        .cpl = x86_cpl(vcpu),
        .is_real = x86_is_real(vcpu),
        .fault = fault,
    };
    *fault = (struct x86_fault){.vector = X86_NO_VECTOR};
    read_instruction(ret);
}

/* Intel SDM 3A table 6-1. */
static bool has_code(const struct explain *e, int vector)
{
    const uint32_t with = X86_VECTOR(X86_DF) | X86_VECTOR(X86_TS) |
                          X86_VECTOR(X86_NP) | X86_VECTOR(X86_SS) |
                          X86_VECTOR(X86_GP) | X86_VECTOR(X86_PF) |
                          X86_VECTOR(X86_AC) | X86_VECTOR(21);

    return e->sys->cr0 & X86_CR0_PE && vector < 32 && with >> vector & 1;
}

bool explain_raise(struct explain *e, int vector, uint32_t code,
                   const char *format, ...)
{
    struct x86_fault *fault = e->fault;
    int n = snprintf(fault->text, sizeof fault->text,
                     "%s: ", x86_vector_name(vector));
    va_list args;

    va_start(args, format);
    (void)vsnprintf(fault->text + n, sizeof fault->text - (size_t)n, format,
                    args);
    va_end(args);
    fault->vector = vector;
    fault->has_code = has_code(e, vector);
    fault->code = code;
    return true;
}

bool explain_may(const struct explain *e, int vector)
{
    return e->raised == X86_SOME_VECTOR || e->raised == vector;
}

void explain_name(const struct explain *e, char *text, size_t cap)
{
    ZydisFormatter formatter;

    text[0] = '\0';
    if (!ZYAN_SUCCESS(e->status) || !ZYAN_SUCCESS(ZydisFormatterInit(
                                        &formatter, ZYDIS_FORMATTER_STYLE_ATT)))
        return;
    (void)ZydisFormatterFormatInstruction(&formatter, &e->insn, e->op,
                                          e->insn.operand_count_visible, text,
                                          cap, arch_pc(e->vcpu), NULL);
}

bool explain_refuse(struct explain *e, int vector, const char *why)
{
    char name[96];

    explain_name(e, name, sizeof name);
    return explain_raise(e, vector, 0, "%s: %s", name, why);
}

/* --- values --- */

static uint64_t gp_value(const struct explain *e, int id)
{
    const struct kvm_regs *gp = e->gp;
    const uint64_t in_order[] = {
        gp->rax, gp->rcx, gp->rdx, gp->rbx, gp->rsp, gp->rbp, gp->rsi, gp->rdi,
        gp->r8,  gp->r9,  gp->r10, gp->r11, gp->r12, gp->r13, gp->r14, gp->r15};

    return id >= 0 && id < 16 ? in_order[id] : 0;
}

static uint64_t low_bits(uint64_t value, unsigned bits)
{
    return bits < 64 ? value & ((UINT64_C(1) << bits) - 1) : value;
}

uint64_t explain_register(const struct explain *e, ZydisRegister reg)
{
    const ZydisMachineMode mode = ZYDIS_MACHINE_MODE_LONG_64;
    uint64_t value = gp_value(
        e, ZydisRegisterGetId(ZydisRegisterGetLargestEnclosing(mode, reg)));
    bool is_high = reg >= ZYDIS_REGISTER_AH && reg <= ZYDIS_REGISTER_BH;

    return low_bits(is_high ? value >> 8 : value,
                    ZydisRegisterGetWidth(mode, reg));
}

static bool memory_value(const struct explain *e, unsigned index, uint64_t *ret)
{
    for (unsigned i = 0; i < e->n_accesses; i++)
        if (e->access[i].index == index && e->access[i].size <= 8)
            return x86_read_number(e->vcpu, e->access[i].gva, e->access[i].size,
                                   ret) == 0;
    return false;
}

bool explain_operand(const struct explain *e, unsigned index, uint64_t *ret)
{
    const ZydisDecodedOperand *op = &e->op[index];

    *ret = 0;
    switch (op->type) {
    case ZYDIS_OPERAND_TYPE_REGISTER:
        *ret = explain_register(e, op->reg.value);
        return true;
    case ZYDIS_OPERAND_TYPE_IMMEDIATE:
        *ret = op->imm.value.u;
        return true;
    case ZYDIS_OPERAND_TYPE_MEMORY:
        return memory_value(e, index, ret);
    default:
        return false;
    }
}

int64_t explain_signed(uint64_t value, unsigned bits)
{
    uint64_t sign = UINT64_C(1) << (bits - 1);

    return (int64_t)((low_bits(value, bits) ^ sign) - sign);
}

/* --- the search --- */

/* Each must be past what is before it. */
static bool (*const kinds[])(struct explain *) = {
    explain_fetch,  explain_opcode,  explain_feature, explain_privilege,
    explain_memory, explain_control, explain_msr,     explain_load,
    explain_far,    explain_value,   explain_unit,
};

/* "#GP, #SS or #PF" */
static void list_vectors(uint32_t vectors, char *text, size_t cap)
{
    const char *between = "";
    uint32_t rest;
    size_t at = 0;

    text[0] = '\0';
    for (unsigned v = 0; v < ARCH_VECTORS && at < cap; v++) {
        const char *name = arch_vector_name(v);

        if (!(vectors >> v & 1) || !name)
            continue;
        at += (size_t)snprintf(text + at, cap - at, "%s#%c%c", between,
                               name[0] & ~0x20, name[1] & ~0x20);
        rest = vectors & ~((UINT32_C(2) << v) - 1);
        between = rest & (rest - 1) ? ", " : " or ";
    }
}

/* Instructions that every CPU has on which KVM runs. */
static bool is_common(const struct explain *e)
{
    switch (e->insn.meta.isa_ext) {
    case ZYDIS_ISA_EXT_BASE:
    case ZYDIS_ISA_EXT_LONGMODE:
    case ZYDIS_ISA_EXT_X87:
    case ZYDIS_ISA_EXT_MMX:
    case ZYDIS_ISA_EXT_SSE:
    case ZYDIS_ISA_EXT_SSE2:
        return true;
    default:
        return false;
    }
}

/* Nothing was found. An invalid opcode that is none is one that this host's
 * KVM does not execute (kvm_pvm refuses the user's INT n). */
static void say_what_may(struct explain *e)
{
    struct x86_fault *fault = e->fault;
    char name[96];
    char vectors[64];

    *fault = (struct x86_fault){.vector = X86_NO_VECTOR};
    explain_name(e, name, sizeof name);
    list_vectors(insn_decode(e->mode, e->bytes, e->n_bytes).raises, vectors,
                 sizeof vectors);
    if (e->raised >= 0)
        (void)snprintf(fault->text, sizeof fault->text, "%s: %s%s",
                       x86_vector_name(e->raised), name,
                       e->raised == X86_UD && is_common(e)
                           ? ", which is valid here: " X86_NOT_THE_GUEST
                           : "");
    else if (*vectors)
        (void)snprintf(fault->text, sizeof fault->text,
                       "%s of %s, whose cause is not to be seen any more",
                       vectors, name);
    else
        (void)snprintf(fault->text, sizeof fault->text,
                       "nothing that %s does: an event from outside of it",
                       name);
}

/* An int3 that KVM could not execute was delivered by us, from behind it
 * (kvm/x86_64/step/reflect.c). */
static bool was_delivered(struct vcpu *vcpu)
{
    const struct x86_pending *pending = &vcpu->arch->pending;

    return !pending->any && pending->vector == X86_BP &&
           pending->pc == arch_pc(vcpu);
}

int x86_explain_fault(struct vcpu *vcpu, int raised, struct x86_fault *ret)
{
    struct explain e;

    explain_open(vcpu, raised, ret, &e);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i](&e) && (raised < 0 || ret->vector == raised))
            return ret->vector;
    if (raised == X86_SOME_VECTOR && was_delivered(vcpu))
        x86_explain_trap(vcpu, X86_BP, ret);
    else
        say_what_may(&e);
    return ret->vector;
}

void x86_explain_trap(struct vcpu *vcpu, unsigned vector, struct x86_fault *ret)
{
    struct explain e;

    explain_open(vcpu, (int)vector, ret, &e);
    if (vector != X86_DB || !explain_debug(&e))
        (void)explain_raise(&e, (int)vector, 0, "%s, before here",
                            vector == X86_OF ? "into" : "int3");
}
