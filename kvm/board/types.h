/* SPDX-License-Identifier: MIT */
#ifndef KVM_BOARD_TYPES_H
#define KVM_BOARD_TYPES_H

/*
 * The devices of a machine and what connects them, as data. Types alone: what
 * is done with them is in kvm/board/board.h.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "kvm/core/clock.h"
#include "kvm/device/ata.h"
#include "kvm/device/bus.h"
#include "kvm/device/disk.h"
#include "kvm/device/dma.h"
#include "kvm/device/guest_end.h"
#include "kvm/device/ioapic.h"
#include "kvm/device/kbc.h"
#include "kvm/device/lapic.h"
#include "kvm/device/pic.h"
#include "kvm/device/pit.h"
#include "kvm/device/pm.h"
#include "kvm/device/reset.h"
#include "kvm/device/rtc.h"
#include "kvm/device/serial.h"
#include "kvm/device/vbe.h"
#include "kvm/device/vga.h"
#include "kvm/device/virtio_block.h"

enum { BOARD_MAX_CPUS = 64, BOARD_SERIAL_PORTS = 2 };

/* What a CPU has of the board for itself. */
struct board_cpu {
    struct board *board;
    struct lapic lapic;
    void (*interrupt)(void *cpu); /* NULL: nobody is told */
    void *cpu;
    /* Of board_deadline(), by the CPU's owner. */
    unsigned seen; /* changes that it knows of */
    uint64_t deadline;
};

/* It must not move once it is initialized: the bus points into it. */
struct board {
    struct bus bus;
    struct machine_clock clock;
    struct pic pic;
    struct pit pit;
    struct rtc rtc;
    struct pm pm;
    struct ioapic ioapic;
    atomic_uint changes; /* of chips: a deadline may be another one now */
    unsigned n_cpus;
    struct board_cpu of_cpu[BOARD_MAX_CPUS];
    struct console_sink console; /* of the debug console */
    struct serial com[BOARD_SERIAL_PORTS];
    bool has_com[BOARD_SERIAL_PORTS];
    atomic_bool expects_input[BOARD_SERIAL_PORTS]; /* more may come to it at any
                                                      time */
    bool expects_keys; /* to be typed: fixed once a vCPU runs */
    struct kbc kbc;
    uint8_t shifts; /* that board_keysym() holds: left and right */
    struct vga vga;
    struct vbe vbe;
    struct disk disk; /* none until board_attach_disk() */
    bool has_cd;      /* that is a CD to the firmware; before a vCPU runs */
    struct ata ata;
    struct dma dma;
    struct virtio_block virtio;
    struct reset reset;
    atomic_int end_code; /* enum guest_end */
};

enum { BOARD_SCREEN_COLUMNS = 132, BOARD_SCREEN_ROWS = 60 };

/* What is on a screen of text: UTF-8, a line for each row, no blanks at the
 * end. */
struct screen_text {
    char text[BOARD_SCREEN_ROWS * (3 * BOARD_SCREEN_COLUMNS + 1)];
    size_t n;    /* bytes */
    size_t used; /* up to the last row that is not empty */
};

#endif
