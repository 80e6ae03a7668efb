/* SPDX-License-Identifier: MIT */
/*
 * What a kernel's compiler makes: a software interrupt and IRET, x87 and SSE
 * arithmetic, beside integers. One KVM (kvm_pvm) executes none of it by itself
 * in kernel code. Exits with 50 and what went well, 7 if all of it did.
 */
#include "guests/include/guest.h"

        .set    VECTOR, 0x30

#if GUEST_BITS == 64
#define ACC %rax
#define RETURN iretq
#else
#define ACC %eax
#define RETURN iret
#endif
#define GATE_SIZE (GUEST_BITS / 4)

        GUEST_CODE
        .globl  _start, call_it, called, handler, returned, sums, add_it, added
        .globl  squared, count, total, vector
_start:
        mov     $stack, %esp
        mov     $handler, %eax
        mov     %ax, idt + GATE_SIZE * VECTOR
        movw    $0x08, idt + GATE_SIZE * VECTOR + 2
        movw    $0x8e00, idt + GATE_SIZE * VECTOR + 4
        shr     $16, %eax
        mov     %ax, idt + GATE_SIZE * VECTOR + 6
        lidt    table
        mov     %cr0, ACC
        and     $~0xc, %eax             /* not EM, not TS */
        or      $0x22, %eax             /* MP, NE */
        mov     ACC, %cr0
        mov     %cr4, ACC
        or      $0x600, %eax            /* OSFXSR, OSXMMEXCPT */
        mov     ACC, %cr4
        xor     %ebp, %ebp
call_it:
        int     $VECTOR
called:
        cmpl    $1, count
        jne     sums
        or      $1, %ebp
sums:
        fninit
        fildl   two
        fld     %st
        fmulp
        fistpl  total
squared:
        cmpl    $4, total
        jne     add_it
        or      $2, %ebp
add_it:
        movups  vector, %xmm1
        paddd   vector, %xmm1
added:
        movups  %xmm1, vector
        cmpl    $80, vector + 12
        jne     1f
        or      $4, %ebp
1:
        lea     50(%ebp), %eax
        out     %al, $GUEST_PORT_EXIT
1:      hlt
        jmp     1b

handler:
        incl    count
returned:
        RETURN

        .balign 16
vector: .long   10, 20, 30, 40
two:    .long   2
count:  .long   0
total:  .long   0
        .balign 16
table:
        .word   GATE_SIZE * (VECTOR + 1) - 1
        .long   idt, 0
        .balign 16
idt:    .fill   GATE_SIZE * (VECTOR + 1), 1, 0
        .balign 16
        .fill   1024, 1, 0
stack:
