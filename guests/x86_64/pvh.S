/* SPDX-License-Identifier: MIT */
/* A guest of Xen's PVH protocol: an ELF note has its 32-bit entry point, which
 * ELF's own is not. It goes through long.S to 64-bit C. */
#include "guests/include/guest.h"

        .section .note.pvh, "a", @note
        .long   4, 8, 18                /* XEN_ELFNOTE_PHYS32_ENTRY */
        .asciz  "Xen"
        .quad   pvh_entry

        .section .text.start, "ax"
        .globl  _start, pvh_entry, called
        .code32
_start:                                 /* nobody comes here */
        mov     $0xee, %al
        out     %al, $GUEST_PORT_EXIT

pvh_entry:
        mov     $stack_top, %esp
        mov     %ebx, %edi              /* the argument of start() */
        mov     $called, %edx
        jmp     enter_long

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
