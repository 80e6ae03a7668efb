/* SPDX-License-Identifier: MIT */
/*
 * A disk image: its boot sector has the BIOS print, and load the two sectors
 * behind it to where they are linked for; then the guest ends with status 0.
 */
#include "guests/include/guest.h"

        .equ    TELETYPE, 0x0e
        .equ    READ, 0x02

        .macro  print text
        mov     $\text, %si
        call    puts
        .endm

        GUEST_CODE
        .globl  _start, character, load, loaded, failed, probe, probed
        .globl  second, pattern, drive

_start: cli
        xor     %ax, %ax
        mov     %ax, %ds
        mov     %ax, %es
        mov     %ax, %ss
        mov     $_start, %sp
        mov     %dl, drive
        print   greeting
        mov     $READ << 8 | 2, %ax     /* two sectors, */
        mov     $2, %cx                 /* cylinder 0, sector 2, */
        xor     %dh, %dh                /* head 0 */
        mov     $second, %bx
load:   int     $0x13
loaded: jnc     second
failed: hlt
        jmp     failed

/* For a debugger, which chooses the vector and the registers. */
probe:  int     $0
probed: nop
        jmp     failed

puts:   lodsb
        test    %al, %al
        jz      1f
        mov     $TELETYPE, %ah
        xor     %bx, %bx
character:
        int     $0x10
        jmp     puts
1:      ret

drive:  .byte   0
greeting:
        .asciz  "loading\r\n"

        .org    510
        .word   0xaa55

second: print   hello
        xor     %al, %al
        out     %al, $GUEST_PORT_EXIT
        jmp     failed
hello:  .asciz  "loaded\r\n"

        .org    1024
pattern:
        .rept   128
        .long   0x5ec70003
        .endr
