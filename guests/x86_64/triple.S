/* SPDX-License-Identifier: MIT */
/*
 * A triple fault: with an empty interrupt table the first exception cannot be
 * delivered, nor can the double fault that follows (Intel SDM 3A, "Interrupt
 * 8 - Double Fault Exception"). ud2 and not int n, since not every KVM
 * emulates the latter. Not in real mode: an emulated CPU ignores the table's
 * limit there.
 */
        GUEST_CODE
        .globl  _start, fault, no_table
_start:
        lidt    no_table
fault:
        ud2

        .balign 8
no_table:
        .word   0                       /* limit */
        .quad   0                       /* base */
