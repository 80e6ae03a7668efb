/* SPDX-License-Identifier: MIT */
/* Counts in memory for ever, two instructions a round. */
        GUEST_CODE
        .globl  _start, again, counter
_start:
again:
        incl    counter
        jmp     again

        .data
        .balign 4
counter:
        .long   0
