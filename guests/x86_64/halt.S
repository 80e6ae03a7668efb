/* SPDX-License-Identifier: MIT */
/* Halts with interrupts off: nothing can ever wake it. */
        GUEST_CODE
        .globl  _start, stop
_start:
        cli
stop:
        hlt
        jmp     stop
