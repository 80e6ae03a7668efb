/* SPDX-License-Identifier: MIT */
/*
 * A boot sector: 512 bytes, 55 AA at the end, loaded to 0x7c00 with the number
 * of the boot drive in DL. Prints a line on COM1, calls a function five times
 * and stops the machine.
 */
#include "guests/include/guest.h"

        GUEST_CODE
        .globl  _start, main, put_string, put_char, work, done
        .globl  drive, rounds, total, banner
_start:
        ljmp    $0, $1f                 /* some loaders enter at 7c0:0 */
1:      xor     %ax, %ax
        mov     %ax, %ds
        mov     %ax, %es
        mov     %ax, %ss
        mov     $_start, %sp            /* the stack grows down from here */
        mov     %dl, drive

main:
        mov     $banner, %si
        call    put_string
        mov     $5, %cx
next_round:
        call    work
        loop    next_round
done:
        cli
        hlt
        jmp     done

/* si: a string that ends with 0 */
put_string:
        lodsb
        test    %al, %al
        jz      1f
        call    put_char
        jmp     put_string
1:      ret

/* al: a character */
put_char:
        push    %ax
        mov     $GUEST_PORT_SERIAL_LSR, %dx
1:      in      %dx, %al
        test    $GUEST_LSR_THRE, %al
        jz      1b
        pop     %ax
        mov     $GUEST_PORT_SERIAL, %dx
        out     %al, %dx
        ret

/* total += cx */
work:
        incw    rounds
        add     %cx, total
        ret

banner: .asciz  "boot sector: hello from 0x7c00\n"
drive:  .byte   0
        .balign 2
rounds: .word   0
total:  .word   0

        .org    510
        .word   0xaa55
