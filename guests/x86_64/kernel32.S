/* SPDX-License-Identifier: MIT */
/*
 * The parts of kernel32.c that C cannot say: a multiboot header (Multiboot
 * Specification 0.6.96), the ways into the handlers, and the way to the user.
 */
#include "guests/include/guest.h"

        .set    MAGIC, 0x1badb002
        .set    FLAGS, 0x3 /* pages, memory */
        .set    USER_CODE, 0x1b
        .set    USER_DATA, 0x23
        .set    KERNEL_DATA, 0x10
        .set    IF, 0x200

        .section .text.start, "ax"
        .globl  _start
        .code32
_start:
        mov     $stack_top, %esp
        jmp     1f

        .balign 4
        .long   MAGIC, FLAGS, -(MAGIC + FLAGS)

1:      xor     %ebp, %ebp
        call    kernel_main
        hlt

/* --- into the handlers --- */

/* Vectors with an error code: Intel SDM 3A table 6-1. */
        .set    vector, 0
        .rept   256
        .if     vector != 8 && (vector < 10 || vector > 14) && vector != 17
        push    $0
        .endif
        push    $vector
        jmp     enter
        .balign 16
        .set    vector, vector + 1
        .endr

enter:  pusha
        push    %ds
        mov     $KERNEL_DATA, %eax
        mov     %eax, %ds
        mov     %eax, %es
        push    %esp
        call    on_interrupt
        add     $4, %esp
        pop     %eax
        mov     %eax, %ds
        mov     %eax, %es
        popa
        add     $8, %esp /* vector and error code */
leave:  iret

/* --- what C calls --- */

        .globl  load_tables, turn_on_paging, enter_user, wait_for_interrupt
        .globl  entries, leave
        .set    entries, enter - 256 * 16

/* void load_tables(const void *gdtr, const void *idtr, unsigned tss) */
load_tables:
        mov     4(%esp), %eax
        lgdt    (%eax)
        mov     8(%esp), %eax
        lidt    (%eax)
        mov     12(%esp), %eax
        ltr     %ax
        ljmp    $8, $1f
1:      mov     $KERNEL_DATA, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %ss
        ret

/* void turn_on_paging(const void *directory) */
turn_on_paging:
        mov     4(%esp), %eax
        mov     %eax, %cr3
        mov     %cr0, %eax
        or      $0x80010000, %eax /* PG, WP */
        mov     %eax, %cr0
        ret

/* void enter_user(void (*code)(void), void *stack) */
enter_user:
        mov     4(%esp), %ecx
        mov     8(%esp), %edx
        mov     $USER_DATA, %eax
        mov     %eax, %ds
        mov     %eax, %es
        push    %eax
        push    %edx
        push    $(IF | 2)
        push    $USER_CODE
        push    %ecx
        iret

wait_for_interrupt:
        sti
        hlt
        cli
        ret

        .bss
        .balign 16
        .skip   16384
        .globl  stack_top
stack_top:
