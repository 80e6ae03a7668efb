/* SPDX-License-Identifier: MIT */
/*
 * A boot sector that goes through all of the CPU's modes: real mode with CS as
 * REAL_CS says, 32-bit protected mode, 64-bit long mode, and then C (modes.c),
 * which never returns. 512 bytes, nothing else is loaded.
 *
 *   0x1000  PML4 -> 0x2000  page directory pointers -> 0x3000  page directory,
 *   one page of 2 MiB, gva = gpa; the stack grows down from 0x7c00
 */
#include "guests/include/guest.h"

        .set    CODE32, 0x08
        .set    DATA,   0x10
        .set    CODE64, 0x18
        .set    PML4,   0x1000

        .section .text.start, "ax"
        .globl  _start, real, add16, enter32, prot, add32, enter64, long64
        .code16
_start:
        ljmp    $REAL_CS, $(real - 16 * REAL_CS)
real:
        xor     %ax, %ax
        mov     %ax, %ds
        mov     %ax, %ss
        mov     $_start, %sp
        mov     $3, %ax
        call    add16
        call    add16
        lgdtl   gdtr
        mov     %cr0, %eax
        or      $1, %al
enter32:
        mov     %eax, %cr0
        ljmpl   $CODE32, $prot

/* ax += 4 */
add16:
        add     $4, %ax
        ret

        .code32
prot:
        mov     $DATA, %ax
        mov     %ax, %ds
        mov     %ax, %es
        mov     %ax, %ss
        mov     $_start, %esp
        mov     $5, %eax
        call    add32

        xor     %eax, %eax
        mov     $PML4, %edi
        mov     $0xc00, %ecx            /* three tables */
        rep stosl
        movl    $PML4 + 0x1003, PML4
        movl    $PML4 + 0x2003, PML4 + 0x1000
        movl    $0x83, PML4 + 0x2000

        mov     %cr4, %eax
        or      $0x20, %al              /* PAE */
        mov     %eax, %cr4
        mov     $PML4, %eax
        mov     %eax, %cr3
        mov     $0xc0000080, %ecx       /* EFER */
        rdmsr
        or      $0x100, %eax            /* LME */
        wrmsr
        mov     %cr0, %eax
        or      $0x80000000, %eax       /* PG */
        mov     %eax, %cr0
enter64:
        ljmp    $CODE64, $long64

/* eax += 6 */
add32:
        add     $6, %eax
        ret

        .code64
long64:
        mov     $_start, %esp           /* clears the upper half of rsp */
        xor     %ebp, %ebp              /* the outermost frame */
        call    main
1:      hlt
        jmp     1b

        .balign 8
gdt:    .quad   0
        .quad   0x00cf9b000000ffff      /* code, 32-bit, 4 GiB */
        .quad   0x00cf93000000ffff      /* data, 4 GiB */
        .quad   0x00af9b000000ffff      /* code, 64-bit */
gdtr:   .word   . - gdt - 1
        .long   gdt

        /* At the end of the sector: --section-start in guests.cmake. */
        .section .signature, "a"
        .word   0xaa55
