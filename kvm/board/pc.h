/* SPDX-License-Identifier: MIT */
#ifndef KVM_BOARD_PC_H
#define KVM_BOARD_PC_H

/* Where things are on a PC: the one home of these numbers. */

#include <stdint.h>

/* Guest-physical addresses for devices and for KVM's own pages: no RAM. */
#define PC_HOLE_START UINT64_C(0xc0000000)
#define PC_HOLE_END   UINT64_C(0x100000000)

/* Interrupt lines, as ISA has them. */
enum { PC_IRQ_KBC = 1, PC_IRQ_COM1 = 4, PC_IRQ_ATA = 14 };

/* Ports, the first of each block. */
enum {
    PC_KBC_DATA = 0x60,
    PC_KBC_COMMAND = 0x64,
    PC_SYSTEM_CONTROL = 0x92,
    PC_DEBUG_CONSOLE = 0xe9, /* as in Bochs and QEMU */
    PC_EXIT = 0xf4, /* a byte written here ends the guest with that status */
    PC_ATA_COMMAND = 0x1f0,
    PC_ATA_CONTROL = 0x3f6,
    PC_COM1 = 0x3f8,
};

#endif
