/* SPDX-License-Identifier: MIT */
/*
 * A kernel in the higher half. Its boot code runs in low memory, builds page
 * tables that map the first GiB there twice, low and high, and jumps into the
 * upper one; nothing is mapped there before. Eight functions follow.
 */
#include "guests/include/guest.h"

        GUEST_CODE
        .set    HIGHER_HALF, 0xffffffff80000000
        .set    ENTRY, 0x03             /* present, writable; SDM 3A 4.5 */
        .set    ENTRY_LARGE, 0x83

        .section .boot, "ax"
        .globl  _start, switched
_start:
        mov     $pdpt + ENTRY, %eax
        mov     %rax, pml4
        mov     %rax, pml4 + 8 * 511
        mov     $pd + ENTRY, %eax
        mov     %rax, pdpt
        mov     %rax, pdpt + 8 * 510
        mov     $ENTRY_LARGE, %eax
        mov     $pd, %edi
        mov     $512, %ecx
1:      mov     %rax, (%rdi)
        add     $0x200000, %rax
        add     $8, %rdi
        dec     %ecx
        jnz     1b
        mov     $pml4, %eax
        mov     %rax, %cr3
switched:
        mov     $kernel, %rax
        jmp     *%rax

        .section .tables, "aw", @nobits
        .balign 4096
pml4:   .skip   4096
pdpt:   .skip   4096
pd:     .skip   4096

        .text
        .globl  kernel, through_low, mapped_anew, ending, counter
kernel:
        mov     $stack, %rsp
        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7
        call    high\n
        .endr

/* The same code by its other name. */
through_low:
        mov     $high3 - HIGHER_HALF, %rax
        call    *%rax
        call    high3

/* A third name, 0xffffffffc0000000 above where it is loaded. */
mapped_anew:
        mov     $pd + ENTRY, %eax
        mov     %rax, pdpt + 8 * 511
        mov     $high5 + 0x40000000, %rax
        call    *%rax

ending:
        mov     $0, %al
        out     %al, $GUEST_PORT_EXIT
        hlt

        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7
        .globl  high\n
high\n: incl    counter
        ret
        .endr

        .data
counter:
        .long   0

        .bss
        .balign 16
        .skip   4096
stack:
