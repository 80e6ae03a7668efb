/* SPDX-License-Identifier: MIT */
/*
 * Reads a table of the CPU's where there is no RAM, which KVM begins anew
 * without end where it emulates: in real mode the entry of an interrupt, else a
 * descriptor. Who gets past it exits with 7.
 */
#include "guests/include/guest.h"

        GUEST_CODE
        .globl  _start, stuck, past
_start:
        mov     $0x7000, %esp
#if GUEST_BITS == 16
        lidtl   %cs:table
stuck:
        int     $0x40
#else
        lgdt    table
        mov     $0x10, %eax
stuck:
        mov     %eax, %ds
#endif
past:
        mov     $7, %al
        out     %al, $GUEST_PORT_EXIT
        hlt

table:  .word   0x3ff
        .long   0xd0000000, 0
