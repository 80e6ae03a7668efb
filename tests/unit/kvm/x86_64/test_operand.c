/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kvm/x86_64/insn/operand.h"
#include "tests/unit/kvm/rows.h"

/*
 * Bytes of an instruction, and the accesses it makes: "r4000+1 w5000+1 b6000+4"
 * for a read, a write and both. The segments' bases are those of real mode, so
 * only 64-bit code finds its data where the registers say.
 */

static const struct kvm_regs gp = {
    .rax = 0x100001000,
    .rbx = 0x3000,
    .rcx = 3,
    .rdx = 0x2000,
    .rsp = 0x8000,
    .rbp = 0x9000,
    .rsi = 0x4000,
    .rdi = 0x5000,
    .r8 = 0x6000,
    .rip = 0x100,
    .rflags = 2,
};

static const struct kvm_sregs sys = {
    .cs.base = 0x40000,
    .ds.base = 0x10000,
    .es.base = 0x20000,
    .ss.base = 0x30000,
    .fs.base = 0x50000,
    .gs.base = 0x60000,
};

#define REAL INSN_MODE_REAL
#define LONG INSN_MODE_64

/* clang-format off */
static const struct operand_row {
    const char *label;
    enum insn_mode mode;
    bool backwards; /* RFLAGS.DF */
    const char *bytes, *accesses;
} operand_rows[] = {
    {"nop",                    LONG, false, "90",             ""},
    {"register to register",   LONG, false, "89c8",           ""},
    {"lea",                    LONG, false, "488d03",         ""},
    {"nop with an operand",    LONG, false, "0f1f00",         ""},
    {"prefetcht0 (%rbx)",      LONG, false, "0f180b",         ""},
    {"nothing decodes",        LONG, false, "0f0b",           ""},
    {"cut short",              LONG, false, "488b",           ""},

    {"mov (%rbx), %eax",       LONG, false, "8b03",           "r3000+4"},
    {"mov %al, (%rbx)",        LONG, false, "8803",           "w3000+1"},
    {"mov %rax, 8(%rbx,%rcx,4)", LONG, false, "4889448b08",   "w3014+8"},
    {"mov (%r8), %ax",         LONG, false, "66418b00",       "r6000+2"},
    {"mov 0x10(%rip), %eax",   LONG, false, "8b0510000000",   "r116+4"},
    {"mov %fs:(%rbx), %eax",   LONG, false, "648b03",         "r53000+4"},
    {"mov (%ebx), %eax",       LONG, false, "678b03",         "r3000+4"},
    {"mov (%eax), %eax",       LONG, false, "678b00",         "r1000+4"},
    {"mov (%rax), %eax",       LONG, false, "8b00",           "r100001000+4"},
    {"movabs 0x7000, %al",     LONG, false, "a00070000000000000", "r7000+1"},
    {"movups %xmm0, (%rbx)",   LONG, false, "0f1103",         "w3000+10"},
    {"incl (%rbx)",            LONG, false, "ff03",           "b3000+4"},
    {"lock xadd %eax, (%rbx)", LONG, false, "f00fc103",       "b3000+4"},
    {"cmpl $1, (%rbx)",        LONG, false, "833b01",         "r3000+4"},
    {"cmpxchg %ecx, (%rbx)",   LONG, false, "0fb10b",         "b3000+4"},

    {"push %rax",              LONG, false, "50",             "w7ff8+8"},
    {"push %ax",               LONG, false, "6650",           "w7ffe+2"},
    {"pop %rax",               LONG, false, "58",             "r8000+8"},
    {"push (%rbx)",            LONG, false, "ff33",           "r3000+8 w7ff8+8"},
    {"call",                   LONG, false, "e800000000",     "w7ff8+8"},
    {"call *(%rbx)",           LONG, false, "ff13",           "r3000+8 w7ff8+8"},
    {"ret",                    LONG, false, "c3",             "r8000+8"},
    {"lretq",                  LONG, false, "48cb",           "r8000+10"},
    {"iretq",                  LONG, false, "48cf",           "r8000+28"},
    {"iret",                   REAL, false, "cf",             "r38000+6"},
    {"iretd",                  REAL, false, "66cf",           "r38000+c"},
    {"lret",                   REAL, false, "cb",             "r38000+4"},
    {"lcall",                  REAL, false, "9a00000000",     "w37ffc+4"},
    {"pusha",                  REAL, false, "60",             "w37ff0+10"},
    {"popa",                   REAL, false, "61",             "r38000+10"},
    {"enter $8, $0",           REAL, false, "c8080000",       "w37ffe+2"},
    {"mov %eax, (%rsp)",       LONG, false, "890424",         "w8000+4"},

    {"movsb",                  LONG, false, "a4",       "w5000+1 r4000+1"},
    {"rep movsb",              LONG, false, "f3a4",     "w5000+3 r4000+3"},
    {"rep movsq",              LONG, false, "f348a5",   "w5000+18 r4000+18"},
    {"rep movsb, backwards",   LONG, true,  "f3a4",     "w4ffe+3 r3ffe+3"},
    {"rep stosl",              LONG, false, "f3ab",           "w5000+c"},
    {"lodsw",                  LONG, false, "66ad",           "r4000+2"},
    {"repne scasb",            LONG, false, "f2ae",           "r5000+3"},
    {"rep insb",               LONG, false, "f36c",           "w5000+3"},
    {"rep outsb",              LONG, false, "f36e",           "r4000+3"},

    {"mov (%bx), %ax",         REAL, false, "8b07",           "r13000+2"},
    {"mov %ax, (%bp)",         REAL, false, "894600",         "w39000+2"},
    {"mov %ax, %es:(%bx)",     REAL, false, "268907",         "w23000+2"},
    {"mov %cs:0x10, %ax",      REAL, false, "2ea11000",       "r40010+2"},
    {"wraps at 64 KiB",        REAL, false, "8b8700d0",       "r10000+2"},
    {"push %ax, real mode",    REAL, false, "50",             "w37ffe+2"},
    {"call, real mode",        REAL, false, "e80000",         "w37ffe+2"},
    {"rep movsb, real mode",   REAL, false, "f3a4",     "w25000+3 r14000+3"},
    {"mov (%ebx), %eax",       REAL, false, "67668b03",       "r13000+4"},
    {"push %eax, 32 bit", INSN_MODE_32, false, "50",          "w37ffc+4"},
    {"mov 0x7000, %eax",  INSN_MODE_32, false, "a100700000",  "r17000+4"},
    {"wraps at 4 GiB",    INSN_MODE_32, false, "a100f0ffff",  "rf000+4"},
};
/* clang-format on */

static char *text_of(const struct arch_access *access, unsigned n)
{
    static char text[256];
    size_t at = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < n; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%c%llx+%llx",
                               i ? " " : "",
                               !access[i].write ? 'r'
                               : access[i].read ? 'b'
                                                : 'w',
                               (unsigned long long)access[i].gva,
                               (unsigned long long)access[i].size);
    return text;
}

static size_t from_hex(const char *hex, uint8_t *out)
{
    size_t n = strlen(hex) / 2;

    for (size_t i = 0; i < n; i++) {
        const char digits[] = {hex[2 * i], hex[2 * i + 1], '\0'};

        out[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return n;
}

ParameterizedTestParameters(operand, accesses)
{
    return row_numbers(ROWS(operand_rows));
}

ParameterizedTest(const size_t *i, operand, accesses)
{
    const struct operand_row *row = &operand_rows[*i];
    struct kvm_regs regs = gp;
    struct arch_access access[ARCH_ACCESSES];
    uint8_t bytes[VCPU_INSN_MAX];
    size_t n = from_hex(row->bytes, bytes);
    char want[256];

    if (row->backwards)
        regs.rflags |= 0x400;
    (void)snprintf(want, sizeof want, "%s", row->accesses);
    n = operand_accesses(row->mode, bytes, n, &regs, &sys, access);
    cr_expect(eq(str, text_of(access, (unsigned)n), want), "%s", row->label);
}
