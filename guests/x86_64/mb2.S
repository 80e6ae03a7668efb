/* SPDX-License-Identifier: MIT */
/* A multiboot 2 kernel (Multiboot Specification 2.0) as ELF64: its header, and
 * the way through long.S to 64-bit C. */
#include "guests/include/guest.h"

        .set    MAGIC, 0xe85250d6
        .set    I386, 0

        .section .text.start, "ax"
        .globl  _start, called
        .code32
_start:
        mov     $stack_top, %esp
        mov     %eax, %edi              /* the arguments of start() */
        mov     %ebx, %esi
        mov     $called, %edx
        jmp     enter_long

        .balign 8
header: .long   MAGIC, I386, header_end - header
        .long   -(MAGIC + I386 + (header_end - header))
        .word   1, 0                    /* wants: memory, map, sections */
        .long   20, 4, 6, 9
        .balign 8
        .word   6, 0                    /* modules on pages */
        .long   8
        .word   0, 0
        .long   8
header_end:

        .code64
called: xor     %ebp, %ebp
        call    start
        out     %al, $GUEST_PORT_EXIT
1:      hlt
        jmp     1b

        .bss
        .balign 16
        .skip   16384
stack_top:
