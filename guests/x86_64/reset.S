/* SPDX-License-Identifier: MIT */
/*
 * Counts, and resets the machine: by the keyboard controller or, if a debugger
 * writes their numbers to `way`, by port 0x92 (1) or the reset control register
 * (2). Behind the instructions that do it are `after...`: is that come to, the
 * guest exits with 9.
 */
#include "guests/include/guest.h"

        GUEST_CODE
        .globl  _start, work, resets, after, after_92, after_cf9, counter, way
_start:
        mov     $stack, %esp
work:
        incl    counter
        push    %ax
        pop     %ax
        cmpb    $1, way
        je      by_92
        ja      by_cf9
        mov     $0xfe, %al              /* 8042: pulse the reset line */
resets: out     %al, $0x64
after:  jmp     leave

by_92:  mov     $1, %al
        out     %al, $0x92
after_92:
        jmp     leave

by_cf9: mov     $0xcf8, %dx             /* PCI's address register: 32 bits, */
        mov     $0x80000600, %eax       /* whose second byte is no reset */
        out     %eax, %dx
        inc     %dx
        mov     $0x06, %al
        out     %al, %dx
after_cf9:

leave:  mov     $9, %al
        out     %al, $GUEST_PORT_EXIT
        hlt

        .data
        .balign 4
counter:
        .long   0
way:    .long   0

        .bss
        .skip   64
stack:
