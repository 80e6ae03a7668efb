/* SPDX-License-Identifier: MIT */
/*
 * User mode: a kernel that enters CPL3 by sysexit, and user code that counts
 * and comes back by syscall. It has handlers for #DB, #BP and #GP, as any
 * kernel with processes: they count in `own` and end the guest, for nothing
 * here raises them but a debugger's traps. Exits with the user's count.
 */
#include "guests/include/guest.h"

        GUEST_CODE
        .globl  _start, user, user_add, user_end, kernel, own, count

#define MSR_SYSENTER_CS  0x174
#define MSR_EFER         0xc0000080
#define MSR_STAR         0xc0000081
#define MSR_LSTAR        0xc0000082
#define KERNEL_CS        0x08
#define TSS              0x38

.macro  gate    vector
        mov     $trapped, %eax
        mov     %ax, idt + 16 * \vector
        shr     $16, %eax
        mov     %ax, idt + 16 * \vector + 6
        movw    $KERNEL_CS, idt + 16 * \vector + 2
        movw    $0xee00, idt + 16 * \vector + 4 /* open to user mode */
.endm

_start:
        mov     $stack, %esp
        lgdt    gdtr
        mov     $tss, %eax              /* where the TSS is */
        mov     %ax, gdt + TSS + 2
        shr     $16, %eax
        mov     %al, gdt + TSS + 4
        mov     %ah, gdt + TSS + 7
        mov     $TSS, %eax
        ltr     %ax
        gate    1
        gate    3
        gate    13
        lidt    idtr

        /* The first 2 MiB are the user's too. */
        mov     %cr3, %rax
        orq     $4, (%rax)
        mov     (%rax), %rax
        and     $-4096, %rax
        orq     $4, (%rax)
        mov     (%rax), %rax
        and     $-4096, %rax
        orq     $4, (%rax)
        mov     %cr3, %rax
        mov     %rax, %cr3

        mov     $MSR_EFER, %ecx
        rdmsr
        or      $1, %eax                /* SCE */
        wrmsr
        xor     %edx, %edx
        mov     $MSR_LSTAR, %ecx
        mov     $kernel, %eax
        wrmsr
        mov     $MSR_STAR, %ecx
        xor     %eax, %eax
        mov     $KERNEL_CS, %edx
        wrmsr
        xor     %edx, %edx
        mov     $MSR_SYSENTER_CS, %ecx
        mov     $KERNEL_CS, %eax
        wrmsr
        mov     $user, %edx
        mov     $user_stack, %ecx
        rex.w sysexit

user:
        mov     $5, %ebx
1:      call    user_add
        dec     %ebx
        jnz     1b
user_end:
        syscall
user_add:
        incl    count
        ret

kernel:
        mov     count, %eax
        out     %al, $GUEST_PORT_EXIT
        hlt

trapped:
        incl    own
        mov     $99, %al
        out     %al, $GUEST_PORT_EXIT
        hlt

        .balign 16
/* sysexit takes CS and SS from 32 and 40 past SYSENTER_CS. */
gdt:    .quad   0
        .quad   0x00af9b000000ffff      /* 08: kernel code */
        .quad   0x00cf93000000ffff      /* 10: kernel data */
        .quad   0, 0
        .quad   0x00affb000000ffff      /* 28: user code */
        .quad   0x00cff3000000ffff      /* 30: user data */
        .quad   0x0000890000000067, 0   /* 38: TSS */
gdtr:   .word   gdtr - gdt - 1
        .quad   gdt
idtr:   .word   16 * 32 - 1
        .quad   idt
count:  .long   0
own:    .long   0
        .balign 16
idt:    .fill   16 * 32, 1, 0
tss:    .long   0
        .quad   stack                   /* RSP0 */
        .fill   92, 1, 0
        .fill   1024, 1, 0
stack:
        .fill   1024, 1, 0
user_stack:
