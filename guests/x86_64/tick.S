/* SPDX-License-Identifier: MIT */
/*
 * A boot sector that touches no chip: the BIOS has set the timer to 18.2 Hz,
 * counts its ticks in the data area and calls int 0x1c; the sector has hooked
 * the interrupt itself, too, as programs do. Exits with the number
 * of such calls after the third, or 0x80 if the BIOS has not counted as many.
 */
#include "guests/include/guest.h"

        .set    TICKS, 0x46c

        GUEST_CODE
        .globl  _start, idle, on_irq, on_tick, calls
_start:
        cli
        xor     %ax, %ax
        mov     %ax, %ds
        mov     %ax, %ss
        mov     $0x7c00, %sp
        mov     4 * 8, %eax
        mov     %eax, bios
        movl    $on_irq, 4 * 8          /* in segment 0 */
        movw    $on_tick, 4 * 0x1c
        movw    $0, 4 * 0x1c + 2
        sti
idle:
        hlt
        cmpw    $3, calls
        jb      idle
        cli
        mov     calls, %ax
        cmp     TICKS, %ax
        je      1f
        mov     $0x80, %al
1:      out     %al, $GUEST_PORT_EXIT
        hlt

on_irq:
        ljmp    *%cs:bios
on_tick:
        incw    %cs:calls
        iret

calls:  .word   0
bios:   .long   0

        .section .signature, "a"
        .word   0xaa55
