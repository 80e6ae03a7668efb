/* SPDX-License-Identifier: MIT */
/*
 * A row is an instruction that faults, in a CPU context, with the vector, the
 * error code and words that the explanation must have. Before it there may be
 * others; RBX and RSI hold the address of data, RDI one 0x100 further, RCX 8,
 * and in 16-bit code BX and so on the same.
 */
#include "tests/kvm/x86_64/explain_rows.h"

        .set    REAL, 0
        .set    PROT, 1
        .set    LONG, 2
        .set    USER, 3
        .set    COMPAT, 4
        .set    RING3, 5
        .set    V86, 6

        .set    DE, 0
        .set    BP, 3
        .set    OF, 4
        .set    BR, 5
        .set    UD, 6
        .set    NM, 7
        .set    NP, 11
        .set    SS, 12
        .set    GP, 13
        .set    PF, 14
        .set    MF, 16
        .set    AC, 17
        .set    XM, 19
        .set    FINE, ROW_NO_FAULT

        .set    CR0_EM, 0x4
        .set    CR0_TS, 0x8
        .set    CR0_AM, 0x40000
        .set    CR4_TSD, 0x4
        .set    CR4_OSFXSR, 0x200
        .set    CR4_OSXMM, 0x400
        .set    CR4_UMIP, 0x800
        .set    CR4_FSGSBASE, 0x10000
        .set    CR4_OSXSAVE, 0x40000
        .set    EFER_SCE, 0x1

.macro  row context, vector, code, insn, words, before, cr0s=0, cr0c=0, cr4s=0, cr4c=0, efers=0, eferc=0
        .pushsection .rodata.text, "a"
name_\@:
        .asciz  "\insn"
words_\@:
        .asciz  "\words"
        .if     \context == REAL || \context == V86
        .code16
        .elseif \context == LONG || \context == USER
        .code64
        .else
        .code32
        .endif
start_\@:
        \before
fault_\@:
        \insn
behind_\@:
        hlt
end_\@:
        .code64
        .popsection
        .byte   \context, \vector
        .short  end_\@ - start_\@, fault_\@ - start_\@, behind_\@ - start_\@
        .long   \code, 0
        .quad   \cr0s, \cr0c, \cr4s, \cr4c, \efers, \eferc
        .quad   name_\@, words_\@, start_\@
.endm

        .section .data.rel.ro, "aw"
        .globl  explain_rows, explain_rows_end
        .balign 8
explain_rows:

/* --- real mode --- */
row REAL, UD, 0, "ud2", "made to fault"
row REAL, UD, 0, ".byte 0xf0, 0x90", "LOCK prefix|f0 90"
row REAL, UD, 0, ".byte 0x0f, 0x00, 0xd0", "no instruction here|0f 00 d0"
row REAL, UD, 0, "xorps %xmm0, %xmm0", "CR4.OSFXSR is clear"
row REAL, NM, 0, "fld1", "CR0.TS is set", cr0s=CR0_TS
row REAL, NM, 0, "fld1", "CR0.EM is set", cr0s=CR0_EM
row REAL, DE, 0, "div %cx", "division by zero: div %cx", "xor %cx, %cx"
row REAL, DE, 0, "div %cl", "overflow of a division|8 bits", "mov $0x1000, %ax"
row REAL, DE, 0, "idiv %cx", "overflow of a division|16 bits", "mov $0x8000, %ax; mov $-1, %cx; cwd"
row REAL, DE, 0, "idivl (%bx)", "overflow of a division|32 bits", "movl $1, (%bx); mov $0x80000000, %eax; xor %edx, %edx"
row REAL, DE, 0, "aam $0", "division by zero: aam"
row REAL, OF, 0, "into", "into", "mov $0x7f, %al; add $1, %al"
row REAL, BR, 0, "bound %cx, (%bx)", "bound: 8 is not in 1 to 7", "movl $0x70001, (%bx)"
row REAL, BP, 0, "int3", "int3"
row REAL, GP, 0, "mov (%si), %ax", "read of DS:0xffff, beyond the limit of DS", "mov $0xffff, %si"
row REAL, GP, 0, "mov %al, (%eax)", "write to DS:0x10000, beyond the limit", "mov $0x10000, %eax"
row REAL, SS, 0, "push %ax", "write to SS:0xffff, beyond the limit of SS", "mov $1, %sp"
row REAL, GP, 0, "mov %eax, %cr0", "CR0.PG (bit 31) needs CR0.PE", "mov $0x80000000, %eax"
row REAL, GP, 0, "mov %eax, %cr0", "CR0.NW (bit 29) needs CR0.CD", "mov $0x20000000, %eax"
row REAL, GP, 0, "mov %eax, %cr4", "bit 31 of CR4 is reserved", "mov $0x80000000, %eax"
row REAL, GP, 0, "rdmsr", "the guest has no MSR 0x12345", "mov $0x12345, %ecx"
row REAL, GP, 0, "wrmsr", "bit 1 of EFER is reserved", "mov $0xc0000080, %ecx; mov $2, %eax; xor %edx, %edx"

/* --- segments --- */
row PROT, GP, 0, "movl $1, (%ebx)", "write to DS:0x4000: DS holds the null selector", "xor %eax, %eax; mov %eax, %ds"
row PROT, GP, 0, "mov %gs:(%ebx), %eax", "read of GS:0x4000: GS holds the null selector", "xor %eax, %eax; mov %eax, %gs"
row PROT, GP, OUTSIDE, "mov %eax, %ds", "selector 0xa8 (GDT entry 21): the GDT ends at 0xa7", "mov $OUTSIDE, %eax"
row PROT, GP, 0x14, "mov %eax, %es", "selector 0x14 (LDT entry 2)|LDT", "mov $0x14, %eax"
row PROT, NP, ABSENT, "mov %eax, %fs", "selector 0x60 (GDT entry 12): writable data, DPL 0, not present", "mov $ABSENT, %eax"
row PROT, GP, EXECUTE, "mov %eax, %ds", "execute-only 32-bit code, DPL 0; it is neither data nor readable code", "mov $EXECUTE, %eax"
row PROT, GP, 0x30, "mov %eax, %gs", "a busy TSS|neither data nor readable code", "mov $0x30, %eax"
row PROT, GP, 0x10, "mov %eax, %ds", "DPL is too low", "mov $0x13, %eax"
row PROT, GP, 0, "mov %eax, %ss", "the null selector; SS cannot be null", "xor %eax, %eax"
row PROT, GP, READ_ONLY, "mov %eax, %ss", "read-only data, DPL 0; a stack must be writable data", "mov $READ_ONLY, %eax"
row PROT, GP, 0x98, "mov %eax, %ss", "RPL and DPL must be the CPL", "mov $USER_DATA, %eax"
row PROT, SS, ABSENT, "mov %eax, %ss", "not present", "mov $ABSENT, %eax"
row PROT, UD, 0, ".byte 0x8e, 0xc8", "a register that this instruction does not take"
row PROT, GP, OUTSIDE, "pop %ds", "pop|selector 0xa8", "push $OUTSIDE"
row PROT, NP, ABSENT, "les (%ebx), %eax", "les|selector 0x60", "movl $ABSENT, 4(%ebx)"
row PROT, SS, ABSENT, "lss (%ebx), %esp", "lss|selector 0x60", "movl $0x8000, (%ebx); movl $ABSENT, 4(%ebx)"
row PROT, GP, 0, "movl $1, %cs:(%ebx)", "write to CS:0x4000: CS (selector 0x8) is a code segment"
row PROT, GP, 0, "movl $1, %gs:(%ebx)", "GS (selector 0x70) is read-only", "mov $READ_ONLY, %eax; mov %eax, %gs"
row PROT, GP, 0, "mov %gs:14, %eax", "read of GS:0xe, beyond the limit of GS (selector 0x68, limit 0xf)", "mov $SHORT, %eax; mov %eax, %gs"
row PROT, GP, 0, "mov %gs:0xfff, %eax", "read of GS:0xfff, beyond the limit of GS (selector 0x88", "mov $DOWN, %eax; mov %eax, %gs"
row PROT, SS, 0, "push %eax", "write to SS:0x7ffc, beyond the limit of SS (selector 0x68", "mov $SHORT, %eax; mov %eax, %ss"
row PROT, SS, 0, "mov (%ebp), %eax", "read of SS:0x100", "mov $SHORT, %eax; mov %eax, %ss; mov $0x100, %ebp"
row PROT, GP, 0, "rep movsb", "read of DS:0x10, beyond", "mov $SHORT, %eax; mov %eax, %ds; mov $0x10, %esi"
row PROT, GP, 0x30, "ltr %ax", "a busy TSS|no TSS that is available", "mov $0x30, %eax"
row PROT, GP, 0x10, "lldt %ax", "writable data|it is no LDT", "mov $0x10, %eax"
row PROT, GP, 0, "ltr %ax", "TR cannot be null", "xor %eax, %eax"
row LONG, GP, OUTSIDE, "mov %eax, %ds", "the GDT ends at 0xa7", "mov $OUTSIDE, %eax"
row LONG, NP, ABSENT, "mov %eax, %fs", "not present", "mov $ABSENT, %eax"
row LONG, GP, 0, "mov %eax, %ss", "SS cannot be null", "mov $3, %eax"
row USER, GP, 0x10, "mov %eax, %ds", "DPL is too low for this CPL and RPL", "mov $0x10, %eax"
row USER, GP, 0x20, "mov %eax, %ss", "RPL and DPL must be the CPL", "mov $0x20, %eax"
row COMPAT, GP, 0, "mov %gs:14, %eax", "beyond the limit of GS (selector 0xa3", "mov $USER_SHORT, %eax; mov %eax, %gs"
row RING3, GP, 0x10, "mov %eax, %ds", "DPL is too low", "mov $0x10, %eax"

/* --- far transfers --- */
row PROT, GP, 0x10, "ljmp $0x10, $0", "selector 0x10 (GDT entry 2): writable data, DPL 0; it is not code"
row PROT, GP, 0, "ljmp $0, $0", "the null selector"
row PROT, GP, OUTSIDE, "ljmp $OUTSIDE, $0", "the GDT ends at 0xa7"
row PROT, NP, NO_CODE, "ljmp $NO_CODE, $0", "32-bit code, DPL 0, not present"
row PROT, GP, 0x18, "ljmp $0x1b, $0", "it cannot be entered from this CPL"
row PROT, GP, 0x30, "ljmp $0x30, $0", "a busy TSS|it is no code, gate or task"
row PROT, GP, 0, "ljmp $0x48, $0x10000", "the target 0x10000 is beyond the limit 0xffff"
row PROT, GP, OUTSIDE, "lcall *(%ebx)", "selector 0xa8", "movl $OUTSIDE, 4(%ebx)"
row PROT, GP, 0x10, "lret", "lret|selector 0x10|it is not code", "push $0x10; push $0"
row PROT, GP, 0, "lret", "lret|the null selector", "push $0; push $0"
row PROT, GP, 0x10, "iret", "iret|selector 0x10|it is not code", "pushf; push $0x10; push $0"
row PROT, NP, NO_CODE, "iret", "iret|not present", "pushf; push $NO_CODE; push $0"
row LONG, GP, 0x10, "lretq", "lret|selector 0x10|it is not code", "push $0x10; push $0"
row LONG, GP, OUTSIDE, "iretq", "iret|selector 0xa8", "push $0x10; push $0x8000; pushf; push $OUTSIDE; push $0"
row LONG, GP, OUTSIDE, "iretq", "iret|selector 0xa8", "push $OUTSIDE; push $0x8000; pushf; push $8; push $0x1000"
row LONG, GP, 0, "iretq", "RFLAGS.NT is set", "pushf; orq $0x4000, (%rsp); popf"
row RING3, GP, 0x8, "ljmp $0x8, $0", "it cannot be entered from this CPL"
row RING3, GP, 0x8, "lret", "a return cannot lead to more privileges", "push $8; push $0"
row USER, GP, 0x8, "lretq", "a return cannot lead to more privileges", "push $8; push $0"

/* --- near transfers --- */
row LONG, GP, 0, "jmp *%rax", "0x1000000000000|not canonical", "mov $0x1000000000000, %rax"
row LONG, GP, 0, "ret", "0x8000000000000000|not canonical", "mov $0x8000000000000000, %rax; push %rax"
row USER, GP, 0, "call *%rax", "0x800000000000|not canonical", "mov $0x800000000000, %rax"

/* --- memory in long mode --- */
row LONG, GP, 0, "mov (%rax), %ecx", "read of 0x8000000000000000, which is not canonical", "mov $0x8000000000000000, %rax"
row LONG, GP, 0, "mov %ecx, (%rax)", "write to 0x1000000000000, which is not canonical", "mov $0x1000000000000, %rax"
row LONG, SS, 0, "push %rax", "write to 0x7ffffffffffffff8, which is not canonical", "mov $0x8000000000000000, %rsp"
row LONG, SS, 0, "mov (%rbp), %eax", "read of 0x800000000000", "mov $0x800000000000, %rbp"
row USER, GP, 0, "mov (%rax), %ecx", "not canonical", "mov $0x800000000000, %rax"
row LONG, PF, 0, "mov (%rax), %ecx", "read of 0x123456789000: the entry in the PML4|not present", "mov $0x123456789000, %rax"
row LONG, PF, 2, "mov %ecx, (%rax)", "write to 0x202000: the entry in the page table|is not present", "mov $PAGE_ABSENT, %eax"
row LONG, PF, 9, "mov (%rax), %ecx", "has reserved bits set", "mov $PAGE_RESERVED, %eax"
row LONG, PF, 3, "mov %ecx, (%rax)", "write to 0x201000: the page is read-only", "mov $PAGE_READ_ONLY, %eax", cr0s=0x10000
row LONG, PF, 2, "xsave (%rsi)", "write to 0x202000", "mov $PAGE_ABSENT, %esi; mov $3, %eax; xor %edx, %edx", cr4s=CR4_OSXSAVE
row LONG, PF, 0, "xrstor (%rsi)", "read of 0x202000", "mov $PAGE_ABSENT, %esi; mov $3, %eax; xor %edx, %edx", cr4s=CR4_OSXSAVE
row LONG, PF, 2, "mov %rcx, (%rax)", "write to 0x202000", "mov $PAGE_ABSENT-4, %eax"
row USER, PF, 5, "mov (%rax), %ecx", "read of 0x200000: the page belongs to the supervisor", "mov $PAGE_SUPERVISOR, %eax"
row USER, PF, 7, "mov %ecx, (%rax)", "write to 0x201000: the page is read-only", "mov $PAGE_READ_ONLY, %eax"
row USER, PF, 6, "mov %ecx, (%rax)", "write to 0x123456789000", "mov $0x123456789000, %rax"
row COMPAT, PF, 5, "mov (%eax), %ecx", "belongs to the supervisor", "mov $PAGE_SUPERVISOR, %eax"
row LONG, GP, 0, "movaps 1(%rbx), %xmm0", "0x4001 is not aligned to 16 bytes"
row LONG, GP, 0, "addps 8(%rbx), %xmm0", "not aligned to 16 bytes"
row USER, GP, 0, "movaps %xmm0, 8(%rbx)", "0x4008 is not aligned to 16 bytes"
row PROT, GP, 0, "fxsave 8(%ebx)", "not aligned to 16 bytes"
row USER, GP, 0, "cmpxchg16b 8(%rbx)", "not aligned to 16 bytes"
row USER, FINE, 0, "movups 1(%rbx), %xmm0", ""
row USER, AC, 0, "mov 1(%rbx), %eax", "0x4001 is not a multiple of 4", "pushf; orq $0x40000, (%rsp); popf", cr0s=CR0_AM
row RING3, AC, 0, "mov 1(%ebx), %ax", "0x4001 is not a multiple of 2", "pushf; orl $0x40000, (%esp); popf", cr0s=CR0_AM

/* --- control registers --- */
row PROT, GP, 0, "mov %eax, %cr0", "CR0.PG (bit 31) needs CR0.PE", "mov $0x80000010, %eax"
row PROT, GP, 0, "mov %eax, %cr0", "CR0.NW (bit 29) needs CR0.CD", "mov $0x20000011, %eax"
row PROT, GP, 0, "mov %eax, %cr4", "bit 30 of CR4 is reserved", "mov %cr4, %eax; or $0x40000000, %eax"
row LONG, GP, 0, "mov %rax, %cr0", "bit 32 of CR0 is reserved", "mov %cr0, %rax; bts $32, %rax"
row LONG, GP, 0, "mov %rax, %cr0", "CR0.PG (bit 31) cannot be turned off in 64-bit code", "mov %cr0, %rax; btr $31, %rax"
row LONG, GP, 0, "mov %rax, %cr4", "CR4.PAE (bit 5) cannot be turned off in long mode", "mov %cr4, %rax; btr $5, %rax"
row LONG, GP, 0, "mov %rax, %cr4", "bit 63 of CR4 is reserved", "mov %cr4, %rax; bts $63, %rax"
row LONG, GP, 0, "mov %rax, %cr4", "CR4.SMXE (bit 14): the guest's CPU has no such feature", "mov %cr4, %rax; bts $14, %rax"
row PROT, GP, 0, "mov %eax, %cr0", "entry 0 of the page directory pointer table (at 0x4000: |has reserved bits set", "movl $7, (%ebx); movl $0, 4(%ebx); mov %ebx, %cr3; mov %cr4, %eax; or $0x20, %eax; mov %eax, %cr4; mov %cr0, %eax; or $0x80000000, %eax"
row LONG, GP, 0, "mov %rax, %cr3", "bit 52 of CR3 is reserved", "mov %cr3, %rax; bts $52, %rax"
row LONG, GP, 0, "mov %rax, %cr8", "bit 4 of CR8 is reserved", "mov $0x10, %eax"
row LONG, GP, 0, "mov %rax, %dr7", "bit 32 of DR7 is reserved", "mov $0x100000000, %rax"
row LONG, GP, 0, "mov %rax, %dr6", "bit 63 of DR6 is reserved", "mov $0x8000000000000000, %rax"
row LONG, GP, 0, "lgdt (%rbx)", "the base 0x8000000000000000 is not canonical", "mov $0x8000000000000000, %rax; mov %rax, 2(%rbx)"
row LONG, GP, 0, "lidt (%rbx)", "not canonical", "mov $0x8000000000000000, %rax; mov %rax, 2(%rbx)"
row LONG, GP, 0, "xsetbv", "bit 0 of XCR0 (x87) cannot be turned off", "xor %ecx, %ecx; xor %edx, %edx; mov $2, %eax", cr4s=CR4_OSXSAVE
row LONG, GP, 0, "xsetbv", "bit 2 of XCR0 (AVX) needs bit 1 (SSE)", "xor %ecx, %ecx; xor %edx, %edx; mov $5, %eax", cr4s=CR4_OSXSAVE
row LONG, GP, 0, "xsetbv", "bit 62 of XCR0", "xor %ecx, %ecx; mov $0x40000000, %edx; mov $3, %eax", cr4s=CR4_OSXSAVE
row LONG, GP, 0, "xsetbv", "there is no XCR2", "mov $2, %ecx; xor %edx, %edx; mov $3, %eax", cr4s=CR4_OSXSAVE
row LONG, UD, 0, "xsetbv", "CR4.OSXSAVE is clear", "xor %ecx, %ecx; xor %edx, %edx; mov $3, %eax", cr4c=CR4_OSXSAVE

/* --- MSRs --- */
row PROT, GP, 0, "rdmsr", "rdmsr: the guest has no MSR 0x12345", "mov $0x12345, %ecx"
row LONG, GP, 0, "wrmsr", "wrmsr: the guest has no MSR 0x12345", "mov $0x12345, %ecx"
row LONG, GP, 0, "wrmsr", "MSR 0xc0000082 (lstar) does not take 0x8000000000000000, which is not canonical", "mov $0xc0000082, %ecx; xor %eax, %eax; mov $0x80000000, %edx"
row LONG, GP, 0, "wrmsr", "MSR 0xc0000101 (gs_base) does not take", "mov $0xc0000101, %ecx; xor %eax, %eax; mov $0x80000000, %edx"
row LONG, GP, 0, "wrmsr", "EFER.LME (bit 8) cannot be changed while CR0.PG is set", "mov $0xc0000080, %ecx; rdmsr; btr $8, %eax"
row LONG, GP, 0, "wrmsr", "bit 2 of EFER is reserved", "mov $0xc0000080, %ecx; rdmsr; bts $2, %eax"
row LONG, GP, 0, "wrmsr", "wrmsr to pat: entry 0 is 2, which is no memory type", "mov $0x277, %ecx; rdmsr; mov $2, %al"
row LONG, GP, 0, "wrfsbase %rax", "0x8000000000000000 is not canonical", "mov $0x8000000000000000, %rax"
row USER, GP, 0, "wrgsbase %rax", "not canonical", "mov $0x8000000000000000, %rax"
row REAL, GP, 0, "sysenter", "sysenter: it needs protected mode"

/* --- features --- */
row PROT, UD, 0, "ud2", "made to fault"
row LONG, UD, 0, "ud2", "made to fault"
row USER, UD, 0, "ud2", "made to fault"
row LONG, UD, 0, ".byte 0x06", "no instruction here: 06"
row PROT, UD, 0, "xorps %xmm0, %xmm0", "CR4.OSFXSR is clear, so there is no SSE", cr4c=CR4_OSFXSR
row LONG, UD, 0, "movups (%rbx), %xmm0", "CR4.OSFXSR is clear", cr4c=CR4_OSFXSR
row USER, UD, 0, "xorps %xmm0, %xmm0", "CR4.OSFXSR is clear", cr4c=CR4_OSFXSR
row USER, UD, 0, "vxorps %xmm0, %xmm0, %xmm0", "CR4.OSXSAVE is clear, so there is no AVX", cr4c=CR4_OSXSAVE
row USER, UD, 0, "vxorps %xmm0, %xmm0, %xmm0", "XCR0 has not turned on AVX", cr4s=CR4_OSXSAVE
row LONG, UD, 0, "xgetbv", "CR4.OSXSAVE is clear", "xor %ecx, %ecx", cr4c=CR4_OSXSAVE
row LONG, NM, 0, "fld1", "CR0.TS is set: the task was switched", cr0s=CR0_TS
row PROT, NM, 0, "fld1", "CR0.EM is set: x87 is to be emulated", cr0s=CR0_EM
row USER, NM, 0, "fld1", "CR0.TS is set", cr0s=CR0_TS
row USER, NM, 0, "addps %xmm0, %xmm0", "CR0.TS is set", cr0s=CR0_TS
row USER, UD, 0, "addps %xmm0, %xmm0", "CR0.EM is set, which forbids SSE", cr0s=CR0_EM
row USER, UD, 0, "paddb %mm0, %mm0", "CR0.EM is set, which forbids MMX", cr0s=CR0_EM
row LONG, UD, 0, "rdfsbase %rax", "CR4.FSGSBASE is clear", cr4c=CR4_FSGSBASE
row USER, UD, 0, "syscall", "EFER.SCE is clear", eferc=EFER_SCE
row LONG, UD, 0, "rdpkru", "rdpkru", "xor %ecx, %ecx"
row LONG, UD, 0, "vmxoff", "vmxoff"
row USER, MF, 0, "fwait", "fwait finds an earlier error of the FPU: division by zero", "fninit; movw $0x37b, (%rbx); fldcw (%rbx); fld1; fldz; fdivrp %st, %st(1)"
row USER, XM, 0, "divss %xmm1, %xmm0", "divss|division by zero", "movl $0x1d80, (%rbx); ldmxcsr (%rbx); mov $0x3f800000, %eax; movd %eax, %xmm0; xorps %xmm1, %xmm1", cr4s=CR4_OSXMM
row USER, UD, 0, "divss %xmm1, %xmm0", "CR4.OSXMMEXCPT is clear", "movl $0x1d80, (%rbx); ldmxcsr (%rbx); mov $0x3f800000, %eax; movd %eax, %xmm0; xorps %xmm1, %xmm1", cr4c=CR4_OSXMM
row LONG, XM, 0, "divss %xmm1, %xmm0", "divss|division by zero", "movl $0x1d80, (%rbx); ldmxcsr (%rbx); mov $0x3f800000, %eax; movd %eax, %xmm0; xorps %xmm1, %xmm1", cr4s=CR4_OSXMM|CR4_OSFXSR
row LONG, UD, 0, "divss %xmm1, %xmm0", "CR4.OSXMMEXCPT is clear", "movl $0x1d80, (%rbx); ldmxcsr (%rbx); mov $0x3f800000, %eax; movd %eax, %xmm0; xorps %xmm1, %xmm1", cr4s=CR4_OSFXSR, cr4c=CR4_OSXMM
row USER, GP, 0, "ldmxcsr (%rbx)", "what it loads has reserved bits set", "movl $0x80000000, (%rbx)"

/* --- values --- */
row PROT, DE, 0, "div %ecx", "division by zero: div %ecx", "xor %ecx, %ecx"
row PROT, DE, 0, "idiv %ecx", "overflow of a division|32 bits", "mov $0x80000000, %eax; mov $-1, %ecx; cltd"
row PROT, DE, 0, "div %ah", "division by zero: div %ah", "mov $0x10, %eax"
row PROT, DE, 0, "aam $0", "division by zero"
row PROT, OF, 0, "into", "into", "mov $0x7f, %al; add $1, %al"
row PROT, BR, 0, "bound %ecx, (%ebx)", "bound: -1 is not in 0 to 7", "movl $0, (%ebx); movl $7, 4(%ebx); mov $-1, %ecx"
row PROT, BP, 0, "int3", "int3"
row LONG, DE, 0, "divq (%rbx)", "division by zero: div (%rbx)", "movq $0, (%rbx)"
row LONG, DE, 0, "idiv %rcx", "overflow of a division|64 bits", "mov $0x8000000000000000, %rax; mov $-1, %rcx; cqto"
row LONG, DE, 0, "div %ecx", "overflow of a division", "mov $8, %edx"
row LONG, BP, 0, "int3", "int3"
row USER, DE, 0, "idiv %cl", "overflow of a division|8 bits", "mov $0x7fff, %eax; mov $1, %cl"
row USER, BP, 0, "int3", "int3"

