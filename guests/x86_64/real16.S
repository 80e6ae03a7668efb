/* SPDX-License-Identifier: MIT */
/*
 * Real mode, flat, at address 0: adds 2 and 2, prints the digit on the serial
 * port, and halts. What every first program on KVM does.
 */
#include "guests/include/guest.h"

        GUEST_CODE
        .globl  _start, sum, print, newline, done
_start:
        mov     $GUEST_PORT_SERIAL, %dx
        mov     $2, %al
        mov     $2, %bl
sum:
        add     %bl, %al
        add     $'0', %al
print:
        out     %al, %dx
newline:
        mov     $'\n', %al
        out     %al, %dx
done:
        hlt                             /* interrupts are off: for good */
