/* SPDX-License-Identifier: MIT */
/*
 * What a hobby kernel is after some weeks: segments, handlers, two interrupt
 * controllers, a timer of 100 Hz, a keyboard, text on a screen, 32-bit paging
 * with a page that is only there when it is used, and a program in ring 3 with
 * three system calls. The program shows what is typed in capitals, until q, and
 * ends the machine with the number of letters.
 */
#include <stdint.h>

#include "guests/include/guest.h"

enum { PAGE = 4096, PRESENT = 1, WRITABLE = 2, USER = 4 };
enum { KERNEL_CODE = 0x08, TSS_SELECTOR = 0x28, SYSTEM_CALL = 0x80 };
enum { PAGE_FAULT = 14, IRQ_BASE = 0x20, IRQ_TIMER = 0x20, IRQ_KEY = 0x21 };
enum { CALL_KEY = 1, CALL_SHOW = 2, CALL_EXIT = 3 };
enum { HEAP = 0x40000000, COLUMNS = 80, STRAY = 99 };

/* kernel32.S */
struct table_register {
    uint16_t limit;
    uint32_t base;
} __attribute__((packed));

extern char entries[], stack_top[];
void load_tables(const struct table_register *gdt,
                 const struct table_register *idt, unsigned tss);
void turn_on_paging(const uint32_t *directory);
void enter_user(void (*code)(void), void *stack);
void wait_for_interrupt(void);

struct frame {
    uint32_t ds, edi, esi, ebp, unused, ebx, edx, ecx, eax;
    uint32_t vector, code, eip, cs, eflags, esp, ss;
};

static uint64_t gdt[6], idt[256];
static struct {
    uint32_t link, esp0, ss0, rest[23];
} tss;
static uint32_t directory[1024] __attribute__((aligned(4096)));
static uint32_t low_table[1024] __attribute__((aligned(4096)));
static uint32_t heap_table[1024] __attribute__((aligned(4096)));
static uint8_t heap_page[PAGE] __attribute__((aligned(4096)));
static uint8_t user_stack[PAGE] __attribute__((aligned(4096)));

volatile unsigned ticks;
static volatile char typed[16]; /* keys n_taken to n_typed */
static volatile unsigned n_typed, n_taken;
static unsigned cursor;

static void out(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static uint8_t in(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static void end(uint8_t status)
{
    out(GUEST_PORT_EXIT, status);
    for (;;)
        __asm__ volatile("cli; hlt");
}

/* --- screen --- */

static void show(char c)
{
    volatile uint16_t *screen = (volatile uint16_t *)0xb8000;
    const char text[] = {c, '\0'};

    screen[cursor++ % (COLUMNS * 25)] = (uint16_t)(0x0700 | (uint8_t)c);
    guest_print(text);
}

static void show_text(const char *text)
{
    while (*text)
        show(*text++);
}

/* --- segments and handlers: Intel SDM 3A 3.4.5, 6.11, 7.2.2 --- */

static void set_gate(unsigned vector, unsigned dpl)
{
    uint32_t at = (uint32_t)(entries + 16 * vector);

    idt[vector] = (uint64_t)(at >> 16) << 48 |
                  (uint64_t)(0x8e | dpl << 5) << 40 |
                  (uint64_t)KERNEL_CODE << 16 | (at & 0xffff);
}

static void set_up_tables(void)
{
    uint32_t base = (uint32_t)&tss;
    const struct table_register gdtr = {sizeof gdt - 1, (uint32_t)gdt};
    const struct table_register idtr = {sizeof idt - 1, (uint32_t)idt};

    gdt[1] = 0x00cf9a000000ffff;
    gdt[2] = 0x00cf92000000ffff;
    gdt[3] = 0x00cffa000000ffff;
    gdt[4] = 0x00cff2000000ffff;
    gdt[5] = (uint64_t)(base >> 24) << 56 | UINT64_C(0x89) << 40 |
             (uint64_t)(base & 0xffffff) << 16 | (sizeof tss - 1);
    tss.ss0 = 0x10;
    tss.esp0 = (uint32_t)stack_top;
    for (unsigned v = 0; v < 256; v++)
        set_gate(v, v == SYSTEM_CALL ? 3 : 0);
    load_tables(&gdtr, &idtr, TSS_SELECTOR);
}

/* --- 8259A and 8254, as their data sheets have it --- */

static void set_up_interrupts(void)
{
    const uint16_t divisor = 11932; /* 100 Hz */

    out(0x20, 0x11);
    out(0xa0, 0x11);
    out(0x21, IRQ_BASE);
    out(0xa1, IRQ_BASE + 8);
    out(0x21, 4);
    out(0xa1, 2);
    out(0x21, 1);
    out(0xa1, 1);
    out(0x21, 0xfc); /* timer and keyboard */
    out(0xa1, 0xff);
    out(0x43, 0x34);
    out(0x40, divisor & 0xff);
    out(0x40, divisor >> 8);
}

/* --- paging: Intel SDM 3A 4.3 --- */

static void give_to_user(uint32_t from, uint32_t to)
{
    for (uint32_t at = from; at < to; at += PAGE)
        low_table[at / PAGE] |= USER;
}

void user_main(void);
void user_end(void);

/* The first 4 MiB at their own addresses, and once more at 0xc0000000. */
static void set_up_paging(void)
{
    for (unsigned i = 0; i < 1024; i++)
        low_table[i] = i * PAGE | PRESENT | WRITABLE;
    give_to_user((uint32_t)user_main, (uint32_t)user_end);
    give_to_user((uint32_t)user_stack, (uint32_t)user_stack + PAGE);
    directory[0] = (uint32_t)low_table | PRESENT | WRITABLE | USER;
    directory[0xc0000000 >> 22] = (uint32_t)low_table | PRESENT | WRITABLE;
    directory[HEAP >> 22] = (uint32_t)heap_table | PRESENT | WRITABLE | USER;
    turn_on_paging(directory);
}

/* --- handlers --- */

void on_tick(void)
{
    ticks++;
}

/* Scan code set 1, from q and from a on. */
void on_key(uint32_t code)
{
    static const char rows[] = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0qwertyuiop"
                               "\0\0\0\0asdfghjkl\0\0\0\0\0zxcvbnm";

    if (code < sizeof rows - 1 && rows[code])
        typed[n_typed++ % sizeof typed] = rows[code];
}

void on_page_fault(uint32_t address, uint32_t code)
{
    if (address / PAGE != HEAP / PAGE || code & PRESENT) {
        show_text("page fault");
        end(STRAY);
    }
    heap_table[0] = (uint32_t)heap_page | PRESENT | WRITABLE | USER;
}

static char next_key(void)
{
    while (n_taken == n_typed)
        wait_for_interrupt();
    return typed[n_taken++ % sizeof typed];
}

uint32_t on_call(uint32_t number, uint32_t argument)
{
    switch (number) {
    case CALL_KEY:
        return (uint8_t)next_key();
    case CALL_SHOW:
        show((char)argument);
        return 0;
    default:
        end((uint8_t)argument);
        return 0;
    }
}

static uint32_t fault_address(void)
{
    uint32_t cr2;

    __asm__ volatile("mov %%cr2, %0" : "=r"(cr2));
    return cr2;
}

void on_interrupt(struct frame *frame)
{
    switch (frame->vector) {
    case IRQ_TIMER:
        on_tick();
        break;
    case IRQ_KEY:
        on_key(in(0x60));
        break;
    case PAGE_FAULT:
        on_page_fault(fault_address(), frame->code);
        return;
    case SYSTEM_CALL:
        frame->eax = on_call(frame->eax, frame->ebx);
        return;
    default:
        show_text("exception");
        end(STRAY);
    }
    out(0x20, 0x20);
}

int kernel_main(void)
{
    set_up_tables();
    set_up_interrupts();
    show_text("tables, timer, keyboard; ");
    set_up_paging();
    show_text("paging; ring 3: ");
    enter_user(user_main, user_stack + PAGE);
    return 0;
}

/* --- the program in ring 3, in pages of its own --- */

#define IN_USER_PAGES __attribute__((section(".text.user"), noinline))

__attribute__((aligned(4096))) IN_USER_PAGES void user_main(void);
__attribute__((aligned(4096))) IN_USER_PAGES void user_end(void);

static inline __attribute__((always_inline)) uint32_t call(uint32_t number,
                                                           uint32_t argument)
{
    __asm__ volatile("int $0x80" : "+a"(number) : "b"(argument) : "memory");
    return number;
}

void user_main(void)
{
    volatile unsigned *letters = (volatile unsigned *)HEAP;
    uint32_t key;

    while ((key = call(CALL_KEY, 0)) != 'q') {
        call(CALL_SHOW, key - ('a' - 'A'));
        ++*letters;
    }
    call(CALL_EXIT, *letters);
}

void user_end(void)
{
}
