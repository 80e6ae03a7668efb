/* SPDX-License-Identifier: MIT */
/*
 * A multiboot kernel (Multiboot Specification 0.6.96): its header, and the way
 * to C. mb1 is ELF; mb1flat has no ELF header, so its own says where it goes
 * (the address fields, 3.1.3).
 */
#include "guests/include/guest.h"

        .set    MAGIC, 0x1badb002
        .set    FLAGS, 0x3 + (MB1_ADDRESSES << 16) /* pages, memory */

        .section .text.start, "ax"
        .globl  _start, called
        .code32
_start:
        mov     $stack_top, %esp
        jmp     1f

        .balign 4
header: .long   MAGIC, FLAGS, -(MAGIC + FLAGS)
        .long   header, GUEST_BASE, 0, image_end, _start

1:      xor     %ebp, %ebp
        push    %ebx
        push    %eax
called: call    start
        out     %al, $GUEST_PORT_EXIT
1:      hlt
        jmp     1b

        .bss
        .balign 16
        .skip   16384
stack_top:
