/* SPDX-License-Identifier: MIT */
/*
 * The boot sector of many a tutorial: it has the BIOS print. There is no BIOS,
 * so it stops at the first call; set $pc += 2 to go on behind that.
 */
#include "guests/include/guest.h"

        GUEST_CODE
        .globl  _start, print, bad, done
_start:
        cli
        xor     %ax, %ax
        mov     %ax, %ds
        mov     %ax, %ss
        mov     $_start, %sp
        mov     $0x0e41, %ax            /* teletype output of an A */
print:  int     $0x10
bad:    ud2
done:   hlt
        jmp     done

        .org    510
        .word   0xaa55
