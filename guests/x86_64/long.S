/* SPDX-License-Identifier: MIT */
/*
 * enter_long: from 32-bit protected mode without paging to long mode, where the
 * first GiB is mapped one to one, and on at EDX. EDI, ESI and the stack stay.
 */
        .set    CODE64, 0x08
        .set    DATA, 0x10
        .set    ENTRY, 0x03             /* present, writable; SDM 3A 4.5 */
        .set    ENTRY_LARGE, 0x83

        .text
        .globl  enter_long
        .code32
enter_long:
        mov     %edx, target
        movl    $pdpt + ENTRY, pml4
        movl    $pd + ENTRY, pdpt
        mov     $ENTRY_LARGE, %eax
        mov     $pd, %ebx
        mov     $512, %ecx
1:      mov     %eax, (%ebx)
        add     $0x200000, %eax
        add     $8, %ebx
        loop    1b
        lgdt    gdtr
        mov     %cr4, %eax
        or      $0x20, %al              /* PAE */
        mov     %eax, %cr4
        mov     $pml4, %eax
        mov     %eax, %cr3
        mov     $0xc0000080, %ecx       /* EFER */
        rdmsr
        or      $0x100, %eax            /* LME */
        wrmsr
        mov     %cr0, %eax
        or      $0x80000000, %eax       /* PG */
        mov     %eax, %cr0
        ljmp    $CODE64, $1f

        .code64
1:      mov     $DATA, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %ss
        mov     target, %eax
        jmp     *%rax

        .data
        .balign 8
gdt:    .quad   0
        .quad   0x00209b0000000000      /* 64-bit code */
        .quad   0x0000930000000000      /* data */
gdtr:   .word   gdtr - gdt - 1
        .long   gdt
target: .long   0

        .bss
        .balign 4096
pml4:   .skip   4096
pdpt:   .skip   4096
pd:     .skip   4096
