/* SPDX-License-Identifier: MIT */
/* Entry of a C guest, 32 or 64 bit: a stack, main(), exit with its result. */
#include "guests/include/guest.h"

        GUEST_CODE
        .section .text.start, "ax"
        .globl  _start
_start:
        mov     $stack_top, %esp        /* clears the upper half of rsp */
        xor     %ebp, %ebp              /* the outermost frame */
        call    main
        out     %al, $GUEST_PORT_EXIT
1:      hlt
        jmp     1b

        .bss
        .balign 16
        .skip   16384
stack_top:
