/* SPDX-License-Identifier: MIT */
/*
 * Calls the debugger twice: the first time by one instruction; the second time
 * as a program that also runs elsewhere, which looks whether there is one.
 * `asked` and `asked_again` are behind that. Then it exits with 5.
 */
#include "guests/include/guest.h"

        GUEST_CODE
        .globl  _start, ask, asked, ask_again, asked_again, counter
_start:
        mov     $GUEST_PORT_DEBUGGER, %dx
        mov     $GUEST_DEBUGGER_STOP, %ax
ask:    out     %ax, %dx
asked:  incl    counter
        in      %dx, %ax
        cmp     $GUEST_PORT_DEBUGGER, %ax
        jne     1f
        out     %ax, %dx                /* Bochs wants to see this first */
        mov     $GUEST_DEBUGGER_STOP, %ax
ask_again:
        out     %ax, %dx
asked_again:
        incl    counter
        mov     $5, %al
        out     %al, $GUEST_PORT_EXIT
1:      hlt

        .data
        .balign 4
counter:
        .long   0
