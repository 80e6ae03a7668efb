/* SPDX-License-Identifier: MIT */
/*
 * User mode below a kernel without an interrupt table: there is a stack for
 * exceptions, but no exception has a handler. User code counts, uses SSE beside
 * what it counts, and comes back by syscall. Exits with the user's count.
 */
#include "guests/include/guest.h"

        GUEST_CODE
        .globl  _start, enter, user, add, vectors, strings, fill, user_end
        .globl  kernel, count, lane, beside, filled, stack

#define MSR_EFER         0xc0000080
#define MSR_STAR         0xc0000081
#define MSR_LSTAR        0xc0000082
#define KERNEL_CS        0x08
#define USER_CS_32       0x18
#define TSS              0x30

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

        mov     %cr4, %rax
        or      $0x600, %eax            /* OSFXSR, OSXMMEXCPT */
        mov     %rax, %cr4

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
        mov     $(USER_CS_32 << 16 | KERNEL_CS), %edx
        wrmsr
        mov     $user, %ecx
        mov     $2, %r11d
enter:
        sysretq

user:
        mov     $user_stack, %esp
        mov     $100000, %ecx           /* longer than anybody steps */
        loop    .
        mov     $5, %ebx
1:      call    add
        dec     %ebx
        jnz     1b
vectors:
        movups  lane, %xmm0
        paddd   lane, %xmm0
        movups  %xmm0, lane
        incl    beside
strings:
        mov     $filled, %edi
        mov     $100000, %ecx
        mov     $0x55, %al
fill:
        rep stosb
user_end:
        syscall
add:
        incl    count
        ret

kernel:
        mov     count, %eax
        out     %al, $GUEST_PORT_EXIT
        hlt

        .balign 16
gdt:    .quad   0
        .quad   0x00af9b000000ffff      /* 08: kernel code */
        .quad   0x00cf93000000ffff      /* 10: kernel data */
        .quad   0x00cffb000000ffff      /* 18: user code, 32 bits */
        .quad   0x00cff3000000ffff      /* 20: user data */
        .quad   0x00affb000000ffff      /* 28: user code */
        .quad   0x0000890000000067, 0   /* 30: TSS */
gdtr:   .word   gdtr - gdt - 1
        .quad   gdt

        .balign 4096
count:  .long   0
        .balign 16
lane:   .long   1, 2, 3, 4
beside: .long   0
        .balign 4096
filled: .fill   100000, 1, 0
tss:    .long   0
        .quad   stack                   /* RSP0 */
        .fill   92, 1, 0
        .fill   1024, 1, 0
stack:
        .fill   1024, 1, 0
user_stack:
