/* SPDX-License-Identifier: MIT */
/*
 * The BIOS: what a boot sector asks of it, and no more. It is copied to
 * F000:E000, where a PC has its own, runs in real mode like any other code of
 * the guest, and knows five devices: the console at port 0xe9, the screen
 * (bios_video.inc, bios_vbe.inc), the keyboard (bios_keyboard.inc), the serial
 * ports (bios_serial.inc) and the ATA disk
 * (bios_disk.inc). So what it loads is stored by instructions
 * of the guest, and breakpoints and watchpoints see it.
 *
 * It begins with a halt for each vector. A vector without a service leads
 * there, and a service goes there when it is asked for something that this
 * machine cannot do, with all registers as they were: firmware.c takes it from
 * the halt back to the caller's INT, and says so. What real BIOSes refuse with
 * the carry flag is refused in that way.
 *
 * Numbers and registers are those of Ralf Brown's Interrupt List, release 61;
 * disks by address are "BIOS Enhanced Disk Drive Specification" 3.0, the
 * memory map is ACPI 6.4 section 15.1.
 */

#include "kvm/device/vga_text.h"
#include "kvm/x86_64/boot/bios.h"

/* An address as the code sees it. */
#define AT(label) ((label) - x86_bios + BIOS_OFFSET)

        .equ    CONSOLE, 0xe9
        .equ    PIC, 0x20               /* 8259A: its OCW2, */
        .equ    EOI, 0x20               /* the end of the interrupt */
        .equ    RANGE, 20               /* of the memory map */

/* What enter pushes, from bp. */
        .equ    EDI, 0
        .equ    ESI, 4
        .equ    EBP, 8
        .equ    EBX, 16
        .equ    EDX, 20
        .equ    ECX, 24
        .equ    EAX, 28
        .equ    ES, 32
        .equ    DS, 34
        .equ    FLAGS, 40
        .equ    AL, EAX
        .equ    AH, EAX + 1
        .equ    CL, ECX
        .equ    CH, ECX + 1
        .equ    DL, EDX
        .equ    DH, EDX + 1
        .equ    BL, EBX
        .equ    BH, EBX + 1
        .equ    CARRY, 0x01
        .equ    ZERO, 0x40

        .macro  enter
        push    %ds
        push    %es
        pushal
        mov     %sp, %bp
        cld
        .endm

        .macro  leave_call
        popal
        pop     %es
        pop     %ds
        .endm

/* Goes to a service by its number. */
        .macro  on number, service
        cmp     $\number, %ah
        je      \service
        .endm

/* The same, by another number. */
        .macro  on_al number, service
        cmp     $\number, %al
        je      \service
        .endm

        .section .rodata
        .code16
        .globl  x86_bios, x86_bios_end, x86_bios_facts, x86_bios_vectors
        .hidden x86_bios, x86_bios_end, x86_bios_facts, x86_bios_vectors

/* --- halts, BIOS_HALT_SIZE bytes each --- */

x86_bios:
        .rept   BIOS_VECTORS
        hlt
        jmp     . - 1
        nop
        .endr

        .macro  halt_of vector
        leave_call
        jmp     x86_bios + BIOS_HALT_SIZE * \vector
        .endm

/* --- how a service ends --- */

/* With a status of its own, and the carry flag. */
refuse:
        mov     %ah, AH(%bp)
fail:
        orb     $CARRY, FLAGS(%bp)
        jmp     done

/* With status 0. */
finish:
        movb    $0, AH(%bp)
succeed:
        andb    $~CARRY, FLAGS(%bp)
done:
        leave_call
        iret

#include "kvm/x86_64/boot/bios_video.inc"
#include "kvm/x86_64/boot/bios_vbe.inc"

/* --- 0x11, 0x12: equipment, memory below 640 KiB --- */

equipment:
        push    %ds
        push    $0
        pop     %ds
        mov     BDA_EQUIPMENT, %ax
        pop     %ds
        iret

base_memory:
        mov     %cs:AT(base_kib), %ax
        iret

#include "kvm/x86_64/boot/bios_disk.inc"
#include "kvm/x86_64/boot/bios_cd.inc"

#include "kvm/x86_64/boot/bios_serial.inc"

/* --- 0x15: memory, A20, waiting --- */

system:
        enter
        on      0x24, a20
        on      0x86, wait
        on      0x88, memory_88
        on      0xe8, memory_e8
unsupported:
        mov     $0x86, %ah
        jmp     refuse

/* It is always on. */
a20:
        movb    $0, AH(%bp)
        cmp     $1, %al
        jb      unsupported
        je      succeed
        cmp     $3, %al
        ja      unsupported
        je      1f
        movb    $1, AL(%bp)
        jmp     succeed
1:      movw    $3, EBX(%bp)            /* by the controller, and by port 92 */
        jmp     succeed

/* cx:dx us by the TSC, which counts about 2^11 of them. */
wait:
        shl     $16, %ecx
        mov     %dx, %cx
        rdtsc
        mov     %eax, %ebx
        mov     %edx, %esi
1:      rdtsc
        sub     %ebx, %eax
        sbb     %esi, %edx
        shrd    $11, %edx, %eax
        cmp     %ecx, %eax
        jb      1b
        jmp     succeed

memory_88:
        mov     %cs:AT(kib_above_1m), %ax
        mov     %ax, EAX(%bp)
        jmp     succeed

memory_e8:
        cmp     $0x01, %al
        je      1f
        cmp     $0x20, %al
        je      memory_map
        jmp     unsupported
1:      mov     %cs:AT(kib_to_16m), %ax
        mov     %ax, EAX(%bp)
        mov     %ax, ECX(%bp)
        mov     %cs:AT(blocks_above_16m), %ax
        mov     %ax, EBX(%bp)
        mov     %ax, EDX(%bp)
        jmp     succeed

/* Range ebx to es:di, of at least ecx bytes. */
memory_map:
        cmp     $0x534d4150, %edx       /* "SMAP" */
        jne     unsupported
        cmp     $RANGE, %ecx
        jb      unsupported
        movzwl  %cs:AT(n_ranges), %eax
        cmp     %eax, %ebx
        jae     unsupported
        mov     %edx, EAX(%bp)
        movl    $RANGE, ECX(%bp)
        imul    $RANGE, %bx, %si
        add     $AT(ranges), %si
        mov     $RANGE / 2, %cx
        rep movsw %cs:(%si), %es:(%di)
        inc     %ebx
        cmp     %eax, %ebx
        jb      1f
        xor     %ebx, %ebx
1:      mov     %ebx, EBX(%bp)
        jmp     succeed

#include "kvm/x86_64/boot/bios_keyboard.inc"

/* --- 0x1a: ticks of the timer, 18.2 a second; time and date of the clock --- */

        .equ    RTC, 0x70               /* MC146818A: index, and data behind it */
        .equ    RTC_A, 0x0a
        .equ    RTC_UPDATES, 0x80       /* of A: not to be read now */
        .equ    RTC_SECONDS, 0x00
        .equ    RTC_MINUTES, 0x02
        .equ    RTC_HOURS, 0x04
        .equ    RTC_DAY, 0x07
        .equ    RTC_MONTH, 0x08
        .equ    RTC_YEAR, 0x09
        .equ    RTC_CENTURY, 0x32

        .macro  from_rtc register, to
        mov     $\register, %al
        call    read_rtc
        mov     %al, \to(%bp)
        .endm

clock:
        enter
        push    $0
        pop     %ds
        on      0x00, get_ticks
        on      0x01, set_ticks
        on      0x02, get_time
        on      0x04, get_date
        jmp     fail

/* al: midnight has passed since it was asked last. */
get_ticks:
        mov     BDA_TICKS, %ax
        mov     %ax, EDX(%bp)
        mov     BDA_TICKS + 2, %ax
        mov     %ax, ECX(%bp)
        xor     %al, %al
        xchg    BDA_MIDNIGHT, %al
        mov     %al, AL(%bp)
        jmp     succeed

set_ticks:
        mov     %dx, BDA_TICKS
        mov     %cx, BDA_TICKS + 2
        movb    $0, BDA_MIDNIGHT
        jmp     succeed

get_time:
        call    await_rtc
        from_rtc RTC_HOURS, CH
        from_rtc RTC_MINUTES, CL
        from_rtc RTC_SECONDS, DH
        movb    $0, DL(%bp)             /* no summer time */
        jmp     succeed

get_date:
        call    await_rtc
        from_rtc RTC_CENTURY, CH
        from_rtc RTC_YEAR, CL
        from_rtc RTC_MONTH, DH
        from_rtc RTC_DAY, DL
        jmp     succeed

await_rtc:
        mov     $RTC_A, %al
        call    read_rtc
        test    $RTC_UPDATES, %al
        jnz     await_rtc
        ret

read_rtc:
        out     %al, $RTC
        in      $RTC + 1, %al
        ret

/* --- 0x08, 0x1c: IRQ 0, the timer's tick, and who wants to know of it --- */

        .equ    TICKS_A_DAY, 0x1800b0

tick:
        push    %ds
        push    %ax
        xor     %ax, %ax
        mov     %ax, %ds
        incl    BDA_TICKS
        cmpl    $TICKS_A_DAY, BDA_TICKS
        jb      1f
        movl    $0, BDA_TICKS
        incb    BDA_MIDNIGHT
1:      int     $0x1c
        mov     $EOI, %al
        out     %al, $PIC
        pop     %ax
        pop     %ds
        iret

nobody:
        iret

/* --- what firmware.c fills in: struct facts there --- */

        .balign 4
x86_bios_facts:
disk_sectors:           .long   0
base_kib:               .word   0
kib_above_1m:           .word   0
kib_to_16m:             .word   0
blocks_above_16m:       .word   0
        .equ    CYLINDERS, 0
        .equ    HEADS, 2
        .equ    SECTORS, 3
hard_disk:              .word   0
                        .byte   0, 0
floppy_disk:            .word   0
                        .byte   0, 0
floppy_type:            .word   0
n_ranges:               .word   0
ranges:                 .fill   BIOS_RANGES * RANGE, 1, 0
awaits_keys:            .word   0       /* somebody may type */
vbe_mode:               .word   0       /* that is on, by its own number */
cd_sectors:             .long   0       /* 0: there is no CD */
x86_bios_end:

/* --- for firmware.c alone: what is at the reset vector, FFFF:0, to which old
 * programs jump to boot again (IBM PC AT Technical Reference, "BIOS Listing"):
 * here the keyboard controller resets the machine. Behind it are the BIOS's
 * date and the model, an AT. --- */

        .globl  x86_bios_reset
        .hidden x86_bios_reset
x86_bios_reset:
        mov     $KBC_PULSE_RESET, %al
        out     %al, $KBC_STATUS
        hlt
        .ascii  "11/29/26"
        .byte   0
        .byte   0xfc
        .byte   0

/* --- vectors with a service, and where it begins --- */

        .balign 2
x86_bios_vectors:
        .word   0x08, AT(tick)
        .word   0x09, AT(keyboard_irq)
        .word   BIOS_VECTOR_VIDEO, AT(video)
        .word   0x11, AT(equipment)
        .word   0x12, AT(base_memory)
        .word   0x13, AT(disk)
        .word   0x14, AT(serial)
        .word   0x15, AT(system)
        .word   BIOS_VECTOR_KEYBOARD, AT(keyboard)
        .word   0x1a, AT(clock)
        .word   0x1c, AT(nobody)
        .word   0, 0

        .section .note.GNU-stack, "", @progbits
