/* SPDX-License-Identifier: MIT */
/*
 * A disk whose boot sector reads the rest from it, without a BIOS: by
 * programmed I/O from the ATA disk at 0x1f0. What follows the boot sector on
 * the disk goes behind it in memory. The second part counts, on the disk, how
 * often it was started, prints a letter and exits with that count.
 */
#include "guests/include/guest.h"

#define ATA_DATA    0x1f0
#define ATA_COUNT   0x1f2
#define ATA_LBA     0x1f3               /* and two more */
#define ATA_DEVICE  0x1f6
#define ATA_COMMAND 0x1f7               /* read: status */
#define ATA_READ    0x20
#define ATA_WRITE   0x30

#define PART_SECTORS 2
#define COUNTER_LBA  2                  /* starts is in this sector */

        GUEST_CODE
        .globl  _start, load, load_end, part, ready, starts
_start:
        ljmp    $0, $1f
1:      xor     %ax, %ax
        mov     %ax, %ds
        mov     %ax, %es
        mov     %ax, %ss
        mov     $_start, %sp
        cld
        mov     $part, %di
        mov     $1, %bl
        mov     $PART_SECTORS, %bh
        call    read
        jmp     part

/* bh sectors from bl on, to di */
read:
        mov     $ATA_READ, %al
        call    command
        movzbw  %bh, %cx
        shl     $8, %cx                 /* 256 words each */
        mov     $ATA_DATA, %dx
load:   rep     insw
load_end:
        ret

/* al: what to do with bh sectors from bl on. Ready for the data afterwards. */
command:
        push    %ax
        call    wait
        mov     $ATA_COUNT, %dx
        mov     %bh, %al
        out     %al, %dx
        inc     %dx                     /* ATA_LBA */
        mov     %bl, %al
        out     %al, %dx
        inc     %dx
        xor     %al, %al
        out     %al, %dx
        inc     %dx
        out     %al, %dx
        inc     %dx
        mov     $0xe0, %al              /* an LBA, of device 0 */
        out     %al, %dx
        inc     %dx
        pop     %ax
        out     %al, %dx
wait:
        mov     $ATA_COMMAND, %dx
1:      in      %dx, %al
        and     $0xc0, %al              /* BSY, DRDY */
        cmp     $0x40, %al
        jne     1b
        ret

        .org    510
        .word   0xaa55

/* --- the second sector --- */

part:
        mov     $'2', %al
        out     %al, $GUEST_PORT_DEBUG
        incw    starts
        mov     $COUNTER_LBA, %bl
        mov     $1, %bh
        mov     $ATA_WRITE, %al
        call    command
        mov     $starts, %si
        mov     $256, %cx
        mov     $ATA_DATA, %dx
        rep     outsw

        movw    $0, starts              /* it comes back from the disk */
        mov     $starts, %di
        call    read
ready:
        mov     starts, %al
        out     %al, $GUEST_PORT_EXIT
        hlt

/* --- the third: not all of it is in the file --- */

        .org    1024
starts: .word   0
        .ascii  "third"
