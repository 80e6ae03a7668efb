/* SPDX-License-Identifier: MIT */
#ifndef GUESTS_INCLUDE_GUEST_H
#define GUESTS_INCLUDE_GUEST_H

/*
 * What an example guest may count on: four I/O ports, a PC's interrupt
 * controllers, APICs, timer and clock, ACPI and, if it has one, an ATA disk at
 * 0x1f0.
 * Nothing is set up, and there is no interrupt table; a BIOS, whose timer
 * ticks, in boot sectors only.
 *
 *   0x3f8  COM1, a 16550 whose transmitter is always ready
 *   0xe9   debug console of Bochs and QEMU: a byte written is shown
 *   0xf4   exit: the byte written becomes the exit status of kvmgdbstub
 *          (QEMU's isa-debug-exit sits at the same port, but exits with
 *          2 * value + 1)
 *   0x8a00 the word 0x8ae0 written there is a stop in the debugger (as in
 *          Bochs, after a 0x8a00)
 *
 * The numbers are for assembly too; the functions come from x86_64/start.S
 * and x86_64/console.c.
 */

#define GUEST_PORT_SERIAL     0x3f8
#define GUEST_PORT_SERIAL_LSR 0x3fd /* line status; bit 5: may send */
#define GUEST_PORT_DEBUG      0xe9
#define GUEST_PORT_EXIT       0xf4
#define GUEST_PORT_DEBUGGER   0x8a00

#define GUEST_LSR_THRE      0x20
#define GUEST_DEBUGGER_STOP 0x8ae0

#ifndef __ASSEMBLER__

/* Called by start.S; what it returns is the exit status. */
int main(void);

/* All go to the serial port; '\n' is sent as it is. */
void guest_print(const char *text);
void guest_print_number(unsigned long number);
void guest_print_hex(unsigned long long number);

#endif

#endif
