/* SPDX-License-Identifier: MIT */
/*
 * A screen of 1024 by 768 dots: asks the BIOS for its modes, sets one, finds
 * the frame buffer, and draws there in 32-bit code. Before that a call of int
 * 0x10 with AX and BX of the debugger's choice, as often as it likes.
 */
#include "guests/include/guest.h"

        GUEST_CODE
        .equ    MODE, 0x144             /* 1024 by 768, 32 bits */
        .equ    LINEAR, 0x4000
        .equ    ROW, 1024 * 4

        .globl  _start, again, given_ax, given_bx, given_cx, called, draw, drawn
        .globl  info, mode_info
_start:
        cli
        xor     %ax, %ax
        mov     %ax, %ds
        mov     %ax, %es
        mov     %ax, %ss
        mov     $_start, %sp
        cld
again:  mov     given_ax, %ax
        mov     given_bx, %bx
        mov     given_cx, %cx
        mov     $info, %di
        int     $0x10
called: nop
        cmpb    $0, goes_on
        je      again

        mov     $0x4f01, %ax
        mov     $MODE, %cx
        mov     $mode_info, %di
        int     $0x10
        mov     $0x4f02, %ax
        mov     $MODE | LINEAR, %bx
        int     $0x10
        lgdt    gdt_pointer
        mov     %cr0, %eax
        or      $1, %al
        mov     %eax, %cr0
        ljmpl   $8, $wide

        .code32
wide:   mov     $16, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %ss
        mov     mode_info + 0x28, %edi
        mov     %edi, %ebx
draw:   mov     $0x00ff8001, %eax       /* the first row */
        mov     $1024, %ecx
        rep stosl
        movl    $0x0000ff00, ROW + 4 * 5(%ebx)  /* column 5 of the next, */
        movl    $0xff0000ff, 767 * ROW + 4 * 1023(%ebx) /* and the last dot */
drawn:  nop
1:      hlt
        jmp     1b

        .balign 8
gdt:    .quad   0, 0x00cf9a000000ffff, 0x00cf92000000ffff
gdt_pointer:
        .word   . - gdt - 1
        .long   gdt
given_ax:       .word   0x0f00
given_bx:       .word   0
given_cx:       .word   0
goes_on:        .byte   0
        .globl  goes_on

        .org    510
        .word   0xaa55
        .equ    info, 0x8000            /* 512 bytes */
        .equ    mode_info, 0x8200       /* 256 */