/* --- software interrupts --- */
row USER, GP, 0xa1*8+2, "int $0xa1", "the IDT has a gate for it whose DPL is below the CPL"
row USER, NP, 0xa2*8+2, "int $0xa2", "the IDT has a gate for it that is not present"
row LONG, GP, 0xa3*8+2, "int $0xa3", "the IDT has no gate for it"
row RING3, GP, 0xa1*8+2, "int $0xa1", "DPL is below the CPL"
row PROT, NP, 0xa2*8+2, "int $0xa2", "not present"
row PROT, NP, NO_CODE, "int $0xa4", "selector 0x80|not present"
row PROT, GP, READ_ONLY, "int $0xa5", "selector 0x70|no handler for this CPL"
row PROT, GP, 0, "int $0xa6", "the gate names it"
row PROT, GP, OUTSIDE, "int $0xa7", "the GDT ends at 0xa7"
row LONG, GP, NO_CODE, "int $0xa4", "selector 0x80|64-bit code"
row LONG, GP, READ_ONLY, "int $0xa5", "selector 0x70|no handler for this CPL"
row LONG, GP, 0, "int $0xa6", "the gate names it"
row LONG, GP, OUTSIDE, "int $0xa7", "the GDT ends at 0xa7"
row USER, GP, NO_CODE, "int $0xa4", "selector 0x80|64-bit code"
row USER, GP, READ_ONLY, "int $0xa5", "selector 0x70|no handler for this CPL"
row USER, GP, 0, "int $0xa6", "the gate names it"
row USER, GP, OUTSIDE, "int $0xa7", "the GDT ends at 0xa7"
row RING3, NP, NO_CODE, "int $0xa4", "selector 0x80|not present"
row RING3, GP, READ_ONLY, "int $0xa5", "selector 0x70|no handler for this CPL"
row RING3, GP, 0, "int $0xa6", "the gate names it"
row RING3, GP, OUTSIDE, "int $0xa7", "the GDT ends at 0xa7"
row LONG, GP, EXECUTE, "int $0xa8", "in long mode it must be 64-bit code"
row LONG, PF, 0, "iretq", "read of 0x202000", "mov $PAGE_ABSENT, %esp"
row LONG, PF, 0, "iretq", "read of 0x202000", "mov $PAGE_ABSENT-16, %esp; movq $8, 8(%rsp)"

/* --- privileges --- */
row USER, GP, 0, "cli", "cli at CPL 3, while RFLAGS.IOPL is 0"
row USER, GP, 0, "in %dx, %al", "port 0xe9 at CPL 3, while RFLAGS.IOPL is 0"
row USER, GP, 0, "out %al, $0x80", "port 0x80 at CPL 3"
row USER, GP, 0, "rep outsb", "port 0xe9 at CPL 3"
row USER, GP, 0, "rdmsr", "a privileged instruction at CPL 3"
row USER, GP, 0, "mov %cr0, %rax", "a privileged instruction at CPL 3"
row USER, GP, 0, "lgdt (%rbx)", "a privileged instruction at CPL 3"
row USER, GP, 0, "invlpg (%rbx)", "a privileged instruction at CPL 3"
row USER, GP, 0, "rdtsc", "CR4.TSD keeps it for CPL 0", cr4s=CR4_TSD
row USER, GP, 0, "sgdt (%rbx)", "CR4.UMIP keeps it for CPL 0", cr4s=CR4_UMIP
row COMPAT, GP, 0, "sti", "sti at CPL 3"
row RING3, GP, 0, "hlt", "a privileged instruction at CPL 3"
row RING3, GP, 0, "cli", "cli at CPL 3"
row V86, GP, 0, "cli", "cli at CPL 3"
row V86, GP, 0, "int $0x40", "virtual-8086 mode with RFLAGS.IOPL below 3"
row V86, GP, 0, "pushf", "virtual-8086 mode with RFLAGS.IOPL below 3"
row V86, DE, 0, "div %cx", "division by zero", "xor %cx, %cx"
row V86, GP, 0, "mov (%si), %ax", "read of DS:0xffff, beyond the limit of DS", "mov $0xffff, %si"

/* --- what some hosts lack --- */
row LONG, FINE, 0, "fld1", ""
row LONG, FINE, 0, "addps %xmm0, %xmm0", ""
row LONG, FINE, 0, "fwait", ""
row PROT, FINE, 0, "fwait", ""
row PROT, FINE, 0, "int $0x40", ""
row LONG, FINE, 0, "int $0x40", ""
row USER, FINE, 0, "int $0x40", ""
row LONG, FINE, 0, "lock cmpxchg16b (%rbx)", ""
explain_rows_end:
        .section .note.GNU-stack, "", @progbits
