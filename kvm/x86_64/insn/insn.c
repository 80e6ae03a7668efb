/* SPDX-License-Identifier: MIT */
/*
 * Instructions, by Zydis: the few properties that stepping depends on. Which
 * exceptions can come is taken generously from what an instruction does, not
 * from its page in the manual: one too many costs a debug register for the
 * length of a step, one too few a step that ends late.
 */
#include "kvm/x86_64/insn/insn.h"

#include "kvm/x86_64/insn/decoder.h"

#define V(name) X86_VECTOR(X86_##name)

enum {
    OPCODE_MOV_FROM_SREG = 0x8c,
    OPCODE_MOV_SREG = 0x8e,
    SREG_SS = 2,
    MODRM_REG_ONLY = 3,
    OPCODE_POP_SS = 0x17,
};

/* What a name alone tells. */
static const struct {
    ZydisMnemonic mnemonic;
    unsigned traits;
    uint32_t raises;
} names[] = {
    {ZYDIS_MNEMONIC_PUSHF, INSN_PUSHF, 0},
    {ZYDIS_MNEMONIC_PUSHFD, INSN_PUSHF, 0},
    {ZYDIS_MNEMONIC_PUSHFQ, INSN_PUSHF, 0},
    {ZYDIS_MNEMONIC_POPF, INSN_POPF, 0},
    {ZYDIS_MNEMONIC_POPFD, INSN_POPF, 0},
    {ZYDIS_MNEMONIC_POPFQ, INSN_POPF, 0},
    {ZYDIS_MNEMONIC_IRET, INSN_IRET | INSN_NATIVE | INSN_STACK | INSN_TABLES,
     V(NP) | V(TS) | V(UD)},
    {ZYDIS_MNEMONIC_IRETD, INSN_IRET | INSN_NATIVE | INSN_STACK | INSN_TABLES,
     V(NP) | V(TS) | V(UD)},
    {ZYDIS_MNEMONIC_IRETQ, INSN_IRET | INSN_NATIVE | INSN_STACK | INSN_TABLES,
     V(NP) | V(TS) | V(UD)},
    {ZYDIS_MNEMONIC_SYSCALL, INSN_SYSCALL, V(UD)},
    {ZYDIS_MNEMONIC_SYSRET, INSN_SYSRET, V(UD)},
    {ZYDIS_MNEMONIC_SYSEXIT, INSN_SYSEXIT, V(UD)},
    {ZYDIS_MNEMONIC_SYSENTER, INSN_SYSENTER, V(GP)},
    /* kvm_pvm refuses the user's with #UD, and iret and far branches, too. */
    {ZYDIS_MNEMONIC_INT, INSN_INT | INSN_STACK, V(GP) | V(UD)},
    {ZYDIS_MNEMONIC_INT1, INSN_INT | INSN_STACK | INSN_ICEBP, V(UD)},
    {ZYDIS_MNEMONIC_INT3, INSN_INT | INSN_STACK, V(GP) | V(UD)},
    {ZYDIS_MNEMONIC_INTO, INSN_STACK, V(OF) | V(GP) | V(UD)},
    {ZYDIS_MNEMONIC_PUSHA, INSN_STACK, 0},
    {ZYDIS_MNEMONIC_PUSHAD, INSN_STACK, 0},
    {ZYDIS_MNEMONIC_POPA, INSN_STACK | INSN_POPA, 0},
    {ZYDIS_MNEMONIC_POPAD, INSN_STACK | INSN_POPA, 0},
    {ZYDIS_MNEMONIC_ENTER, INSN_STACK, V(PF) | V(GP) | V(SS)},
    {ZYDIS_MNEMONIC_LEAVE, 0, V(PF) | V(GP) | V(SS)},
    {ZYDIS_MNEMONIC_BOUND, 0, V(BR)},
    {ZYDIS_MNEMONIC_HLT, INSN_HLT, 0},
    {ZYDIS_MNEMONIC_LSS, INSN_SHADOW | INSN_LSS, 0},
    {ZYDIS_MNEMONIC_DIV, 0, V(DE)},
    {ZYDIS_MNEMONIC_IDIV, 0, V(DE)},
    {ZYDIS_MNEMONIC_AAM, 0, V(DE)},
    {ZYDIS_MNEMONIC_RSM, 0, V(UD)},
    {ZYDIS_MNEMONIC_UD0, 0, V(UD)},
    {ZYDIS_MNEMONIC_UD1, 0, V(UD)},
    {ZYDIS_MNEMONIC_UD2, 0, V(UD)},
    {ZYDIS_MNEMONIC_LFENCE, INSN_NATIVE, 0},
    {ZYDIS_MNEMONIC_MFENCE, INSN_NATIVE, 0},
    {ZYDIS_MNEMONIC_SFENCE, INSN_NATIVE, 0},
    {ZYDIS_MNEMONIC_SWAPGS, INSN_NATIVE, 0},
    {ZYDIS_MNEMONIC_RDFSBASE, INSN_NATIVE, 0},
    {ZYDIS_MNEMONIC_RDGSBASE, INSN_NATIVE, 0},
    {ZYDIS_MNEMONIC_WRFSBASE, INSN_NATIVE, V(GP)},
    {ZYDIS_MNEMONIC_WRGSBASE, INSN_NATIVE, V(GP)},
    {ZYDIS_MNEMONIC_CLDEMOTE, INSN_NATIVE, V(UD)},
    {ZYDIS_MNEMONIC_FXSAVE, INSN_NATIVE, 0},
    {ZYDIS_MNEMONIC_FXRSTOR, INSN_NATIVE, 0},
    {ZYDIS_MNEMONIC_FXSAVE64, INSN_NATIVE, 0},
    {ZYDIS_MNEMONIC_FXRSTOR64, INSN_NATIVE, 0},
    {ZYDIS_MNEMONIC_CLI, 0, V(GP)},
    {ZYDIS_MNEMONIC_STI, 0, V(GP)},
    {ZYDIS_MNEMONIC_LLDT, INSN_TABLES, V(NP) | V(PF)},
    {ZYDIS_MNEMONIC_LTR, INSN_TABLES, V(NP) | V(PF)},
    {ZYDIS_MNEMONIC_LAR, INSN_TABLES, V(PF)},
    {ZYDIS_MNEMONIC_LSL, INSN_TABLES, V(PF)},
    {ZYDIS_MNEMONIC_VERR, INSN_TABLES, V(PF)},
    {ZYDIS_MNEMONIC_VERW, INSN_TABLES, V(PF)},
};

/* What a kind of instruction may raise. */
static const struct {
    ZydisInstructionCategory category;
    uint32_t raises;
} categories[] = {
    {ZYDIS_CATEGORY_PUSH, V(PF) | V(SS) | V(GP)},
    {ZYDIS_CATEGORY_POP, V(PF) | V(SS) | V(GP)},
    {ZYDIS_CATEGORY_CALL, V(PF) | V(SS) | V(GP)},
    {ZYDIS_CATEGORY_RET, V(PF) | V(SS) | V(GP)},
    {ZYDIS_CATEGORY_INTERRUPT, V(PF) | V(SS)},
    {ZYDIS_CATEGORY_STRINGOP, V(PF) | V(GP) | V(SS)},
    {ZYDIS_CATEGORY_IOSTRINGOP, V(PF) | V(GP) | V(SS)},
    {ZYDIS_CATEGORY_IO, V(GP) | V(PF)}, /* the I/O permission map */
    {ZYDIS_CATEGORY_COND_BR, V(GP)},
    {ZYDIS_CATEGORY_UNCOND_BR, V(GP)},
    {ZYDIS_CATEGORY_SYSTEM, V(GP) | V(UD)},
    {ZYDIS_CATEGORY_SYSRET, V(GP)},
    {ZYDIS_CATEGORY_WIDENOP, V(UD)}, /* to some hosts they are not known */
    {ZYDIS_CATEGORY_VTX, V(GP) | V(UD)},
    {ZYDIS_CATEGORY_SEGOP, V(GP) | V(NP) | V(SS) | V(PF)},
};

/* What an extension may raise when it is used; any but the base can be absent
 * from a guest's CPUID. */
static const struct {
    ZydisISAExt extension;
    uint32_t raises;
} extensions[] = {
    {ZYDIS_ISA_EXT_BASE, 0},
    {ZYDIS_ISA_EXT_LONGMODE, 0},
    {ZYDIS_ISA_EXT_PAUSE, 0},
    {ZYDIS_ISA_EXT_X87, V(UD) | V(NM) | V(MF)},
    {ZYDIS_ISA_EXT_MMX, V(UD) | V(NM) | V(MF)},
};
/* clang-format on */

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void add_by_name(const ZydisDecodedInstruction *z, struct insn *insn)
{
    for (size_t i = 0; i < COUNT(names); i++) {
        if (names[i].mnemonic != z->mnemonic)
            continue;
        insn->traits |= names[i].traits;
        insn->raises |= names[i].raises;
        return;
    }
}

static uint32_t of_category(const ZydisDecodedInstruction *z)
{
    for (size_t i = 0; i < COUNT(categories); i++)
        if (categories[i].category == z->meta.category)
            return categories[i].raises;
    return 0;
}

static uint32_t of_extension(const ZydisDecodedInstruction *z)
{
    for (size_t i = 0; i < COUNT(extensions); i++)
        if (extensions[i].extension == z->meta.isa_ext)
            return extensions[i].raises;
    return V(UD) | V(NM) | V(XM) | V(GP);
}

/* Zydis lets a segment prefix stand where there is memory to be addressed. */
static bool has_memory(const ZydisDecodedInstruction *z)
{
    return z->attributes &
           (ZYDIS_ATTRIB_ACCEPTS_SEGMENT | ZYDIS_ATTRIB_HAS_SEGMENT);
}

static bool is_mov_sreg(const ZydisDecodedInstruction *z)
{
    return z->mnemonic == ZYDIS_MNEMONIC_MOV &&
           z->opcode_map == ZYDIS_OPCODE_MAP_DEFAULT &&
           z->opcode == OPCODE_MOV_SREG;
}

/* pop es, ss, ds, and in map 0F fs, gs: the opcodes' low bits are 001 or 111,
 * while pop of a register is 58 to 5f and of memory 8f. */
static bool is_pop_sreg(const ZydisDecodedInstruction *z)
{
    return z->mnemonic == ZYDIS_MNEMONIC_POP &&
           (z->opcode_map == ZYDIS_OPCODE_MAP_0F || z->opcode < 0x20);
}

static bool loads_ss(const ZydisDecodedInstruction *z)
{
    return (is_mov_sreg(z) && z->raw.modrm.reg == SREG_SS) ||
           (is_pop_sreg(z) && z->opcode == OPCODE_POP_SS);
}

static bool is_mov_dr(const ZydisDecodedInstruction *z)
{
    return z->mnemonic == ZYDIS_MNEMONIC_MOV &&
           z->opcode_map == ZYDIS_OPCODE_MAP_0F &&
           (z->opcode == 0x21 || z->opcode == 0x23);
}

/* call and ret, not jmp. */
static bool is_far_stacking(const ZydisDecodedInstruction *z)
{
    return z->meta.branch_type == ZYDIS_BRANCH_TYPE_FAR &&
           z->meta.category != ZYDIS_CATEGORY_UNCOND_BR;
}

/* With its target in the instruction: 9a and ea. */
static bool is_far_direct(const ZydisDecodedInstruction *z)
{
    return z->meta.branch_type == ZYDIS_BRANCH_TYPE_FAR &&
           (z->opcode == 0x9a || z->opcode == 0xea);
}

/* ff /3 and /5 */
static bool is_far_indirect(const ZydisDecodedInstruction *z)
{
    return z->meta.branch_type == ZYDIS_BRANCH_TYPE_FAR && z->opcode == 0xff;
}

static bool is_near(const ZydisDecodedInstruction *z)
{
    return z->meta.branch_type == ZYDIS_BRANCH_TYPE_SHORT ||
           z->meta.branch_type == ZYDIS_BRANCH_TYPE_NEAR;
}

static bool reads_descriptors(const ZydisDecodedInstruction *z)
{
    return is_mov_sreg(z) || is_pop_sreg(z) ||
           z->meta.branch_type == ZYDIS_BRANCH_TYPE_FAR ||
           z->meta.category == ZYDIS_CATEGORY_SEGOP;
}

static bool is_repeated(const ZydisDecodedInstruction *z)
{
    return z->attributes & (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE |
                            ZYDIS_ATTRIB_HAS_REPNE);
}

static uint8_t insn_vector_of(const ZydisDecodedInstruction *z)
{
    switch (z->mnemonic) {
    case ZYDIS_MNEMONIC_INT1:
        return X86_DB;
    case ZYDIS_MNEMONIC_INT3:
        return X86_BP;
    default:
        return (uint8_t)z->raw.imm[0].value.u;
    }
}

static void add_by_form(const ZydisDecodedInstruction *z, struct insn *insn)
{
    if (has_memory(z))
        insn->raises |= V(PF) | V(GP) | V(SS) | V(AC);
    if (z->attributes & ZYDIS_ATTRIB_IS_PRIVILEGED)
        insn->raises |= V(GP);
    if (z->attributes & ZYDIS_ATTRIB_HAS_LOCK)
        insn->raises |= V(UD);
    if (z->meta.branch_type == ZYDIS_BRANCH_TYPE_FAR)
        insn->raises |= V(GP) | V(NP) | V(SS) | V(TS) | V(PF) | V(UD);
    if (is_mov_sreg(z) || is_pop_sreg(z))
        insn->raises |= V(GP) | V(NP) | V(SS) | V(PF);
    if (loads_ss(z))
        insn->traits |= INSN_SHADOW | (is_pop_sreg(z) ? INSN_POP : 0u);
    if (is_mov_dr(z))
        insn->traits |= INSN_MOV_DR;
    if (is_far_stacking(z))
        insn->traits |= INSN_STACK;
    if (is_far_stacking(z) && z->meta.category == ZYDIS_CATEGORY_RET)
        insn->traits |= INSN_RET_FAR;
    if (is_repeated(z))
        insn->traits |= INSN_REPEAT;
    if (z->meta.category == ZYDIS_CATEGORY_WIDENOP ||
        z->meta.category == ZYDIS_CATEGORY_PREFETCH)
        insn->traits |= INSN_NATIVE;
    if (z->mnemonic == ZYDIS_MNEMONIC_MOV &&
        z->opcode == OPCODE_MOV_FROM_SREG &&
        z->opcode_map == ZYDIS_OPCODE_MAP_DEFAULT)
        insn->raises |= V(UD); /* with REX.R, if KVM emulates it */
    if (is_far_indirect(z))
        insn->traits |= INSN_FAR | INSN_FAR_MEMORY;
    if (is_near(z))
        insn->traits |= INSN_BRANCH;
    if (reads_descriptors(z))
        insn->traits |= INSN_TABLES;
    if (is_far_direct(z)) {
        insn->traits |= INSN_FAR;
        insn->offset = (uint32_t)z->raw.imm[0].value.u;
        insn->selector = (uint16_t)z->raw.imm[1].value.u;
    }
}

struct insn insn_decode(enum insn_mode mode, const uint8_t *bytes, size_t n)
{
    ZydisDecoder decoder = insn_decoder(mode);
    ZydisDecodedInstruction z;
    /* It may be too long, or known to the CPU alone. */
    struct insn insn = {.raises = V(UD) | V(GP) | V(PF) | V(NM)};
    ZyanStatus status =
        ZydisDecoderDecodeInstruction(&decoder, NULL, bytes, n, &z);

    if (status == ZYDIS_STATUS_NO_MORE_DATA)
        insn.raises = V(PF) | V(GP);
    if (!ZYAN_SUCCESS(status))
        return insn;
    insn = (struct insn){
        .size = z.length,
        .operand = z.operand_width / 8,
        .raises = of_category(&z) | of_extension(&z),
    };
    add_by_name(&z, &insn);
    add_by_form(&z, &insn);
    if (insn.traits & INSN_INT)
        insn.vector = insn_vector_of(&z);
    return insn;
}
