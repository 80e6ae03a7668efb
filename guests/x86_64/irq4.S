/* SPDX-License-Identifier: MIT */
/* A boot sector that lets the serial port interrupt it, and has no handler. */
        GUEST_CODE
        .globl  _start
_start:
        in      $0x21, %al
        and     $0xef, %al              /* IRQ 4 */
        out     %al, $0x21
        mov     $0x3f9, %dx
        mov     $0x02, %al              /* the transmitter is empty */
        out     %al, %dx
        sti
1:      jmp     1b

        .section .signature, "a"
        .word   0xaa55
