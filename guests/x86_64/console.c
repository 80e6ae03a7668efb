/* SPDX-License-Identifier: MIT */
/* The serial port as C guests see it: polled, no interrupts. */
#include "guests/include/guest.h"

static unsigned char port_in(unsigned short port)
{
    unsigned char value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static void port_out(unsigned short port, unsigned char value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static void put(char c)
{
    while (!(port_in(GUEST_PORT_SERIAL_LSR) & GUEST_LSR_THRE))
        ;
    port_out(GUEST_PORT_SERIAL, (unsigned char)c);
}

void guest_print(const char *text)
{
    while (*text)
        put(*text++);
}

void guest_print_number(unsigned long number)
{
    if (number >= 10)
        guest_print_number(number / 10);
    put((char)('0' + number % 10));
}

/* As C writes it. */
void guest_print_hex(unsigned long long number)
{
    int shift = 60;

    while (shift && !(number >> shift))
        shift -= 4;
    guest_print("0x");
    for (; shift >= 0; shift -= 4)
        put("0123456789abcdef"[number >> shift & 0xf]);
}
