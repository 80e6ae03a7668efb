/* SPDX-License-Identifier: MIT */

#include "kvm/x86_64/fault/explain_case.h"

#include <stdarg.h>
#include <stdio.h>

#include "kvm/arch_cpu.h"
#include "kvm/x86_64/insn/vector.h"
#include "kvm/x86_64/state/linear.h"
#include "kvm/x86_64/state/state.h"

/* --- the instruction --- */

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
    fault->has_code = e->sys->cr0 & X86_CR0_PE && x86_vector_has_code(vector);
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

bool explain_is_far(const struct explain *e)
{
    return e->insn.meta.branch_type == ZYDIS_BRANCH_TYPE_FAR ||
           e->insn.mnemonic == ZYDIS_MNEMONIC_IRET ||
           e->insn.mnemonic == ZYDIS_MNEMONIC_IRETD ||
           e->insn.mnemonic == ZYDIS_MNEMONIC_IRETQ;
}
