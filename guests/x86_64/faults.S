/* SPDX-License-Identifier: MIT */
/*
 * Exceptions with handlers: a division by zero, an invalid opcode, a general
 * protection fault (non-canonical address, 64-bit only) and a page fault
 * (64-bit only: 32-bit code runs without paging). Each handler counts and goes
 * on behind the fault by its own jump, not by iret, which not every KVM
 * emulates; the last one exits with the number of faults seen. The table is
 * filled in while it is in use, and each gate from its low end on.
 */
#include "guests/include/guest.h"

        GUEST_CODE
        .globl  _start, on_de, on_ud, on_gp, on_pf
        .globl  divide, invalid, protect, touch, seen, idt

#if GUEST_BITS == 16
        .set    idt, 0

.macro  gate    vector, handler
        movw    $\handler, idt + 4 * \vector
        movw    %cs, idt + 4 * \vector + 2
.endm
#else
#define GATE_SIZE (GUEST_BITS / 4)

.macro  gate    vector, handler
        mov     $\handler, %eax
        mov     %ax, idt + GATE_SIZE * \vector
        movw    $0x08, idt + GATE_SIZE * \vector + 2
        movw    $0x8e00, idt + GATE_SIZE * \vector + 4
        shr     $16, %eax
        mov     %ax, idt + GATE_SIZE * \vector + 6
.endm
#endif

_start:
        mov     $stack, %esp
#if GUEST_BITS != 16
        lidt    table
#endif
        gate    0, on_de
        gate    6, on_ud
        gate    13, on_gp
        gate    14, on_pf
        xor     %ecx, %ecx
divide:
        div     %ecx
on_de:
        incl    seen
        mov     $stack, %esp
invalid:
        ud2
on_ud:
        incl    seen
        mov     $stack, %esp
#if GUEST_BITS == 64
        mov     $0x8000000000000000, %rbx
protect:
        mov     %eax, (%rbx)
on_gp:
        incl    seen
        mov     $stack, %esp
        mov     $0x123456789000, %rbx
touch:
        mov     %eax, (%rbx)
on_pf:
        incl    seen
#else
protect:
on_gp:
touch:
on_pf:
#endif
        mov     seen, %eax
        out     %al, $GUEST_PORT_EXIT
        hlt

seen:   .long   0
#if GUEST_BITS != 16
        .balign 16
table:
        .word   GATE_SIZE * 32 - 1
        .long   idt, 0
        .balign 16
idt:    .fill   GATE_SIZE * 32, 1, 0
#endif
        .fill   1024, 1, 0
stack:
