/* SPDX-License-Identifier: MIT */
/*
 * Writes down where in a loop the ticks of a timer find it: how many turns it
 * has made, and the address that the handler returns to. Turns access a port,
 * some with interrupts off, and some wait in HLT. In the end the real-time
 * clock wakes it at one o'clock; what was written down and the time then go to
 * the debug console, and it exits with 0.
 */
#include "guests/include/guest.h"

        .set    VECTOR, 0x20
        .set    PIC, 0x20
        .set    PIC2, 0xa0
        .set    PIT, 0x40
        .set    RTC, 0x70
        .set    COUNT, 239              /* of 1193182 Hz: 5 kHz */
        .set    TICKS, 24
        .set    DELAY, 0x80             /* a port of nobody's */

        .macro  write value, port
        mov     $\value, %al
        out     %al, $\port
        .endm

        .macro  cmos number, value
        write   \number, RTC
        write   \value, RTC + 1
        .endm

        .macro  cmos_to number, place
        write   \number, RTC
        in      $RTC + 1, %al
        mov     %al, \place
        .endm

        .macro  gate vector, handler
#if GUEST_BITS == 16
        movw    $\handler, 4 * (\vector)
        movw    %cs, 4 * (\vector) + 2
#else
#define GATE_SIZE (GUEST_BITS / 4)
        mov     $\handler, %eax
        mov     %ax, idt + GATE_SIZE * (\vector)
        movw    $0x08, idt + GATE_SIZE * (\vector) + 2
        movw    $0x8e00, idt + GATE_SIZE * (\vector) + 4
        shr     $16, %eax
        mov     %ax, idt + GATE_SIZE * (\vector) + 6
#endif
        .endm

#if GUEST_BITS == 64
#define AX      %rax
#define BX      %rbx
#define SP      %rsp
#define RETURN  iretq
#elif GUEST_BITS == 32
#define AX      %eax
#define BX      %ebx
#define SP      %esp
#define RETURN  iret
#else
#define AX      %ax
#define BX      %bx
#define SP      %sp
#define RETURN  iret
#endif

        GUEST_CODE
        .globl  _start, turn, on_tick, done, ticks, turns
_start:
        cli
        cld
#if GUEST_BITS == 16
        xor     %ax, %ax
        mov     %ax, %ds
        mov     %ax, %ss
#endif
        mov     $stack, SP
        gate    VECTOR, on_tick
        gate    VECTOR + 8, on_alarm
#if GUEST_BITS != 16
        lidt    table
#endif
        write   0x11, PIC               /* ICW1 to 4 */
        write   0x11, PIC2
        write   VECTOR, PIC + 1
        write   VECTOR + 8, PIC2 + 1
        write   0x04, PIC + 1
        write   0x02, PIC2 + 1
        write   0x01, PIC + 1
        write   0x01, PIC2 + 1
        write   0xfe, PIC + 1           /* the timer alone */
        write   0xff, PIC2 + 1
        write   0x34, PIT + 3           /* counter 0, a rate */
        write   COUNT & 0xff, PIT
        write   COUNT >> 8, PIT
        sti
        nop                             /* an STI holds interrupts off up to */
        nop                             /* behind the next instruction */
turn:
        out     %al, $DELAY
        incl    turns
        mov     turns, %ecx
        mov     %ecx, %edx
        and     $15, %ecx               /* some time without an access */
1:      dec     %ecx
        jg      1b
        test    $1, %edx
        jnz     2f
        cli                             /* a tick now has to wait */
        out     %al, $DELAY
        out     %al, $DELAY
        nop
        sti
        nop
        nop
2:      test    $0xff, %edx
        jnz     3f
        hlt
3:      cmpl    $TICKS, ticks
        jb      turn

        cli
        write   0xfb, PIC + 1           /* the clock alone */
        write   0xfe, PIC2 + 1
        cmos    1, 0                    /* the alarm: at one o'clock */
        cmos    3, 0
        cmos    5, 1
        cmos    0xb, 0x22
        sti
4:      hlt
        cmpb    $0, rang
        je      4b
        cli
done:
        cmos_to 0, clock
        cmos_to 2, clock + 1
        cmos_to 4, clock + 2
        cmos_to 7, clock + 3
        cmos_to 8, clock + 4
        cmos_to 9, clock + 5
        mov     $log, %esi
        mov     $end - log, %ecx
        mov     $0xe9, %edx
        rep outsb
        write   0, GUEST_PORT_EXIT
5:      hlt
        jmp     5b

on_tick:
        push    AX
        push    BX
        mov     ticks, %ebx
        shl     $3, %ebx
        cmpl    $TICKS, ticks
        jae     1f
        mov     turns, %eax
#if GUEST_BITS == 16
        mov     %eax, log(%bx)
        mov     %sp, %bp
        mov     4(%bp), %ax
        mov     %ax, log + 4(%bx)
#elif GUEST_BITS == 32
        mov     %eax, log(%ebx)
        mov     8(%esp), %eax
        mov     %eax, log + 4(%ebx)
#else
        mov     %eax, log(%rbx)
        mov     16(%rsp), %eax
        mov     %eax, log + 4(%rbx)
#endif
1:      incl    ticks
        write   0x20, PIC
        pop     BX
        pop     AX
        RETURN

on_alarm:
        push    AX
        movb    $1, rang
        cmos_to 0xc, rang + 1
        write   0x20, PIC2
        write   0x20, PIC
        pop     AX
        RETURN

        .balign 4
ticks:  .long   0
turns:  .long   0
rang:   .word   0
        .balign 4
log:    .fill   8 * TICKS, 1, 0
clock:  .fill   6, 1, 0
end:
#if GUEST_BITS != 16
        .balign 16
table:
        .word   GATE_SIZE * 48 - 1
        .long   idt, 0
        .balign 16
idt:    .fill   GATE_SIZE * 48, 1, 0
#endif
        .balign 16
        .fill   1024, 1, 0
stack:
