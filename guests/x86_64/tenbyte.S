/* SPDX-License-Identifier: MIT */
/* Ten bytes of real mode: prints "K" and a newline, then halts. */
#include "guests/include/guest.h"

        GUEST_CODE
        .globl  _start
_start:
        mov     $GUEST_PORT_SERIAL, %dx /* ba f8 03 */
        mov     $'K', %al               /* b0 4b */
        out     %al, %dx                /* ee */
        mov     $'\n', %al              /* b0 0a */
        out     %al, %dx                /* ee */
        hlt                             /* f4 */
