/* SPDX-License-Identifier: MIT */
/*
 * A flat binary of 32 or 64-bit code, for --mode prot and --mode long: prints
 * a line and exits with the width of its registers, 32 or 64.
 */
#include "guests/include/guest.h"

        GUEST_CODE
        .globl  _start, print, leave, banner
_start:
        mov     $banner, %esi           /* below 4 GiB in both modes */
        mov     $GUEST_PORT_SERIAL, %dx
print:
        lodsb
        test    %al, %al
        jz      leave
        out     %al, %dx
        jmp     print
leave:
        mov     $GUEST_BITS, %al
        out     %al, $GUEST_PORT_EXIT
        hlt

banner: .asciz  "hello from a flat binary\n"
