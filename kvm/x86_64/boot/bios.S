/* SPDX-License-Identifier: MIT */
/*
 * The BIOS: what a boot sector asks of it, and no more. It is copied to
 * F000:E000, where a PC has its own, runs in real mode like any other code of
 * the guest, and knows three devices: the console at port 0xe9, COM1 for keys,
 * and the ATA disk (bios_disk.inc). So what it loads is stored by instructions
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

#include "kvm/x86_64/boot/bios.h"

/* An address as the code sees it. */
#define AT(label) ((label) - x86_bios + BIOS_OFFSET)

        .equ    CONSOLE, 0xe9
        .equ    SERIAL, 0x3f8
        .equ    SERIAL_DATA, 0x01
        .equ    RANGE, 20               /* of the memory map */
        .equ    ROWS, 25

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

/* --- 0x10: text goes to the console --- */

video:
        on      0x0e, teletype
        enter
        on      0x00, set_mode
        on      0x02, set_cursor
        on      0x03, get_cursor
        on      0x09, write_characters
        on      0x0a, write_characters
        on      0x0f, get_mode
        on      0x13, write_string
        on      0x4f, no_vesa
        cmp     $0x0c, %ah              /* dots have no place */
        je      no_screen
        cmp     $0x0d, %ah
        jne     done                    /* colours, pages, fonts, scrolling */
no_screen:
        halt_of BIOS_VECTOR_VIDEO

teletype:
        call    put
        iret

/* al to the console; the cursor moves as on a screen. */
put:
        push    %ds
        push    %bx
        xor     %bx, %bx
        mov     %bx, %ds
        mov     BDA_CURSOR, %bx         /* bl: column, bh: row */
        out     %al, $CONSOLE
        cmp     $7, %al                 /* bell */
        je      4f
        cmp     $'\b', %al
        je      1f
        cmp     $'\r', %al
        je      2f
        cmp     $'\n', %al
        je      3f
        inc     %bl
        cmp     $BIOS_COLUMNS, %bl
        jb      4f
        xor     %bl, %bl
        jmp     3f
1:      sub     $1, %bl
        jnc     4f
2:      xor     %bl, %bl
        jmp     4f
3:      cmp     $ROWS - 1, %bh          /* on the last one all move up */
        je      4f
        inc     %bh
4:      mov     %bx, BDA_CURSOR
        pop     %bx
        pop     %ds
        ret

/* Bit 7: the screen is not to be cleared. Text has the modes 0 to 3 and 7. */
set_mode:
        and     $0x7f, %al
        cmp     $7, %al
        je      keep_mode
        cmp     $3, %al
        ja      no_screen
keep_mode:
        xor     %bx, %bx
        mov     %bx, %ds
        mov     %al, BDA_MODE
        mov     %bx, BDA_CURSOR
        jmp     done

get_mode:
        xor     %bx, %bx
        mov     %bx, %ds
        mov     BDA_MODE, %al
        mov     %al, AL(%bp)
        movb    $BIOS_COLUMNS, AH(%bp)
        movb    $0, EBX + 1(%bp)        /* page */
        jmp     done

set_cursor:
        call    place
        jmp     done

/* The cursor to row dh, column dl; another row is another line. ds: the data
 * area; di: where the cursor was. */
place:
        xor     %di, %di
        mov     %di, %ds
        mov     BDA_CURSOR, %di
        mov     %dx, BDA_CURSOR
        xor     %di, %dx
        test    %dh, %dh
        jz      1f
        mov     $'\n', %al
        out     %al, $CONSOLE
1:      ret

get_cursor:
        xor     %bx, %bx
        mov     %bx, %ds
        mov     BDA_CURSOR, %dx
        mov     %dx, EDX(%bp)
        movw    $0x0607, ECX(%bp)       /* the cursor's lines */
        jmp     done

/* The cursor stays. More blanks than a row has clear the screen. */
write_characters:
        test    %cx, %cx
        jz      done
        cmp     $' ', %al
        jne     1f
        cmp     $BIOS_COLUMNS, %cx
        ja      done
1:      out     %al, $CONSOLE
        loop    1b
        jmp     done

/* At es:bp of the caller, to row dh, column dl. Bit 0 of al: the cursor stays
 * behind it; bit 1: with an attribute behind each. */
write_string:
        mov     %ax, %bx
        call    place
        mov     EBP(%bp), %si
        jcxz    3f
1:      mov     %es:(%si), %al
        call    put
        inc     %si
        test    $2, %bl
        jz      2f
        inc     %si
2:      loop    1b
3:      test    $1, %bl
        jnz     done
        mov     %di, BDA_CURSOR
        jmp     done

no_vesa:
        movw    $0x0100, EAX(%bp)
        jmp     done

/* --- 0x11, 0x12: equipment, memory below 640 KiB --- */

equipment:
        mov     $BIOS_EQUIPMENT, %ax
        iret

base_memory:
        mov     %cs:AT(base_kib), %ax
        iret

#include "kvm/x86_64/boot/bios_disk.inc"

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

/* --- 0x16: keys are the characters that the serial port receives --- */

keyboard:
        enter
        and     $0x0f, %ah              /* of the enhanced keyboard as well */
        on      0x00, take_key
        on      0x01, look_for_key
        on      0x02, no_shift
        jmp     done

take_key:
        call    find_key
        jz      1f
        mov     %ax, EAX(%bp)
        movw    $0, BDA_KEY
        jmp     done
1:      halt_of BIOS_VECTOR_KEYBOARD

look_for_key:
        orb     $ZERO, FLAGS(%bp)
        call    find_key
        jz      done
        andb    $~ZERO, FLAGS(%bp)
        mov     %ax, EAX(%bp)
        jmp     done

no_shift:
        movb    $0, AL(%bp)
        jmp     done

/* ax: the next key, which stays in the data area, to which ds points. With the
 * zero flag there is none. */
find_key:
        xor     %bx, %bx
        mov     %bx, %ds
        mov     BDA_KEY, %ax
        test    %ax, %ax
        jnz     2f
        mov     $SERIAL + 5, %dx
        in      %dx, %al
        test    $SERIAL_DATA, %al
        jz      2f
        mov     $SERIAL, %dx
        in      %dx, %al
        mov     %cs, %cx                /* the key's place in the tables is */
        mov     %cx, %es                /* its scan code */
        mov     $AT(keys), %di
        mov     $2 * KEYS, %cx
        repne scasb
        jne     1f
        mov     $2 * KEYS - 1, %ax
        sub     %cx, %ax
        mov     $KEYS, %cl
        div     %cl
        mov     %cs:-1(%di), %al
1:      mov     %ax, BDA_KEY
        or      $1, %cl                 /* no zero flag */
2:      ret

keys:   .ascii  "\0\0331234567890-=\b\tqwertyuiop[]\r\0asdfghjkl;'`"
        .ascii  "\0\\zxcvbnm,./\0\0\0 "
        .ascii  "\0\0!@#$%^&*()_+\0\0QWERTYUIOP{}\n\0ASDFGHJKL:\"~"
        .ascii  "\0|ZXCVBNM<>?\0\0\0\0"
        .equ    KEYS, (. - keys) / 2

/* --- 0x1a: 2^27 cycles are a tick of about 1/18 s --- */

clock:
        enter
        cmp     $0, %ah
        jne     fail
        rdtsc
        shrd    $27, %edx, %eax
        mov     %ax, EDX(%bp)
        shr     $16, %eax
        mov     %ax, ECX(%bp)
        movb    $0, AL(%bp)             /* it is the same day */
        jmp     succeed

/* --- 0x08, 0x1c: IRQ 0, the timer's tick, and who wants to know of it --- */

        .equ    TICKS_A_DAY, 0x1800b0
        .equ    PIC, 0x20               /* 8259A: its OCW2, */
        .equ    EOI, 0x20               /* the end of the interrupt */

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
x86_bios_end:

/* --- for firmware.c alone: vectors with a service, and where it begins --- */

        .balign 2
x86_bios_vectors:
        .word   0x08, AT(tick)
        .word   BIOS_VECTOR_VIDEO, AT(video)
        .word   0x11, AT(equipment)
        .word   0x12, AT(base_memory)
        .word   0x13, AT(disk)
        .word   0x15, AT(system)
        .word   BIOS_VECTOR_KEYBOARD, AT(keyboard)
        .word   0x1a, AT(clock)
        .word   0x1c, AT(nobody)
        .word   0, 0

        .section .note.GNU-stack, "", @progbits
