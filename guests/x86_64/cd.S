/* SPDX-License-Identifier: MIT */
/* What a CD boots ("El Torito" 1.0): asks the BIOS about the drive, reads a
 * sector of it, then one behind its end, and exits with what it has read. */
#include "guests/include/guest.h"

        GUEST_CODE
        .globl  _start
_start:
        ljmp    $0, $1f
1:      xor     %ax, %ax
        mov     %ax, %ds
        mov     %ax, %es
        mov     %ax, %ss
        mov     $_start, %sp
        mov     %dl, drive
        mov     $0x55aa, %bx
        mov     $0x41, %ah
        int     $0x13
        mov     %bx, extensions
        mov     $0x4b01, %ax            /* how it was booted */
        mov     $status, %si
        int     $0x13
        jc      failed
        mov     $0x48, %ah              /* what it is */
        mov     $parameters, %si
        int     $0x13
        jc      failed
        mov     $0x42, %ah              /* read */
        mov     $packet, %si
        int     $0x13
        jc      failed
loaded:
        movw    $2, count
        mov     parameters + 16, %eax
        dec     %eax
        mov     %eax, lba
        mov     $0x42, %ah
        int     $0x13
        jnc     failed
        mov     %ah, error
behind:
        mov     $0x43, %ah              /* written it is not */
        int     $0x13
        jnc     failed
        mov     sector, %al
        out     %al, $GUEST_PORT_EXIT
failed:
        mov     %ah, %al
        out     %al, $GUEST_PORT_EXIT

        .globl  loaded, behind, drive, error, extensions, status, parameters
        .globl  count, sector
drive:          .byte   0
error:          .byte   0
extensions:     .word   0
                .balign 4
packet:         .word   16
count:          .word   1
                .word   sector, 0
lba:            .long   20, 0
status:         .fill   19, 1, 0xff
                .balign 4
parameters:     .word   26
                .fill   24, 1, 0xff
                .equ    sector, 0x9000
