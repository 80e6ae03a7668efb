/* SPDX-License-Identifier: MIT */
/*
 * A guest with handlers of its own for int3 and invalid opcodes, which looks
 * for traces of a debugger: TF in flags that it pushes itself, and in those
 * that the CPU pushes for its handlers. Five rounds; exits with the number of
 * int3 that its handler saw, or with 99 if there was a trace.
 *
 * Handlers outside real mode return without iret, which not every KVM
 * emulates.
 */
#include "guests/include/guest.h"

        GUEST_CODE
        .globl  _start, round, own, behind, invalid, onward, done
        .globl  on_bp, on_ud, traces, hits, rounds

#if GUEST_BITS == 64
#define GATE_SIZE 16
#define WORD      8
#define ACC       rax
#define SP        rsp
#define COUNT     rcx
#elif GUEST_BITS == 32
#define GATE_SIZE 8
#define WORD      4
#define ACC       eax
#define SP        esp
#define COUNT     ecx
#else
#define WORD      2
#define ACC       ax
#define SP        sp
#define COUNT     cx
#endif

.macro  gate    vector, handler
#if GUEST_BITS == 16
        movw    $\handler, 4 * \vector
        movw    $0, 4 * \vector + 2
#else
        mov     $\handler, %eax
        mov     %ax, idt + GATE_SIZE * \vector
        shr     $16, %eax
        mov     %ax, idt + GATE_SIZE * \vector + 6
        movw    $0x08, idt + GATE_SIZE * \vector + 2
        movw    $0x8e00, idt + GATE_SIZE * \vector + 4
#endif
.endm

/* The flags in the frame, above what the handler has pushed. */
.macro  look
        push    %ACC
#if GUEST_BITS == 16
        push    %bp
        mov     %sp, %bp
        testw   $0x100, 8(%bp)
        pop     %bp
#else
        testl   $0x100, 3 * WORD(%SP)
#endif
        jz      1f
        incl    traces
1:      pop     %ACC
.endm

/* Returns skip bytes behind the address in the frame. */
.macro  leave   skip
#if GUEST_BITS == 16
        push    %bp
        mov     %sp, %bp
        addw    $\skip, 2(%bp)
        pop     %bp
        iret
#else
        pop     %COUNT
        add     $\skip, %COUNT
        add     $WORD, %SP
        popf
#if GUEST_BITS == 64
        mov     (%rsp), %rsp
#endif
        jmp     *%COUNT
#endif
.endm

_start:
#if GUEST_BITS == 16
        jmp     begin
        .org    0x400                   /* behind the interrupt vectors */
begin:
#endif
        mov     $stack, %SP
        gate    3, on_bp
        gate    6, on_ud
#if GUEST_BITS != 16
        lidt    table
#endif
round:
        pushf
        pop     %ACC
        test    $0x100, %ACC
        jz      own
        incl    traces
own:
        int3
behind:
        nop
invalid:
        ud2
onward:
        incl    rounds
        cmpl    $5, rounds
        jb      round
done:
        mov     hits, %eax
        cmpl    $0, traces
        je      1f
        mov     $99, %al
1:      out     %al, $GUEST_PORT_EXIT
        hlt

on_bp:
        look
        incl    hits
        leave   0

on_ud:
        look
        leave   2

        .balign 16
#if GUEST_BITS != 16
table:
        .word   GATE_SIZE * 32 - 1
#if GUEST_BITS == 64
        .quad   idt
#else
        .long   idt
#endif
        .balign 16
idt:    .fill   GATE_SIZE * 32, 1, 0
#endif
rounds: .long   0
hits:   .long   0
traces: .long   0
        .fill   256, 1, 0
stack:
