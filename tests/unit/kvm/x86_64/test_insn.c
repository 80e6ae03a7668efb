/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdint.h>

#include "kvm/x86_64/insn/insn.h"
#include "tests/unit/kvm/rows.h"

#define V(name)    X86_VECTOR(X86_##name)
#define MEMORY     (V(PF) | V(GP) | V(SS))
#define CODE(text) text, sizeof(text) - 1

#define R INSN_MODE_REAL
#define P INSN_MODE_32
#define L INSN_MODE_64

/* clang-format off */
static const struct insn_row {
    const char *label;
    enum insn_mode mode;
    const char *bytes;
    size_t n;
    unsigned size, operand, traits; /* operand 0: any */
    uint32_t raises, spares; /* at least these, and none of those */
    uint8_t vector;
} insn_rows[] = {
    /* flags */
    {"pushf",    R, CODE("\x9c"),         1, 2, INSN_PUSHF, V(SS), V(DE), 0},
    {"pushfd",   R, CODE("\x66\x9c"),     2, 4, INSN_PUSHF, V(SS), 0, 0},
    {"pushfd",   P, CODE("\x9c"),         1, 4, INSN_PUSHF, V(PF), 0, 0},
    {"pushf",    P, CODE("\x66\x9c"),     2, 2, INSN_PUSHF, V(PF), 0, 0},
    {"pushfq",   L, CODE("\x9c"),         1, 8, INSN_PUSHF, V(PF), 0, 0},
    {"pushf",    L, CODE("\x66\x9c"),     2, 2, INSN_PUSHF, V(PF), 0, 0},
    {"rex pushfq", L, CODE("\x48\x9c"),   2, 8, INSN_PUSHF, V(PF), 0, 0},
    {"popf",     R, CODE("\x9d"),         1, 2, INSN_POPF, V(SS), 0, 0},
    {"popfq",    L, CODE("\x9d"),         1, 8, INSN_POPF, V(PF), 0, 0},
    {"iret",     R, CODE("\xcf"),         1, 2, INSN_IRET | INSN_NATIVE | INSN_STACK | INSN_TABLES,
     V(GP), 0, 0},
    {"iretq",    L, CODE("\x48\xcf"),     2, 8, INSN_IRET | INSN_NATIVE | INSN_STACK | INSN_TABLES,
     V(GP) | V(NP), 0, 0},
    {"iretd",    L, CODE("\xcf"),         1, 4, INSN_IRET | INSN_NATIVE | INSN_STACK | INSN_TABLES,
     V(GP), 0, 0},
    /* into the kernel and back */
    {"int 0x80", P, CODE("\xcd\x80"),     2, 4, INSN_INT | INSN_STACK,
     V(GP), 0, 0x80},
    {"int 0",    R, CODE("\xcd\x00"),     2, 2, INSN_INT | INSN_STACK,
     V(GP), 0, 0},
    {"int3",     L, CODE("\xcc"),         1, 4, INSN_INT | INSN_STACK,
     V(GP), 0, X86_BP},
    {"icebp",    L, CODE("\xf1"),         1, 4, INSN_INT | INSN_ICEBP | INSN_STACK,
     V(UD), V(GP), X86_DB},
    {"into",     P, CODE("\xce"),         1, 4, INSN_STACK, V(OF), 0, 0},
    {"into",     L, CODE("\xce"),         0, 0, 0, V(UD), V(OF), 0},
    {"bound",    P, CODE("\x62\x00"),     2, 4, 0, V(BR) | V(PF), 0, 0},
    {"syscall",  L, CODE("\x0f\x05"),     2, 8, INSN_SYSCALL, V(UD), V(PF), 0},
    {"sysret",   L, CODE("\x48\x0f\x07"), 3, 8, INSN_SYSRET, V(GP), 0, 0},
    {"sysenter", P, CODE("\x0f\x34"),     2, 4, INSN_SYSENTER, V(GP), 0, 0},
    {"sysexit",  P, CODE("\x0f\x35"),     2, 4, INSN_SYSEXIT, V(GP), 0, 0},
    /* what can fault, and what cannot */
    {"nop",      L, CODE("\x90"),         1, 4, 0, 0, ~0u, 0},
    {"inc eax",  L, CODE("\xff\xc0"),     2, 4, 0, 0, ~0u, 0},
    {"lea",      L, CODE("\x8d\x03"),     2, 4, 0, 0, ~0u, 0},
    {"jmp",      L, CODE("\xeb\x00"),     2, 8, INSN_BRANCH, V(GP), MEMORY & ~V(GP), 0},
    {"jnz",      R, CODE("\x75\x00"),     2, 0, INSN_BRANCH, V(GP), MEMORY & ~V(GP), 0},
    {"cli",      L, CODE("\xfa"),         1, 4, 0, V(GP), V(PF), 0},
    {"sti",      R, CODE("\xfb"),         1, 2, 0, V(GP), V(PF), 0},
    {"load",     L, CODE("\x8b\x03"),     2, 4, 0, MEMORY, V(DE) | V(UD), 0},
    {"fs load",  L, CODE("\x64\x8b\x03"), 3, 4, 0, MEMORY, V(DE), 0},
    {"moffs",    P, CODE("\xa1\0\0\0\0"), 5, 4, 0, MEMORY, V(DE), 0},
    {"push",     L, CODE("\x50"),         1, 8, 0, MEMORY, V(DE), 0},
    {"call",     P, CODE("\xe8\0\0\0\0"), 5, 4, INSN_BRANCH, MEMORY, V(DE), 0},
    {"xlat",     P, CODE("\xd7"),         1, 0, 0, MEMORY, V(DE), 0},
    {"div",      L, CODE("\xf7\xf1"),     2, 4, 0, V(DE), MEMORY, 0},
    {"div [m]",  L, CODE("\xf7\x31"),     2, 4, 0, V(DE) | MEMORY, 0, 0},
    {"aam",      P, CODE("\xd4\x0a"),     2, 0, 0, V(DE), MEMORY, 0},
    {"ud2",      L, CODE("\x0f\x0b"),     2, 4, 0, V(UD), V(DE), 0},
    {"mov cr0",  L, CODE("\x0f\x22\xc0"), 3, 8, 0, V(GP), V(PF), 0},
    {"wrmsr",    L, CODE("\x0f\x30"),     2, 4, 0, V(GP), V(PF), 0},
    {"in",       L, CODE("\xec"),         1, 1, 0, V(GP) | V(PF), V(SS), 0},
    {"ltr",      P, CODE("\x0f\x00\xd8"), 3, 0, INSN_TABLES, V(GP) | V(NP) | V(PF), 0, 0},
    {"lar",      L, CODE("\x0f\x02\xc0"), 3, 0, INSN_TABLES, V(PF), 0, 0},
    {"far jmp",  P, CODE("\xea\0\0\0\0\x08\0"), 7, 4, INSN_FAR | INSN_TABLES, V(GP) | V(NP) | V(PF), 0, 0},
    /* several values on the stack */
    {"retf",     P, CODE("\xcb"),         1, 4, INSN_STACK | INSN_RET_FAR | INSN_TABLES,
     V(GP) | V(NP) | V(PF), 0, 0},
    {"retf 4",   L, CODE("\xca\x04\x00"), 3, 4, INSN_STACK | INSN_RET_FAR | INSN_TABLES, V(PF), 0, 0},
    {"far call", R, CODE("\x9a\0\0\x08\0"), 5, 2, INSN_STACK | INSN_FAR | INSN_TABLES,
     V(GP) | V(PF), 0, 0},
    {"far call [m]", P, CODE("\xff\x18"), 2, 4, INSN_STACK | INSN_FAR | INSN_FAR_MEMORY | INSN_TABLES, MEMORY, 0, 0},
    {"far jmp [m]", P, CODE("\xff\x28"), 2, 4, INSN_FAR | INSN_FAR_MEMORY | INSN_TABLES, MEMORY, 0, 0},
    {"pusha",    R, CODE("\x60"),         1, 2, INSN_STACK, V(SS), 0, 0},
    {"popad",    P, CODE("\x61"),         1, 4, INSN_STACK | INSN_POPA, V(PF), 0, 0},
    {"enter",    P, CODE("\xc8\x08\0\x01"), 4, 4, INSN_STACK, V(PF), 0, 0},
    {"leave",    P, CODE("\xc9"),         1, 4, 0, V(PF), 0, 0},
    {"lock inc", L, CODE("\xf0\xff\x03"), 3, 4, 0, MEMORY | V(UD), 0, 0},
    {"fld1",     L, CODE("\xd9\xe8"),     2, 4, 0, V(NM) | V(MF), V(PF), 0},
    {"movaps",   L, CODE("\x0f\x28\xc1"), 3, 4, 0, V(NM) | V(UD), V(PF), 0},
    {"popcnt",   L, CODE("\xf3\x0f\xb8\xc1"), 4, 4, 0, V(UD), V(PF), 0},
    /* strings */
    {"movsb",    L, CODE("\xa4"),         1, 1, 0, MEMORY, V(DE), 0},
    {"rep movsb", L, CODE("\xf3\xa4"),    2, 1, INSN_REPEAT, MEMORY, 0, 0},
    {"repe cmpsd", P, CODE("\xf3\xa7"),   2, 4, INSN_REPEAT, MEMORY, 0, 0},
    {"repne scasw", R, CODE("\xf2\xaf"),  2, 2, INSN_REPEAT, MEMORY, 0, 0},
    {"rep stosq", L, CODE("\xf3\x48\xab"), 3, 8, INSN_REPEAT, MEMORY, 0, 0},
    {"rep outsb", R, CODE("\xf3\x6e"),    2, 1, INSN_REPEAT, MEMORY, 0, 0},
    {"rep ret",  L, CODE("\xf3\xc3"),     2, 8, INSN_BRANCH, V(PF), 0, 0},
    {"pause",    L, CODE("\xf3\x90"),     2, 4, 0, 0, ~0u, 0},
    /* what holds traps off, and the rest */
    {"mov ss",   R, CODE("\x8e\xd0"),     2, 2, INSN_SHADOW | INSN_TABLES, V(GP), 0, 0},
    {"mov ds",   P, CODE("\x8e\xd8"),     2, 4, INSN_TABLES, V(GP) | V(NP) | V(PF), 0, 0},
    {"mov ax, ss", P, CODE("\x8c\xd0"),   2, 4, 0, 0, V(GP), 0},
    {"pop ss",   P, CODE("\x17"),         1, 4, INSN_SHADOW | INSN_POP | INSN_TABLES, V(NP), 0, 0},
    {"pop ds",   P, CODE("\x1f"),         1, 4, INSN_TABLES, V(NP), 0, 0},
    {"pop fs",   L, CODE("\x0f\xa1"),     2, 8, INSN_TABLES, V(NP), 0, 0},
    {"pop rdi",  L, CODE("\x5f"),         1, 8, 0, V(PF), V(NP), 0},
    {"lss",      P, CODE("\x0f\xb2\x00"), 3, 4, INSN_SHADOW | INSN_LSS | INSN_TABLES, V(GP), 0, 0},
    {"mov dr7",  L, CODE("\x0f\x23\xf8"), 3, 8, INSN_MOV_DR, V(GP), 0, 0},
    {"hlt",      R, CODE("\xf4"),         1, 2, INSN_HLT, V(GP), 0, 0},
    {"lfence",   L, CODE("\x0f\xae\xe8"), 3, 4, INSN_NATIVE, V(UD), 0, 0},
    {"swapgs",   L, CODE("\x0f\x01\xf8"), 3, 4, INSN_NATIVE, V(GP), 0, 0},
    /* no instruction */
    {"invalid",  L, CODE("\x06"),         0, 0, 0, V(UD), V(DE), 0},
    {"too long", L, CODE("\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66"
                         "\x66\x66\x90"), 0, 0, 0, V(GP), 0, 0},
    {"cut short", L, CODE("\xe8\x00"),    0, 0, 0, V(PF), V(UD), 0},
    {"nothing",  L, CODE(""),             0, 0, 0, V(PF), V(UD), 0},
    {"dec eax, not rex", P, CODE("\x48\x9c"), 1, 4, 0, 0, ~0u, 0},
};
/* clang-format on */

ParameterizedTestParameters(insn, decode)
{
    return row_numbers(ROWS(insn_rows));
}

ParameterizedTest(const size_t *i, insn, decode)
{
    const struct insn_row *row = &insn_rows[*i];
    struct insn insn =
        insn_decode(row->mode, (const uint8_t *)row->bytes, row->n);

    cr_expect(eq(u32, insn.size, row->size), "%s: size", row->label);
    cr_expect(eq(u32, insn.traits, row->traits), "%s: traits", row->label);
    cr_expect(eq(u32, insn.raises & row->raises, row->raises), "%s: raises",
              row->label);
    cr_expect(eq(u32, insn.raises & row->spares, 0), "%s: spares", row->label);
    cr_expect(eq(u32, insn.vector, row->vector), "%s: vector", row->label);
    if (row->size && row->operand)
        cr_expect(eq(u32, insn.operand, row->operand), "%s: operand",
                  row->label);
}

/* Whatever the bytes are, the size is that of an instruction, or none. */
Test(insn, any_bytes)
{
    uint8_t bytes[15];
    uint32_t random = 1;

    for (unsigned round = 0; round < 100000; round++) {
        struct insn insn;

        for (size_t i = 0; i < sizeof bytes; i++) {
            random = random * 1664525 + 1013904223;
            bytes[i] = (uint8_t)(random >> 24);
        }
        insn = insn_decode((enum insn_mode)(round % 6), bytes, sizeof bytes);
        cr_assert(le(u32, insn.size, 15));
        if (!insn.size)
            cr_assert(ne(u32, insn.raises, 0));
    }
}
