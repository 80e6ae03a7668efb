/* SPDX-License-Identifier: MIT */
/*
 * Real mode, a system call of its own: int 0x80, whose vector KVM's emulator
 * takes for a negative number. Makes 20 calls that count, and exits with the
 * count.
 */
#include "guests/include/guest.h"

        GUEST_CODE
        .globl  _start, call, back, handler, count
_start:
        ljmp    $0, $1f
1:      xor     %ax, %ax
        mov     %ax, %ds
        mov     %ax, %ss
        mov     $0x7000, %sp
        movw    $handler, 4 * 0x80
        movw    %ax, 4 * 0x80 + 2
        mov     $20, %cx
        sti
call:
        int     $0x80
back:
        loop    call
        mov     count, %al
        out     %al, $GUEST_PORT_EXIT
        hlt
handler:
        incw    count
        iret
count:  .word   0
        .org    510
        .word   0xaa55
