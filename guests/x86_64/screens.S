/* SPDX-License-Identifier: MIT */
/*
 * A screen of each kind, by the BIOS, and a place to stop at with each: text;
 * 320 by 200 dots of 256 colours, as the mode has them and with one of the
 * guest's own.
 */
#include "guests/include/guest.h"

        GUEST_CODE
        .globl  _start, text, dots
_start:
        xor     %ax, %ax
        mov     %ax, %ds
        mov     %ax, %ss
        mov     $_start, %sp
        cld

        mov     $0xb800, %ax
        mov     %ax, %es
        movw    $0x1e00 | 0xdb, %es:0           /* yellow on blue: all of it, */
        movw    $0x1e00 | ' ', %es:2            /* nothing, */
        movw    $0x4f00 | 'L', %es:160          /* white on red */
        mov     $0x0200, %ax                    /* the cursor: row 3, column 7 */
        xor     %bx, %bx
        mov     $0x0307, %dx
        int     $0x10
text:   nop

        mov     $0x0013, %ax
        int     $0x10
        mov     $0x1010, %ax                    /* colour 0xfe is 63, 32, 1 */
        mov     $0xfe, %bx
        mov     $63 << 8, %dx
        mov     $32 << 8 | 1, %cx
        int     $0x10
        mov     $0xa000, %ax
        mov     %ax, %es
        xor     %di, %di                        /* all 256 in the first row */
1:      mov     %di, %ax
        stosb
        cmp     $256, %di
        jb      1b
        mov     $320 * 199 + 319, %di           /* and the last dot */
        movb    $0xfe, %es:(%di)
dots:   nop
        sti                                     /* so it does not end */
1:      hlt
        jmp     1b

        .org    510
        .word   0xaa55
