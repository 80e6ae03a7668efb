/* SPDX-License-Identifier: MIT */
/*
 * A boot sector that is typed at. First the BIOS takes the keys: their
 * characters go to the console, and q ends that. Then a handler of its own takes
 * scan codes, as hobby kernels do; Esc ends the guest with how many codes there
 * were before its own, each by an interrupt.
 */
#include "guests/include/guest.h"

        .set    KBC_DATA, 0x60
        .set    PIC, 0x20
        .set    EOI, 0x20
        .set    ESC, 0x01
        .set    Q_RELEASED, 0x90        /* may come to either handler */

        GUEST_CODE
        .globl  _start, idle, own, on_key, taken, last, count, codes
_start:
        xor     %ax, %ax
        mov     %ax, %ds
        mov     %ax, %ss
        mov     $0x7c00, %sp
        sti
idle:
        hlt
1:      mov     $0x01, %ah
        int     $0x16
        jz      idle
        mov     $0x00, %ah
        int     $0x16
        out     %al, $GUEST_PORT_DEBUG
        cmp     $'q', %al
        jne     1b

        cli
        movl    $on_key, 4 * 9          /* in segment 0 */
        sti
own:
        hlt
        cmpb    $ESC, last
        jne     own
        cli
        mov     count, %al
        dec     %al
        out     %al, $GUEST_PORT_EXIT
        hlt

on_key:
        push    %ax
        push    %bx
        in      $KBC_DATA, %al
        cmp     $Q_RELEASED, %al
        je      1f
taken:
        mov     %al, %cs:last
        mov     %cs:count, %bx
        and     $0x0f, %bx
        mov     %al, %cs:codes(%bx)
        incw    %cs:count
1:      mov     $EOI, %al
        out     %al, $PIC
        pop     %bx
        pop     %ax
        iret

last:   .byte   0
        .balign 2
count:  .word   0
codes:  .fill   16, 1, 0

        .section .signature, "a"
        .word   0xaa55
