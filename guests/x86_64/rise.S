/* SPDX-License-Identifier: MIT */
/*
 * A kernel that rises from 16 (rise16) or 32 bits (rise32) to the higher half
 * in one go: its boot code runs in low memory, where nothing else is mapped
 * until paging is on. The upper part is mapped to 0xffffffff80200000, eight
 * functions; and what lies at 0x80200000, which has the same low 32 bits, is
 * other code. rise16 takes its time before the first step to long mode, rise32
 * between that and the last.
 */
#include "guests/include/guest.h"

        .set    CODE32, 0x08
        .set    DATA,   0x10
        .set    CODE64, 0x18
        .set    ENTRY, 0x03             /* present, writable; SDM 3A 4.5 */
        .set    ENTRY_LARGE, 0x83

        .section .boot, "ax"
        .globl  _start, prot, enter64, long64
        GUEST_CODE
_start:
#if GUEST_BITS == 16
        cli
        lgdtl   gdtr
        mov     %cr0, %eax
        or      $1, %al
        mov     %eax, %cr0
        ljmpl   $CODE32, $prot
        .code32
prot:
        mov     $DATA, %ax
        mov     %ax, %ds
        mov     %ax, %es
        mov     %ax, %ss
#else
        lgdt    gdtr
#endif
        .macro  enable_long_mode
        mov     $0xc0000080, %ecx       /* EFER */
        rdmsr
        or      $0x100, %eax            /* LME */
        wrmsr
        .endm

        movl    $pdpt_low + ENTRY, pml4
        movl    $pdpt_high + ENTRY, pml4 + 8 * 511
        movl    $pd_kernel + ENTRY, pdpt_low
        movl    $pd_other + ENTRY, pdpt_low + 8 * 2
        movl    $pd_kernel + ENTRY, pdpt_high + 8 * 510
        movl    $0x400000 + ENTRY_LARGE, pd_other + 8
        mov     $ENTRY_LARGE, %eax
        mov     $pd_kernel, %edi
        mov     $512, %ecx
1:      mov     %eax, (%edi)
        add     $0x200000, %eax
        add     $8, %edi
        loop    1b
        mov     %cr4, %eax
        or      $0x20, %al              /* PAE */
        mov     %eax, %cr4
        mov     $pml4, %eax
        mov     %eax, %cr3
#if GUEST_BITS == 16
        mov     $100000, %ecx           /* as long as a loader takes */
1:      loop    1b
        enable_long_mode
#else
        enable_long_mode
        mov     $2000, %ecx             /* QEMU's SVM hangs at a store here */
1:      loop    1b
#endif
        mov     %cr0, %eax
        or      $0x80000000, %eax       /* PG */
        mov     %eax, %cr0
enter64:
        ljmp    $CODE64, $long64

        .code64
long64:
        mov     $kernel, %rax
        jmp     *%rax

        .balign 8
gdt:    .quad   0
        .quad   0x00cf9b000000ffff      /* code, 32-bit, 4 GiB */
        .quad   0x00cf93000000ffff      /* data, 4 GiB */
        .quad   0x00af9b000000ffff      /* code, 64-bit */
gdtr:   .word   . - gdt - 1
        .long   gdt

        .section .tables, "aw", @nobits
        .balign 4096
pml4:      .skip 4096
pdpt_low:  .skip 4096
pdpt_high: .skip 4096
pd_kernel: .skip 4096
pd_other:  .skip 4096

        .text
        .globl  kernel, ending
        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7
        .globl  high\n
        .balign 16
high\n: incl    counter
        ret
        .endr
kernel:
        mov     $stack, %rsp
        xor     %ebp, %ebp              /* the outermost frame */
        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7
        call    high\n
        .endr
        mov     $other, %eax
        call    *%rax
        call    high0
ending:
        mov     $0, %al
        out     %al, $GUEST_PORT_EXIT
        hlt

        .section .other, "ax"
        .globl  other
other:  incl    others
        ret

        .bss
        .balign 16
        .skip   4096
stack:
