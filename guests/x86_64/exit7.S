/* SPDX-License-Identifier: MIT */
/* Real mode: ends with exit status 7. */
#include "guests/include/guest.h"

        GUEST_CODE
        .globl  _start, leave
_start:
        mov     $7, %al
leave:
        out     %al, $GUEST_PORT_EXIT
        hlt
