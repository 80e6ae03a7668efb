/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/complete/thunk.h"

        .macro  load i, r
        mov     8 * \i(%rdi), %\r
        .endm

        .macro  store i, r
        mov     %\r, 8 * \i(%rdi)
        .endm

        .macro  all_but_rdi do
        \do     0, rax
        \do     1, rcx
        \do     2, rdx
        \do     3, rbx
        \do     5, rbp
        \do     6, rsi
        \do     8, r8
        \do     9, r9
        \do     10, r10
        \do     11, r11
        \do     12, r12
        \do     13, r13
        \do     14, r14
        \do     15, r15
        .endm

        .text
        .globl  x86_thunk
        .hidden x86_thunk
        .type   x86_thunk, @function
x86_thunk:
        push    %rbx
        push    %rbp
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        mov     THUNK_PARTS(%rdi), %eax
        xor     %edx, %edx
        xsave64 THUNK_HOST(%rdi)
        xrstor64 THUNK_GUEST(%rdi)

        push    %rdi
        push    THUNK_CODE(%rdi)
        push    THUNK_FLAGS(%rdi)
        popfq
        all_but_rdi load
        mov     8 * 7(%rdi), %rdi
        call    *(%rsp)
        mov     %rdi, (%rsp)            /* over the code's address */
        mov     8(%rsp), %rdi
        all_but_rdi store
        pushfq
        pop     THUNK_FLAGS(%rdi)
        pop     8 * 7(%rdi)
        pop     %rdi

        mov     THUNK_PARTS(%rdi), %eax
        xor     %edx, %edx
        xsave64 THUNK_GUEST(%rdi)
        xrstor64 THUNK_HOST(%rdi)
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbp
        pop     %rbx
        ret
        .size   x86_thunk, . - x86_thunk

        .section .note.GNU-stack, "", @progbits
