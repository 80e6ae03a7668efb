/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/complete/encode.h"

/* --- what is allowed --- */

/* All instructions of these sets that have the form below ... */
static const ZydisISAExt allowed_sets[] = {
    ZYDIS_ISA_EXT_X87,        ZYDIS_ISA_EXT_MMX,       ZYDIS_ISA_EXT_SSE,
    ZYDIS_ISA_EXT_SSE2,       ZYDIS_ISA_EXT_SSE3,      ZYDIS_ISA_EXT_SSSE3,
    ZYDIS_ISA_EXT_SSE4,       ZYDIS_ISA_EXT_AES,       ZYDIS_ISA_EXT_PCLMULQDQ,
    ZYDIS_ISA_EXT_SHA,        ZYDIS_ISA_EXT_AVX,       ZYDIS_ISA_EXT_AVX2,
    ZYDIS_ISA_EXT_AVXAES,     ZYDIS_ISA_EXT_FMA,       ZYDIS_ISA_EXT_F16C,
    ZYDIS_ISA_EXT_AVX512EVEX, ZYDIS_ISA_EXT_AVX512VEX,
};

/* ... and of these, which do with general registers, */
static const ZydisISAExt general_sets[] = {
    ZYDIS_ISA_EXT_BMI1,  ZYDIS_ISA_EXT_BMI2,      ZYDIS_ISA_EXT_LZCNT,
    ZYDIS_ISA_EXT_MOVBE, ZYDIS_ISA_EXT_ADOX_ADCX,
};

/* as do these, of sets that have others, too. */
static const ZydisMnemonic general_names[] = {
    ZYDIS_MNEMONIC_POPCNT,
    ZYDIS_MNEMONIC_CMPXCHG16B,
    ZYDIS_MNEMONIC_CMPXCHG8B,
};

/* Of the masked ones the CPU leaves out elements that may not be mapped. State
 * as a whole is no computing, and that of the x87 looks otherwise in each mode.
 */
static const ZydisMnemonic refused_names[] = {
    ZYDIS_MNEMONIC_MASKMOVQ,    ZYDIS_MNEMONIC_MASKMOVDQU,
    ZYDIS_MNEMONIC_VMASKMOVDQU, ZYDIS_MNEMONIC_VMASKMOVPS,
    ZYDIS_MNEMONIC_VMASKMOVPD,  ZYDIS_MNEMONIC_VPMASKMOVD,
    ZYDIS_MNEMONIC_VPMASKMOVQ,  ZYDIS_MNEMONIC_FNSTENV,
    ZYDIS_MNEMONIC_FLDENV,      ZYDIS_MNEMONIC_FNSAVE,
    ZYDIS_MNEMONIC_FRSTOR,      ZYDIS_MNEMONIC_FXSAVE,
    ZYDIS_MNEMONIC_FXRSTOR,     ZYDIS_MNEMONIC_FXSAVE64,
    ZYDIS_MNEMONIC_FXRSTOR64,
};

#define COUNT(table) (sizeof(table) / sizeof *(table))

static bool is_among(const ZydisMnemonic *names, size_t n, ZydisMnemonic name)
{
    for (size_t i = 0; i < n; i++)
        if (names[i] == name)
            return true;
    return false;
}

static bool is_of(const ZydisISAExt *sets, size_t n, ZydisISAExt set)
{
    for (size_t i = 0; i < n; i++)
        if (sets[i] == set)
            return true;
    return false;
}

static bool is_general(const ZydisDecodedInstruction *insn)
{
    return is_of(general_sets, COUNT(general_sets), insn->meta.isa_ext) ||
           is_among(general_names, COUNT(general_names), insn->mnemonic);
}

static bool is_allowed_name(const ZydisDecodedInstruction *insn)
{
    if (insn->meta.branch_type != ZYDIS_BRANCH_TYPE_NONE ||
        insn->attributes & ZYDIS_ATTRIB_IS_PRIVILEGED ||
        is_among(refused_names, COUNT(refused_names), insn->mnemonic))
        return false;
    return is_general(insn) ||
           is_of(allowed_sets, COUNT(allowed_sets), insn->meta.isa_ext);
}

