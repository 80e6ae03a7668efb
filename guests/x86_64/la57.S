/* SPDX-License-Identifier: MIT */
/*
 * A kernel with 5-level paging (Intel SDM 3A 4.5): from 32-bit protected mode
 * to a half that only such addresses have (bit 56 and all above, but not bits 47
 * to 55). The same pages are mapped at bit 47, too. Where CPUID has no LA57 it
 * exits with 57.
 */
#include "guests/include/guest.h"

        .set    CODE64, 0x08
        .set    DATA,   0x10
        .set    ENTRY, 0x03             /* present, writable; SDM 3A 4.5 */
        .set    ENTRY_LARGE, 0x83
        .set    HIGHER_HALF, 0xff10000000000000
        .set    ALIAS,       0x0000800000000000

        .section .boot, "ax"
        .globl  _start, missing, long64
        GUEST_CODE
_start:
        lgdt    gdtr
        mov     $7, %eax
        xor     %ecx, %ecx
        cpuid
        bt      $16, %ecx               /* LA57 */
        jnc     missing
        movl    $pml4 + ENTRY, pml5
        movl    $pml4 + ENTRY, pml5 + 8 * 0x110
        movl    $pdpt + ENTRY, pml4
        movl    $pdpt + ENTRY, pml4 + 8 * 0x100
        movl    $pd + ENTRY, pdpt
        mov     $ENTRY_LARGE, %eax
        mov     $pd, %edi
        mov     $512, %ecx
1:      mov     %eax, (%edi)
        add     $0x200000, %eax
        add     $8, %edi
        loop    1b
        mov     %cr4, %eax
        or      $0x1020, %eax           /* LA57, PAE */
        mov     %eax, %cr4
        mov     $pml5, %eax
        mov     %eax, %cr3
        mov     $0xc0000080, %ecx       /* EFER */
        rdmsr
        or      $0x100, %eax            /* LME */
        wrmsr
        mov     %cr0, %eax
        or      $0x80000000, %eax       /* PG */
        mov     %eax, %cr0
        ljmp    $CODE64, $long64
missing:
        mov     $57, %al
        out     %al, $GUEST_PORT_EXIT
        hlt

        .code64
long64:
        mov     $DATA, %eax
        mov     %eax, %ss
        mov     %eax, %ds
        mov     %eax, %es
        movabs  $kernel, %rax
        jmp     *%rax

        .balign 8
gdt:    .quad   0
        .quad   0x00af9b000000ffff      /* code, 64-bit */
        .quad   0x00cf93000000ffff      /* data, 4 GiB */
gdtr:   .word   . - gdt - 1
        .long   gdt

        .section .tables, "aw", @nobits
        .balign 4096
pml5:   .skip   4096
pml4:   .skip   4096
pdpt:   .skip   4096
pd:     .skip   4096

        .text
        .globl  kernel, add, ending, counter
add:    incl    counter(%rip)
        ret
kernel:
        lea     stack(%rip), %rsp
        xor     %ebp, %ebp              /* the outermost frame */
        call    add
        call    add
        movabs  $ALIAS - HIGHER_HALF, %rax
        lea     add(%rip), %rbx
        add     %rbx, %rax
        call    *%rax                   /* by its other name */
        call    add
ending:
        mov     counter(%rip), %al
        out     %al, $GUEST_PORT_EXIT
        hlt

        .data
counter:
        .long   0

        .bss
        .balign 16
        .skip   4096
stack:
