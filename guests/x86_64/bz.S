/* SPDX-License-Identifier: MIT */
/*
 * Something that a boot loader takes for a Linux kernel (bzImage; Linux,
 * Documentation/arch/x86/boot.rst): a boot sector and four sectors of setup,
 * of which only the header is used, and 32-bit code at 1 MiB. It prints its
 * command line and its initrd. The exit status is the number of the check that
 * failed, or 0.
 */
#include "guests/include/guest.h"

        .set    BOOT_CS, 0x10
        .set    BOOT_DS, 0x18

        /* struct boot_params */
        .set    E820_ENTRIES, 0x1e8
        .set    HEADER, 0x202
        .set    RAMDISK_IMAGE, 0x218
        .set    RAMDISK_SIZE, 0x21c
        .set    CMD_LINE_PTR, 0x228

        .section .text.start, "ax"
        .code32
file:   .org    0x1f1
        .byte   4                       /* setup_sects */
        .org    0x1fe
        .word   0xaa55
        .byte   0xeb, header_end - 1f
1:      .ascii  "HdrS"
        .word   0x20c                   /* version */
        .org    0x211
        .byte   1                       /* LOADED_HIGH */
        .org    0x214
        .long   0x100000                /* code32_start */
        .org    0x22c
        .long   0x7fffffff              /* initrd_addr_max */
        .long   0x1000                  /* kernel_alignment */
        .byte   0, 12                   /* relocatable_kernel, min_alignment */
        .org    0x238
        .long   255                     /* cmdline_size */
        .org    0x258
        .quad   0x100000                /* pref_address */
        .long   0x10000                 /* init_size */
header_end:
        .org    0xa00

        .globl  _start, told
_start: mov     $1, %al
        cmpl    $0x53726448, HEADER(%esi)
        jne     end
        inc     %al                     /* 2 */
        mov     %cs, %ecx
        cmp     $BOOT_CS, %ecx
        jne     end
        inc     %al                     /* 3: the GDT has them, too */
        mov     $BOOT_DS, %ecx
        mov     %ecx, %ds
        mov     %ecx, %es
        mov     %ecx, %ss
        ljmp    $BOOT_CS, $1f
1:      mov     %ebx, %ecx
        or      %ebp, %ecx
        or      %edi, %ecx
        jnz     end
        inc     %al                     /* 4 */
        cmpb    $0, E820_ENTRIES(%esi)
        je      end
        mov     %esi, %ebp
        mov     CMD_LINE_PTR(%ebp), %esi
1:      lodsb
        test    %al, %al
        jz      told
        out     %al, $GUEST_PORT_DEBUG
        jmp     1b
told:   mov     RAMDISK_IMAGE(%ebp), %esi
        mov     RAMDISK_SIZE(%ebp), %ecx
        jecxz   2f
1:      lodsb
        out     %al, $GUEST_PORT_DEBUG
        loop    1b
2:      xor     %eax, %eax
end:    out     %al, $GUEST_PORT_EXIT
1:      hlt
        jmp     1b