/* The stack pointer is ours. */
static bool is_allowed_register(ZydisRegister reg)
{
    ZydisRegisterClass class = ZydisRegisterGetClass(reg);

    switch (class) {
    case ZYDIS_REGCLASS_GPR8:
    case ZYDIS_REGCLASS_GPR16:
    case ZYDIS_REGCLASS_GPR32:
    case ZYDIS_REGCLASS_GPR64:
        return ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64,
                                                reg) != ZYDIS_REGISTER_RSP;
    case ZYDIS_REGCLASS_X87:
    case ZYDIS_REGCLASS_MMX:
    case ZYDIS_REGCLASS_XMM:
    case ZYDIS_REGCLASS_YMM:
    case ZYDIS_REGCLASS_ZMM:
    case ZYDIS_REGCLASS_MASK:
        return true;
    default:
        return false;
    }
}

static bool is_memory(const ZydisDecodedOperand *op)
{
    return op->type == ZYDIS_OPERAND_TYPE_MEMORY;
}

static bool is_allowed_operand(const ZydisDecodedOperand *op)
{
    if (is_memory(op))
        return op->visibility == ZYDIS_OPERAND_VISIBILITY_EXPLICIT &&
               op->mem.type == ZYDIS_MEMOP_TYPE_MEM;
    if (op->visibility != ZYDIS_OPERAND_VISIBILITY_EXPLICIT)
        return true;
    if (op->type == ZYDIS_OPERAND_TYPE_IMMEDIATE)
        return true;
    return op->type == ZYDIS_OPERAND_TYPE_REGISTER &&
           is_allowed_register(op->reg.value);
}

static bool has_allowed_form(const ZydisDecodedInstruction *insn,
                             const ZydisDecodedOperand *op, struct encoded *ret)
{
    for (uint8_t i = 0; i < insn->operand_count; i++) {
        if (!is_allowed_operand(&op[i]) ||
            (is_memory(&op[i]) && ret->has_memory))
            return false;
        if (!is_memory(&op[i]))
            continue;
        ret->has_memory = true;
        ret->memory = i;
    }
    return true;
}

/* --- how it looks --- */

static bool is_used(const ZydisDecodedInstruction *insn,
                    const ZydisDecodedOperand *op, ZydisRegister pointer)
{
    for (unsigned i = 0; i < insn->operand_count; i++)
        if (op[i].type == ZYDIS_OPERAND_TYPE_REGISTER &&
            ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64,
                                             op[i].reg.value) == pointer)
            return true;
    return false;
}

/* One that needs no REX prefix, beside which there is no AH. */
static ZydisRegister choose_pointer(const ZydisDecodedInstruction *insn,
                                    const ZydisDecodedOperand *op)
{
    static const ZydisRegister pointers[] = {
        ZYDIS_REGISTER_RSI, ZYDIS_REGISTER_RDI, ZYDIS_REGISTER_RBX,
        ZYDIS_REGISTER_RDX, ZYDIS_REGISTER_RCX, ZYDIS_REGISTER_RAX,
    };

    for (size_t i = 0; i < COUNT(pointers); i++)
        if (!is_used(insn, op, pointers[i]))
            return pointers[i];
    return ZYDIS_REGISTER_NONE;
}

static bool point(ZydisEncoderRequest *request, ZydisRegister pointer,
                  struct encoded *ret)
{
    ZydisEncoderOperand *op = &request->operands[ret->memory];

    if (pointer == ZYDIS_REGISTER_NONE || ret->memory >= request->operand_count)
        return false;
    op->mem.base = pointer;
    op->mem.index = ZYDIS_REGISTER_NONE;
    op->mem.scale = 0;
    op->mem.displacement = 0;
    ret->pointer = (uint8_t)ZydisRegisterGetId(pointer);
    return true;
}

bool x86_encode_native(const ZydisDecodedInstruction *insn,
                       const ZydisDecodedOperand *op, struct encoded *ret)
{
    ZydisEncoderRequest request;
    ZyanUSize size = sizeof ret->code;

    *ret = (struct encoded){.is_general = is_general(insn)};
    if (!is_allowed_name(insn) || !has_allowed_form(insn, op, ret) ||
        !ZYAN_SUCCESS(ZydisEncoderDecodedInstructionToEncoderRequest(
            insn, op, insn->operand_count_visible, &request)))
        return false;
    request.machine_mode = ZYDIS_MACHINE_MODE_LONG_64;
    request.address_size_hint = ZYDIS_ADDRESS_SIZE_HINT_NONE;
    request.prefixes &= ~(ZyanU64)ZYDIS_ATTRIB_HAS_SEGMENT;
    if (ret->has_memory && !point(&request, choose_pointer(insn, op), ret))
        return false;
    if (!ZYAN_SUCCESS(
            ZydisEncoderEncodeInstruction(&request, ret->code, &size)))
        return false;
    ret->size = (uint8_t)size;
    return true;
}
