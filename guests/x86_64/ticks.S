/* SPDX-License-Identifier: MIT */
/*
 * A timer of 100 Hz: the interrupt controllers at vectors 0x20 and 0x28, a
 * handler that counts. Waits for ten ticks in HLT and for ten more in a loop,
 * then exits with the number of ticks.
 */
#include "guests/include/guest.h"

        .set    VECTOR, 0x20
        .set    PIC, 0x20
        .set    PIC2, 0xa0
        .set    PIT, 0x40
        .set    COUNT, 11932            /* of 1193182 Hz */

        .macro  write value, port
        mov     $\value, %al
        out     %al, $\port
        .endm

        .macro  end_tick                /* the 20th is the last one */
        write   0x20, PIC               /* EOI */
        cmpl    $20, ticks
        jb      1f
        write   0xff, PIC + 1
1:
        .endm

        GUEST_CODE
        .globl  _start, idle, spin, on_tick, counted, ticks
_start:
        cli
#if GUEST_BITS == 16
        xor     %ax, %ax
        mov     %ax, %ds
        mov     %ax, %ss
        mov     $stack, %sp
        movw    $on_tick, 4 * VECTOR
        movw    %cs, 4 * VECTOR + 2
#else
#define GATE_SIZE (GUEST_BITS / 4)
        mov     $stack, %esp
        mov     $on_tick, %eax
        mov     %ax, idt + GATE_SIZE * VECTOR
        movw    $0x08, idt + GATE_SIZE * VECTOR + 2
        movw    $0x8e00, idt + GATE_SIZE * VECTOR + 4
        shr     $16, %eax
        mov     %ax, idt + GATE_SIZE * VECTOR + 6
        lidt    table
#endif
        write   0x11, PIC               /* ICW1 to 4 */
        write   0x11, PIC2
        write   VECTOR, PIC + 1
        write   VECTOR + 8, PIC2 + 1
        write   0x04, PIC + 1
        write   0x02, PIC2 + 1
        write   0x01, PIC + 1
        write   0x01, PIC2 + 1
        write   0xfe, PIC + 1           /* the timer alone */
        write   0xff, PIC2 + 1
        write   0x34, PIT + 3           /* counter 0, a rate */
        write   COUNT & 0xff, PIT
        write   COUNT >> 8, PIT
        sti
idle:
        hlt
        cmpl    $10, ticks
        jb      idle
spin:
        incl    turns
        cmpl    $20, ticks
        jb      spin
        cli
        mov     ticks, %al
        out     %al, $GUEST_PORT_EXIT
1:      hlt
        jmp     1b

on_tick:
#if GUEST_BITS == 64
        push    %rax
        incl    ticks
counted:
        end_tick
        pop     %rax
        iretq
#elif GUEST_BITS == 32
        push    %eax
        incl    ticks
counted:
        end_tick
        pop     %eax
        iret
#else
        push    %ax
        incl    ticks
counted:
        end_tick
        pop     %ax
        iret
#endif

        .balign 4
ticks:  .long   0
turns:  .long   0
#if GUEST_BITS != 16
        .balign 16
table:
        .word   GATE_SIZE * 48 - 1
        .long   idt, 0
        .balign 16
idt:    .fill   GATE_SIZE * 48, 1, 0
#endif
        .balign 16
        .fill   1024, 1, 0
stack:
