/* SPDX-License-Identifier: MIT */

#include "kvm/x86_64/fault/explain_case.h"

#include <stdarg.h>
#include <stdio.h>

#include "kvm/arch_cpu.h"
#include "kvm/x86_64/insn/vector.h"
#include "kvm/x86_64/state/linear.h"
#include "kvm/x86_64/state/state.h"

/* --- the instruction --- */

void explain_open(struct vcpu *vcpu, int raised, const struct decoded *at,
                  struct x86_fault *fault, struct explain *ret)
{
    *ret = (struct explain){
        .vcpu = vcpu,
        .gp = x86_gp(vcpu),
        .sys = x86_sys(vcpu),
        .raised = raised,
        .cpl = x86_cpl(vcpu),
        .is_real = x86_is_real(vcpu),
        .at = at,
        .fault = fault,
    };
    fault->vector = X86_NO_VECTOR;
    fault->has_code = fault->is_software = false;
    fault->code = 0;
    fault->gva = 0;
    fault->text[0] = '\0';
}

__attribute__((format(printf, 3, 0))) static void put_words(
    struct x86_fault *fault, int vector, const char *format, va_list args)
{
    int n = snprintf(fault->text, sizeof fault->text,
                     "%s: ", x86_vector_name(vector));

    (void)vsnprintf(fault->text + n, sizeof fault->text - (size_t)n, format,
                    args);
}

bool explain_raise(struct explain *e, int vector, uint32_t code,
                   const char *format, ...)
{
    struct x86_fault *fault = e->fault;
    va_list args;

    va_start(args, format);
    if (!e->silent)
        put_words(fault, vector, format, args);
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
    if (e->silent || !ZYAN_SUCCESS(e->at->status) ||
        !ZYAN_SUCCESS(
            ZydisFormatterInit(&formatter, ZYDIS_FORMATTER_STYLE_ATT)))
        return;
    (void)ZydisFormatterFormatInstruction(&formatter, &e->at->insn, e->at->op,
                                          e->at->insn.operand_count_visible,
                                          text, cap, arch_pc(e->vcpu), NULL);
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
    for (unsigned i = 0; i < e->at->n_accesses; i++)
        if (e->at->access[i].index == index && e->at->access[i].size <= 8)
            return x86_read_number(e->vcpu, e->at->access[i].gva,
                                   e->at->access[i].size, ret) == 0;
    return false;
}

bool explain_operand(const struct explain *e, unsigned index, uint64_t *ret)
{
    const ZydisDecodedOperand *op = &e->at->op[index];

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
    return e->at->insn.meta.branch_type == ZYDIS_BRANCH_TYPE_FAR ||
           e->at->insn.mnemonic == ZYDIS_MNEMONIC_IRET ||
           e->at->insn.mnemonic == ZYDIS_MNEMONIC_IRETD ||
           e->at->insn.mnemonic == ZYDIS_MNEMONIC_IRETQ;
}
