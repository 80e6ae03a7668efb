/* SPDX-License-Identifier: MIT */
/*
 * Accesses of every kind to watched data, one after the other. Each ends at a
 * label of its own: that is where a watchpoint stops. What lies beside the
 * watched data is used all the time, and must stay right.
 *
 * Runs wherever kernel-mode code does: general registers only.
 */
#include "guests/include/guest.h"

        GUEST_CODE

/* An instruction, and the label behind it. */
        .macro  access after, insn:vararg
        \insn
        .globl  \after
\after:
        .endm

/* Where a test takes stock. */
        .macro  part name
        .globl  \name
\name:
        nop
        .endm

        .globl  _start, cell, beside, copy, line, stack, counter, first_page
        .globl  edge, status, pages, cells, rounds
_start:
        mov     $stack, %esp
        cld

part sizes
        movl    $0x11111111, beside
        access  stored_byte,   movb $0xb1, cell + 1
        access  stored_word,   movw $0xc3c2, cell + 2
        movl    $0x22222222, cell - 4
        access  stored_long,   movl $0xd4d3d2d1, cell
        movl    $0x33333333, cell + 4
        access  stored_before, movl $0xe4e3e2e1, cell - 2
        access  stored_behind, movl $0xf4f3f2f1, cell + 3
#if GUEST_BITS == 64
        mov     $0x0807060504030201, %rax
        access  stored_quad,   mov %rax, cell - 4
#else
        mov     $0x04030201, %eax
        access  stored_quad,   mov %eax, cell
#endif
        movl    $0x44444444, beside

part both_ways
        access  given,         movl $5, cell
        movl    $7, beside
        mov     $3, %eax
        access  increased,     incl cell
        access  added,         lock addl $10, cell
        access  exchanged,     xchg %eax, cell          /* eax 16 */
        access  swapped,       lock xaddl %eax, cell    /* eax 3, cell 19 */
        lock    addl %eax, beside                       /* 10 */
        mov     $19, %eax
        mov     $23, %ecx
        access  compared,      lock cmpxchgl %ecx, cell
        access  not_equal,     lock cmpxchgl %edx, cell /* eax 23, cell stays */
        access  negated,       negl cell
        access  bit_set,       lock btsl $3, cell       /* is set: stays */
        access  shifted,       shll $4, cell
        xchg    %eax, beside                            /* 23, eax 10 */

part reading
        movl    $0x88776655, cell
        movl    $1, beside
        mov     beside, %eax
        access  loaded,        mov cell, %eax
        mov     cell + 4, %ebx
        access  loaded_byte,   movb cell + 3, %bl
        mov     cell - 4, %ecx
        access  loaded_around, mov cell - 2, %ecx
        access  tested,        testl $1, cell
        access  used,          add cell, %eax
        movl    $2, cell                                /* a write */
        incl    beside

part stacking
        mov     $0x5a, %ax
        access  pushed,        push %ax
        access  popped,        pop %dx
        call    called
        .globl  called, back
back:
        jmp     stringing
called:
        nop
        ret

part stringing
        movl    $0, copy
        movl    $0, copy + 4
        mov     $line, %esi
        mov     $copy, %edi
        mov     $line_size, %ecx
        .globl  moving_at, filling_at, filling_longs_at, read_device_at
moving_at:
        access  moving,        rep movsb
        mov     $copy, %edi
        mov     $0x2a, %al
        mov     $line_size, %ecx
filling_at:
        access  filling,       rep stosb
        mov     $copy - 4, %edi
        mov     $0x7e7e7e7e, %eax
        mov     $8, %ecx
filling_longs_at:
        access  filling_longs, rep stosl
        mov     $copy, %esi
        mov     $0, %eax
        lodsb
        mov     %eax, beside

part crossing
        access  crossed,       movl $0x0d0c0b0a, edge - 2
        access  crossed_back,  movl $0, edge - 3
        movl    $9, edge + 4
        movl    $9, edge - 8

part reading_device
        mov     $GUEST_PORT_SERIAL_LSR, %dx
        mov     $status, %edi
        mov     $3, %ecx
read_device_at:
        access  read_device,   rep insb

part counting
        movl    $0, counter
        mov     $1000, %ecx
1:      incl    counter
        lock    addl $2, rounds
        dec     %ecx
        jnz     1b
        access  counted,       movl $1, cell
        nop

/* A word of each of 20 pages; real mode has no room for real ones. */
#if GUEST_BITS == 16
        .set    PAGE, 1024
#else
        .set    PAGE, 4096
#endif
part paging
        mov     $20, %ecx
        mov     $0, %edi
1:      access  paged,         incl pages(%edi)
        add     $PAGE, %edi
        dec     %ecx
        jnz     1b

/* Every eighth of a thousand words. */
part scattering
        mov     $0, %edi
1:      access  scattered,     incl cells(%edi)
        add     $32, %edi
        cmp     $4000, %edi
        jb      1b

#if GUEST_BITS != 16
/* A mebibyte: both its ends, and both sides of them. */
part ranging
        movl    $1, mega - 4
        access  low_end,       movl $1, mega
        access  within,        movb $1, mega + 0x80003
        access  high_end,      movb $1, mega + 0xfffff
        movl    $1, mega + 0x100000
#endif

part ending
        mov     $0, %al
        out     %al, $GUEST_PORT_EXIT
        hlt

#if GUEST_BITS != 64
/* Entered by hand. Many values at once, on a stack beside what is watched, to
 * which it comes from elsewhere. */
part piling
        mov     $stack, %esp
        push    %eax
        pop     %eax
        mov     $0x1a1, %eax
        mov     $0x1c1, %ecx
        mov     $0x1d1, %edx
        mov     $0x1b1, %ebx
        mov     $0x1b2, %ebp
        mov     $0x151, %esi
        mov     $0x1d2, %edi
        pusha
        xor     %eax, %eax
        mov     %eax, %ecx
        mov     %eax, %edx
        mov     %eax, %ebx
        mov     %eax, %ebp
        mov     %eax, %esi
        mov     %eax, %edi
        popa
        push    %cs
        push    $1f
        lret
1:      nop
        .globl  piled
piled:
        nop
#endif

#if GUEST_BITS != 16
/* By hand, too. What the CPU stores and reads itself: descriptors. */
part describing
        access  table_stored,  sgdt table
        mov     table + 2, %esi
        mov     $descriptors, %edi
        mov     $16, %ecx
        rep movsl
        movl    $descriptors, table + 2
        access  table_loaded,  lgdt table
        mov     %ds, %eax
        mov     %eax, %ds
        .globl  described
described:
        nop
#endif

#if GUEST_BITS == 64
/* And by hand. The tables that map all this have free entries. */
part tabling
        mov     %cr3, %rdi
        mov     16(%rdi), %rax
        movl    $0xe00, 16(%rdi)        /* ignored: not present */
        access  tabled_low,    movl $0xa00, 4088(%rdi)
        mov     4088(%rdi), %rax
        access  tabled_high,   movw $0x0e0e, 4093(%rdi)
        nop
        .globl  after_tables
after_tables:
        nop

/* Not every KVM can. 16 bytes at once, then 8 of them. */
part vectors
        mov     %cr0, %rax
        and     $~0xc, %rax             /* TS, EM; SDM 3A 13.1 */
        mov     %rax, %cr0
        mov     %cr4, %rax
        or      $0x600, %rax            /* OSFXSR, OSXMMEXCPT */
        mov     %rax, %cr4
        .globl  after_vectors
        movups  line, %xmm0
        movups  %xmm0, copy
        movups  %xmm0, cell + 4
        access  stored_vector, movups %xmm0, cell - 12
        movups  %xmm0, copy + 16
        access  loaded_vector, movups cell - 8, %xmm1
        movups  %xmm1, copy
        access  stored_low,    movlps %xmm0, cell - 4
        movlps  %xmm0, copy + 16
        nop
after_vectors:
        nop
#endif

        .globl  line_size
line:   .ascii  "watched pots boil"
        .set    line_size, . - line

        .bss
        .balign 4096
first_page:
        .skip   64
cell:   .skip   8
beside: .skip   8
counter: .skip  8
rounds: .skip   8
        .skip   32
copy:   .skip   32
status: .skip   8
descriptors:
        .skip   64
        .skip   1
        .globl  table
table:  .skip   15
        .skip   1024
stack:  .skip   64

        .balign 4096
edge:   .skip   64
cells:  .skip   4000

        .balign 4096
pages:
        .skip   20 * PAGE
#if GUEST_BITS != 16
        .globl  mega
        .skip   4096
mega:   .skip   0x100000
        .skip   4096
#endif
