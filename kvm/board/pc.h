/* SPDX-License-Identifier: MIT */
#ifndef KVM_BOARD_PC_H
#define KVM_BOARD_PC_H

/* Where things are on a PC: the one home of these numbers. */

#include <stdint.h>

/* Guest-physical addresses for devices and for KVM's own pages: no RAM. */
#define PC_HOLE_START UINT64_C(0xc0000000)
#define PC_HOLE_END   UINT64_C(0x100000000)

/* The I/O APIC (82093AA, 3.0). */
#define PC_IOAPIC UINT64_C(0xfec00000)

/* The registers of the virtio disk, where QEMU's microvm has its first such. */
#define PC_VIRTIO UINT64_C(0xfeb00000)

/* Its pins that are not of the line of the same number: 0 has the output of the
 * other controllers, 2 the timer (MultiProcessor Specification 1.4, 3.6.2.1).
 */
enum { PC_PIN_PIC = 0, PC_PIN_PIT = 2 };

/* The screen's memory: plain RAM, if the machine has any there. */
#define PC_VGA_START UINT64_C(0xa0000)
#define PC_VGA_END   UINT64_C(0xc0000)

/* The frame buffer, where Bochs has it; and its memory's size. */
#define PC_FRAME_BUFFER     UINT64_C(0xe0000000)
#define PC_FRAME_BUFFER_END UINT64_C(0xe1000000)

/* Interrupt lines, as ISA has them. */
enum {
    PC_IRQ_PIT = 0,
    PC_IRQ_KBC = 1,
    PC_IRQ_COM2 = 3,
    PC_IRQ_COM1 = 4,
    PC_IRQ_RTC = 8,
    PC_IRQ_SCI = 9, /* of ACPI, a level */
    PC_IRQ_ATA = 14,
    PC_IRQ_VIRTIO = 16 /* of the I/O APIC alone; a level */
};

/* Where a BIOS has the interrupts: the vectors of IRQ 0 and of IRQ 8. */
enum { PC_VECTOR_MASTER = 0x08, PC_VECTOR_SLAVE = 0x70 };

/* Ports, the first of each block. */
enum {
    PC_PIC_MASTER = 0x20,
    PC_PIT = 0x40,
    PC_KBC_DATA = 0x60,
    PC_SPEAKER = 0x61,
    PC_KBC_COMMAND = 0x64,
    PC_RTC = 0x70,
    PC_SYSTEM_CONTROL = 0x92,
    PC_PIC_SLAVE = 0xa0,
    PC_DEBUG_CONSOLE = 0xe9, /* as in Bochs and QEMU */
    PC_EXIT = 0xf4, /* a byte written here ends the guest with that status */
    PC_VBE = 0x1ce, /* as in Bochs and QEMU */
    PC_ATA_COMMAND = 0x1f0,
    PC_ATA_CONTROL = 0x3f6,
    PC_COM2 = 0x2f8,
    PC_VGA = 0x3c0,
    PC_VGA_CRTC = 0x3d4,
    PC_VGA_STATUS = 0x3da,
    PC_COM1 = 0x3f8,
    PC_FIRMWARE_CONSOLE = 0x402, /* as in Bochs and QEMU: where SeaBIOS
                                    tells what it does */
    PC_ELCR = 0x4d0,
    PC_PM_EVENT = 0x600, /* as in QEMU */
    PC_PM_CONTROL = 0x604,
    PC_PM_TIMER = 0x608,
    PC_RESET = 0xcf8, /* PCI's ports, */
    PC_RESET_CONTROL = 0xcf9,
    PC_DEBUG_PORT = 0x8a00, /* as in Bochs */
};

#endif
