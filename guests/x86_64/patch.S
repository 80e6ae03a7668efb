/* SPDX-License-Identifier: MIT */
/*
 * Code that breakpoints have a hard time with: a hundred places in a row, a
 * routine that is copied to where it runs, one that rewrites itself, one that
 * is read. Also data on a page with code: counter counts all along.
 */
#include "guests/include/guest.h"

        GUEST_CODE

#if GUEST_BITS == 64
        #define CALLED %rax
#elif GUEST_BITS == 32
        #define CALLED %eax
#else
        #define CALLED %ax
#endif

/* Where a test takes stock. */
        .macro  part name
        .globl  \name
\name:
        nop
        .endm

        .globl  _start, counter, sum, hundred, hundred_end, target, victim
        .globl  source, source_end, summed, summed_end, rewritten, copied
_start:
        mov     $stack, %esp
        cld

part counting
hundred:
        .rept   100
        incl    counter
        .endr
hundred_end:
        nop

/* Two calls of a routine that is brought to target first. */
part copying
        mov     $source, %esi
        mov     $target, %edi
        mov     $source_end - source, %ecx
        rep     movsb
copied:
        mov     $target, %eax
        call    *CALLED
        mov     $target, %eax
        call    *CALLED

/* In its second round victim is another instruction: mov $5, %bl. */
part rewriting
        mov     $2, %ecx
        mov     $0, %eax
        mov     $0, %ebx
victim:
        mov     $1, %al
        movw    $0x05b3, victim
rewritten:
        dec     %ecx
        jnz     victim

part summing
        mov     $summed, %esi
        mov     $summed_end - summed, %ecx
        mov     $0, %eax
        mov     $0, %edx
1:      lodsb
        add     %eax, %edx
        dec     %ecx
        jnz     1b
        mov     %edx, sum

part ending
        mov     $0, %al
        out     %al, $GUEST_PORT_EXIT
        hlt

/* Eight equal instructions, the same wherever they are. */
source:
        .rept   8
        incl    counter
        .endr
        ret
source_end:

/* Never executed. */
summed:
        .rept   16
        nop
        .endr
summed_end:

        .balign 4
counter:
        .long   0
sum:    .long   0

        .bss
        .balign 4096
target: .skip   256
        .skip   256
stack:
