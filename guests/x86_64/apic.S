/* SPDX-License-Identifier: MIT */
/*
 * The local APIC and the I/O APIC, without the older interrupt controllers:
 * looks at what CPUID says and what is there, sends itself interrupts and an
 * NMI, lets its timer interrupt it once and then every 5 ms, and routes the
 * PC's timer (an edge, pin 2) and the serial port (a level, pin 4). Exits with
 * the number of interrupts.
 */
#include "guests/include/guest.h"

        .set    APIC, 0xfee00000        /* and offsets of its registers */
        .set    ID, 0x20
        .set    VERSION, 0x30
        .set    TPR, 0x80
        .set    EOI, 0xb0
        .set    SVR, 0xf0
        .set    ICR, 0x300
        .set    TIMER, 0x320
        .set    INITIAL, 0x380
        .set    DIVIDE, 0x3e0
        .set    IOAPIC, 0xfec00000      /* the index; 0x10: its window */
        .set    PIN, 0x10               /* the entry of pin 0, two each */
        .set    MASKED, 0x10000
        .set    LEVEL, 0x8000
        .set    TO_SELF, 0x40000
        .set    PIT, 0x40
        .set    COM1, 0x3f8

        .set    LOW_VECTOR, 0x41        /* of the messages to itself */
        .set    HIGH_VECTOR, 0x61
        .set    TIMER_VECTOR, 0x51
        .set    PIT_VECTOR, 0x52
        .set    SERIAL_VECTOR, 0x53
        .set    SPURIOUS, 0xff

#if GUEST_BITS == 64
#define AX %rax
#define BX %rbx
#define DX %rdx
#else
#define AX %eax
#define BX %ebx
#define DX %edx
#endif
#define GATE_SIZE (GUEST_BITS / 4)

        .macro  gate vector, handler
        mov     $\handler, %eax
        mov     %ax, idt + GATE_SIZE * \vector
        movw    $0x08, idt + GATE_SIZE * \vector + 2
        movw    $0x8e00, idt + GATE_SIZE * \vector + 4
        shr     $16, %eax
        mov     %ax, idt + GATE_SIZE * \vector + 6
        .endm

        .macro  apic_write register, value
        mov     $APIC, %ebx
        movl    $\value, \register(BX)
        .endm

        .macro  apic_read register, variable
        mov     $APIC, %ebx
        mov     \register(BX), %eax
        mov     %eax, \variable
        .endm

        .macro  ioapic_write index, value
        mov     $IOAPIC, %ebx
        movl    $\index, (BX)
        movl    $\value, 0x10(BX)
        .endm

        .macro  ioapic_read index, variable
        mov     $IOAPIC, %ebx
        movl    $\index, (BX)
        mov     0x10(BX), %eax
        mov     %eax, \variable
        .endm

        /* In HLT until counter is n, interrupts are off then: one that comes
         * before the HLT is not missed, for sti holds it off. */
        .macro  wait_for n, counter, halt
        .globl  \halt, \halt\()_loop
\halt\()_loop:
1:      cli
        cmpl    $\n, \counter
        jae     2f
        sti
\halt:  hlt
        jmp     1b
2:
        .endm

        /* In a loop; a KVM that emulates may be late. */
        .macro  spin_for n, counter
1:      cmpl    $\n, \counter
        jb      1b
        .endm

        GUEST_CODE
        .globl  _start, looked, sent_two, held, spin, send_nmi, again, all
_start:
        cli
        mov     $stack, %esp
        gate    2, on_nmi
        gate    LOW_VECTOR, on_low
        gate    HIGH_VECTOR, on_high
        gate    TIMER_VECTOR, on_timer
        gate    PIT_VECTOR, on_pit
        gate    SERIAL_VECTOR, on_serial
        gate    SPURIOUS, on_spurious
        lidt    table

        mov     $1, %eax
        cpuid
        mov     %ebx, cpuid_ebx
        mov     %ecx, cpuid_ecx
        mov     %edx, cpuid_edx
        mov     $0x40000000, %eax
        cpuid
        mov     %ebx, kvm_name
        mov     %eax, kvm_last
        mov     $0x40000001, %eax
        cpuid
        mov     %eax, kvm_features
        mov     $0x1b, %ecx
        rdmsr
        mov     %eax, apic_base
        apic_read ID, apic_id
        apic_read VERSION, apic_version
        apic_read ICR, apic_icr
        ioapic_read 1, ioapic_version
looked:

        /* Two to itself with interrupts off: the higher one comes first. */
        apic_write SVR, 0x100 | SPURIOUS
        apic_write ICR, TO_SELF | LOW_VECTOR
        apic_write ICR, TO_SELF | HIGH_VECTOR
sent_two:
        sti
        spin_for 1, lows

        /* The priority of the CPU holds the lower one off. */
        apic_write TPR, 0x50
        apic_write ICR, TO_SELF | LOW_VECTOR
        apic_write ICR, TO_SELF | HIGH_VECTOR
        spin_for 2, highs
held:
#if GUEST_BITS == 64
        mov     %cr8, %rax              /* the same priority */
        mov     %eax, cr8
        xor     %eax, %eax
        mov     %rax, %cr8
#else
        apic_write TPR, 0
#endif
        spin_for 2, lows
        apic_read TPR, apic_tpr

        /* The timer, once after 10 ms: its clock has 1 GHz. */
        cli
        apic_write DIVIDE, 0xb
        apic_write TIMER, TIMER_VECTOR
        apic_write INITIAL, 10000000
        wait_for 1, timers, idle_once

        /* And every 5 ms. */
        apic_write TIMER, 0x20000 | TIMER_VECTOR
        apic_write INITIAL, 5000000
        wait_for 4, timers, idle_period
        mov     timers, %edx
        add     $4, %edx
        sti
spin:
        incl    turns
        cmp     %edx, timers
        jb      spin
        cli
        apic_write INITIAL, 0

        /* The PC's timer, at 100 Hz. Its first edge, as it is set up, is lost. */
        mov     $0x34, %al
        out     %al, $PIT + 3
        mov     $(11932 & 0xff), %al
        out     %al, $PIT
        mov     $(11932 >> 8), %al
        out     %al, $PIT
        ioapic_write (PIN + 2 * 2), PIT_VECTOR
        wait_for 3, pits, idle_pit
        ioapic_write (PIN + 2 * 2), MASKED

        /* The serial port: its transmitter is empty. */
        ioapic_write (PIN + 2 * 4), (LEVEL | SERIAL_VECTOR)
        mov     $COM1 + 1, %edx
        mov     $2, %al
        out     %al, %dx
        wait_for 1, serials, idle_serial
        ioapic_read (PIN + 2 * 4), after_serial

        mov     $APIC, %ebx
send_nmi:
        movl    $0x400, ICR(BX)         /* for the APIC of ID 0 */
        spin_for 1, nmis
#if GUEST_BITS == 64                    /* the other one ends without iret */
again:  movl    $0x400, ICR(BX)
        spin_for 2, nmis
#endif

        /* Switched off it is not there, and CPUID says so; switched on it is as
         * at power-on. */
        mov     $0x1b, %ecx
        rdmsr
        and     $~0x800, %eax
        wrmsr
        mov     $1, %eax
        cpuid
        mov     %edx, off_edx
        apic_read VERSION, off_version
        mov     $0x1b, %ecx
        rdmsr
        or      $0x800, %eax
        wrmsr
        apic_read VERSION, on_version
        apic_read SVR, on_svr
        mov     lows, %eax
        add     highs, %eax
        add     timers, %eax
        add     pits, %eax
        add     serials, %eax
        add     nmis, %eax
        add     spurious, %eax
all:
        out     %al, $GUEST_PORT_EXIT
1:      hlt
        jmp     1b

        .macro  end_handler
#if GUEST_BITS == 64
        pop     %rbx
        pop     %rdx
        pop     %rax
        iretq
#else
        pop     %ebx
        pop     %edx
        pop     %eax
        iret
#endif
        .endm

        .macro  handler name, counter
        .globl  \name
\name:
        push    AX
        push    DX
        push    BX
        incl    \counter
        .endm

        handler on_low, lows
        mov     highs, %eax
        mov     %eax, highs_before_low
        apic_write EOI, 0
        end_handler

        handler on_high, highs
        mov     lows, %eax
        mov     %eax, lows_before_high
        apic_write EOI, 0
        end_handler

        handler on_timer, timers
        apic_write EOI, 0
        end_handler

        handler on_pit, pits
        apic_write EOI, 0
        end_handler

        handler on_serial, serials
        ioapic_read (PIN + 2 * 4), in_serial
        mov     $COM1 + 2, %edx
        in      %dx, %al                /* which interrupt: it is not any more */
        apic_write EOI, 0
        end_handler

        handler on_nmi, nmis
        end_handler

        handler on_spurious, spurious
        end_handler

        .balign 4
        .irp    name, cpuid_ebx, cpuid_ecx, cpuid_edx, kvm_name, kvm_last, \
                kvm_features, apic_base, apic_id, apic_version, apic_icr, \
                apic_tpr, ioapic_version, cr8, lows, highs, \
                highs_before_low, lows_before_high, timers, turns, pits, \
                serials, in_serial, after_serial, nmis, spurious, off_edx, \
                off_version, on_version, on_svr
        .globl  \name
\name:  .long   0
        .endr

        .balign 16
table:
        .word   GATE_SIZE * 256 - 1
        .long   idt, 0
        .balign 16
idt:    .fill   GATE_SIZE * 256, 1, 0
        .balign 16
        .fill   1024, 1, 0
stack:
