/* SPDX-License-Identifier: MIT */
/*
 * A kernel that makes room for a user program at 1 GiB, where nothing is
 * before, and enters it; the program calls a function of its own for ever.
 */
#include "guests/include/guest.h"

        .set    KERNEL_CS, 0x08
        .set    TSS, 0x38
        .set    MSR_SYSENTER_CS, 0x174
        .set    USER_LARGE, 0x87        /* present, writable, user, 2 MiB */
        .set    USER_ENTRY, 0x07

.macro  gate    vector
        mov     $trapped, %eax
        mov     %ax, idt + 16 * \vector
        shr     $16, %eax
        mov     %ax, idt + 16 * \vector + 6
        movw    $KERNEL_CS, idt + 16 * \vector + 2
        movw    $0xee00, idt + 16 * \vector + 4 /* open to user mode */
.endm

        .section .boot, "ax"
        .globl  _start
        GUEST_CODE
_start:
        mov     $stack, %esp
        lgdt    gdtr
        mov     $tss, %eax              /* where the TSS is */
        mov     %ax, gdt + TSS + 2
        shr     $16, %eax
        mov     %al, gdt + TSS + 4
        mov     %ah, gdt + TSS + 7
        mov     $TSS, %eax
        ltr     %ax
        gate    1
        gate    3
        gate    13
        lidt    idtr
        mov     $100000, %ecx           /* as long as a kernel takes */
1:      loop    1b

        mov     %cr3, %rax
        orq     $4, (%rax)              /* all below is the user's */
        mov     (%rax), %rax
        and     $-4096, %rax
        movq    $USER_LARGE + 0x200000, pd
        movq    $pd + USER_ENTRY, 8(%rax)
        mov     %cr3, %rax
        mov     %rax, %cr3

        xor     %edx, %edx
        mov     $MSR_SYSENTER_CS, %ecx
        mov     $KERNEL_CS, %eax
        wrmsr
        mov     $user, %edx
        mov     $user_stack, %ecx
        rex.w sysexit

trapped:
        mov     $99, %al
        out     %al, $GUEST_PORT_EXIT
        hlt

        .balign 16
/* sysexit takes CS and SS from 32 and 40 past SYSENTER_CS. */
gdt:    .quad   0
        .quad   0x00af9b000000ffff      /* 08: kernel code */
        .quad   0x00cf93000000ffff      /* 10: kernel data */
        .quad   0, 0
        .quad   0x00affb000000ffff      /* 28: user code */
        .quad   0x00cff3000000ffff      /* 30: user data */
        .quad   0x0000890000000067, 0   /* 38: TSS */
gdtr:   .word   gdtr - gdt - 1
        .quad   gdt
idtr:   .word   16 * 32 - 1
        .quad   idt
        .balign 16
tss:    .long   0
        .quad   stack                   /* RSP0 */
        .fill   92, 1, 0

        .section .tables, "aw", @nobits
        .balign 4096
pd:     .skip   4096
idt:    .skip   16 * 32
        .skip   1024
stack:

        .text
        .globl  user, late
user:   call    late
        jmp     user
late:   incl    rounds
        ret

        .data
        .globl  rounds
rounds: .long   0
        .skip   1024
user_stack:
