/* SPDX-License-Identifier: MIT */
/*
 * It asks the BIOS for a character on the console, which it gets, and for a
 * screen of dots, which it does not: it stops at that call; set $pc += 2 to go
 * on behind it.
 */
#include "guests/include/guest.h"

        GUEST_CODE
        .globl  _start, print, draw, bad, done
_start:
        cli
        xor     %ax, %ax
        mov     %ax, %ds
        mov     %ax, %ss
        mov     $_start, %sp
        mov     $0x0e41, %ax            /* teletype output of an A */
print:  int     $0x10
        mov     $0x0012, %ax            /* mode 0x12, 640x480, 16 colours */
draw:   int     $0x10
bad:    ud2
done:   hlt
        jmp     done

        .org    510
        .word   0xaa55
