/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_BOOT_BIOS_H
#define KVM_X86_64_BOOT_BIOS_H

/* What bios.S and firmware.c must agree on; numbers alone, for both languages.
 * struct facts of firmware.c is the other half. */

#define BIOS_SEGMENT   0xf000
#define BIOS_OFFSET    0xe000 /* where x86_bios is in it */
#define BIOS_VECTORS   256    /* with a halt each, at its beginning */
#define BIOS_HALT_SIZE 4

#define BIOS_VECTOR_VIDEO    0x10
#define BIOS_VECTOR_KEYBOARD 0x16

/* The CD's number, and how many sectors of a disk one of its has. */
#define BIOS_CD_DRIVE 0xe0
#define BIOS_CD_UNIT  4

#define BIOS_RANGES 8 /* of the memory map */

/* 80x25, a disk; the number of serial ports is added (int 0x11). */
#define BIOS_EQUIPMENT      0x0021
#define BIOS_EQUIPMENT_COMS 9 /* that number's first bit */
#define BIOS_TEXT_MODE      3
#define BIOS_COLUMNS        80
#define BIOS_LINES          25
#define BIOS_TEXT_GPA       0xb8000
#define BIOS_PAGE_SIZE      0x1000
#define BIOS_FONT_LINES     16
#define BIOS_CURSOR_SHAPE   0x0607

/* The frame buffer: its registers, its memory, and how much of that. */
#define BIOS_VBE_PORT         0x1ce
#define BIOS_VBE_FRAME_BUFFER 0xe0000000
#define BIOS_VBE_MEMORY       0x1000000

/* The data area: offsets in segment 0. */
#define BDA_COM1         0x400 /* ports of up to four serial ports */
#define BDA_EQUIPMENT    0x410
#define BDA_MEMORY_KIB   0x413
#define BDA_SHIFT        0x417
#define BDA_KEYS_HEAD    0x41a
#define BDA_KEYS_TAIL    0x41c
#define BDA_MODE         0x449
#define BDA_COLUMNS      0x44a
#define BDA_PAGE_SIZE    0x44c
#define BDA_PAGE_START   0x44e
#define BDA_CURSOR       0x450 /* of each page */
#define BDA_CURSOR_SHAPE 0x460
#define BDA_PAGE         0x462
#define BDA_CRTC         0x463
#define BDA_TICKS        0x46c
#define BDA_MIDNIGHT     0x470
#define BDA_HARD_DISKS   0x475
#define BDA_COM_TIMEOUTS 0x47c /* of each */
#define BDA_KEYS_START   0x480
#define BDA_KEYS_END     0x482
#define BDA_LAST_ROW     0x484
#define BDA_FONT_LINES   0x485
#define BDA_KEYBOARD     0x496

/* The ring of keys, as offsets in segment 0x40; an enhanced keyboard. */
#define BIOS_KEYS_START 0x1e
#define BIOS_KEYS_END   0x3e
#define BIOS_KEYBOARD   0x10

#endif
