/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "kvm/x86_64/complete/encode.h"

enum { RSI = 6, RDI = 7, NO_MEMORY = 0xff };

struct row {
    const char *name;
    enum insn_mode mode;
    const char *bytes;
    size_t size;
    const char *code; /* NULL: refused */
    size_t code_size;
    uint8_t pointer; /* or NO_MEMORY */
    bool is_general;
};

#define BYTES(text)   text, sizeof(text) - 1
#define SAME(text)    BYTES(text), BYTES(text)
#define REFUSED(text) BYTES(text), NULL, 0, NO_MEMORY, false

/* clang-format off */
static const struct row rows[] = {
    {"popcnt ecx, eax", INSN_MODE_64, SAME("\xf3\x0f\xb8\xc1"), NO_MEMORY, true},
    {"the same in 32-bit code", INSN_MODE_32, SAME("\xf3\x0f\xb8\xc1"), NO_MEMORY, true},
    {"popcnt cx, ax of 16-bit code", INSN_MODE_REAL, BYTES("\xf3\x0f\xb8\xc1"),
     BYTES("\xf3\x66\x0f\xb8\xc1"), NO_MEMORY, true},
    {"popcnt (rax+4*rcx+8), eax", INSN_MODE_64, BYTES("\xf3\x0f\xb8\x44\x88\x08"),
     BYTES("\xf3\x0f\xb8\x06"), RSI, true},
    {"popcnt gs:(rax), esi: another pointer", INSN_MODE_64,
     BYTES("\x65\xf3\x0f\xb8\x30"), BYTES("\xf3\x0f\xb8\x37"), RDI, true},
    {"addps xmm1, xmm2", INSN_MODE_64, SAME("\x0f\x58\xd1"), NO_MEMORY, false},
    {"addps (rip+0x10), xmm2", INSN_MODE_64, BYTES("\x0f\x58\x15\x10\x00\x00\x00"),
     BYTES("\x0f\x58\x16"), RSI, false},
    {"addps (esp), xmm2", INSN_MODE_32, BYTES("\x0f\x58\x14\x24"),
     BYTES("\x0f\x58\x16"), RSI, false},
    {"addps (bx+si), xmm2", INSN_MODE_REAL, BYTES("\x0f\x58\x10"),
     BYTES("\x0f\x58\x16"), RSI, false},
    {"crc32 ah, eax: no REX prefix", INSN_MODE_64, SAME("\xf2\x0f\x38\xf0\xc4"), NO_MEMORY, false},
    {"fldl (rbx)", INSN_MODE_64, BYTES("\xdd\x03"), BYTES("\xdd\x06"), RSI, false},
    {"fwait", INSN_MODE_64, SAME("\x9b"), NO_MEMORY, false},
    {"lock cmpxchg16b (rdi): of rax, rbx, rcx, rdx none", INSN_MODE_64,
     BYTES("\xf0\x48\x0f\xc7\x0f"), BYTES("\xf0\x48\x0f\xc7\x0e"), RSI, true},
    {"vaddps ymm1, ymm2, ymm3", INSN_MODE_64, SAME("\xc5\xec\x58\xd9"), NO_MEMORY, false},

    {"vaddps zmm1, zmm2, zmm3", INSN_MODE_64, SAME("\x62\xf1\x6c\x48\x58\xd9"), NO_MEMORY, false},
    {"kmovw eax, k1", INSN_MODE_64, SAME("\xc5\xf8\x92\xc8"), NO_MEMORY, false},

    {"the stack pointer", INSN_MODE_64, REFUSED("\xf3\x48\x0f\xb8\xc4")},
    {"its low half", INSN_MODE_64, REFUSED("\xf3\x0f\xb8\xe0")},
    {"mov", INSN_MODE_64, REFUSED("\x89\xc8")},
    {"call", INSN_MODE_64, REFUSED("\xe8\x00\x00\x00\x00")},
    {"jmp (rax)", INSN_MODE_64, REFUSED("\xff\x20")},
    {"syscall", INSN_MODE_64, REFUSED("\x0f\x05")},
    {"int 0x80", INSN_MODE_64, REFUSED("\xcd\x80")},
    {"xrstor (rax)", INSN_MODE_64, REFUSED("\x0f\xae\x28")},
    {"fxrstor (rax)", INSN_MODE_64, REFUSED("\x0f\xae\x08")},
    {"fxsave (rax)", INSN_MODE_64, REFUSED("\x0f\xae\x00")},
    {"wrpkru", INSN_MODE_64, REFUSED("\x0f\x01\xef")},
    {"rdpkru", INSN_MODE_64, REFUSED("\x0f\x01\xee")},
    {"wrfsbase rax", INSN_MODE_64, REFUSED("\xf3\x48\x0f\xae\xd0")},
    {"swapgs", INSN_MODE_64, REFUSED("\x0f\x01\xf8")},
    {"mov eax, gs", INSN_MODE_64, REFUSED("\x8e\xe8")},
    {"rdtsc", INSN_MODE_64, REFUSED("\x0f\x31")},
    {"cpuid", INSN_MODE_64, REFUSED("\x0f\xa2")},
    {"xbegin", INSN_MODE_64, REFUSED("\xc7\xf8\x00\x00\x00\x00")},
    {"monitor", INSN_MODE_64, REFUSED("\x0f\x01\xc8")},
    {"mwait", INSN_MODE_64, REFUSED("\x0f\x01\xc9")},
    {"maskmovq mm1, mm2", INSN_MODE_64, REFUSED("\x0f\xf7\xd1")},
    {"maskmovdqu xmm1, xmm2", INSN_MODE_64, REFUSED("\x66\x0f\xf7\xd1")},
    {"vmaskmovps ymm1, ymm2, (rax)", INSN_MODE_64, REFUSED("\xc4\xe2\x6d\x2e\x08")},
    {"vpgatherdd", INSN_MODE_64, REFUSED("\xc4\xe2\x6d\x90\x0c\x18")},
    {"fnsave (rax)", INSN_MODE_64, REFUSED("\xdd\x30")},
    {"fldenv (rax)", INSN_MODE_64, REFUSED("\xd9\x20")},
    {"movs", INSN_MODE_64, REFUSED("\xa5")},
    {"vpscatterdd", INSN_MODE_64, REFUSED("\x62\xf2\x7d\x49\xa0\x0c\x18")},
};
/* clang-format on */

static void try_row(const struct row *row)
{
    ZydisDecoder decoder = insn_decoder(row->mode);
    ZydisDecodedOperand op[ZYDIS_MAX_OPERAND_COUNT];
    ZydisDecodedInstruction insn;
    struct encoded encoded;
    bool may;

    may = ZYAN_SUCCESS(
        ZydisDecoderDecodeFull(&decoder, row->bytes, row->size, &insn, op));
    cr_assert(may, "%s: is one", row->name);
    may = x86_encode_native(&insn, op, &encoded);
    cr_assert(eq(int, may, row->code != NULL), "%s", row->name);
    if (!may)
        return;
    cr_expect(eq(sz, encoded.size, row->code_size), "%s", row->name);
    cr_expect(eq(int, memcmp(encoded.code, row->code, row->code_size), 0), "%s",
              row->name);
    cr_expect(eq(int, encoded.has_memory, row->pointer != NO_MEMORY), "%s",
              row->name);
    if (encoded.has_memory)
        cr_expect(eq(int, encoded.pointer, row->pointer), "%s", row->name);
    cr_expect(eq(int, encoded.is_general, row->is_general), "%s", row->name);
}

Test(encode, an_instruction)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        try_row(&rows[i]);
}
