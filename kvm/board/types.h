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
#include "kvm/device/kbc.h"
#include "kvm/device/pic.h"
#include "kvm/device/pit.h"
#include "kvm/device/rtc.h"
#include "kvm/device/serial.h"

/* It must not move once it is initialized: the bus points into it. */
struct board {
    struct bus bus;
    struct machine_clock clock;
    struct pic pic;
    struct pit pit;
    struct rtc rtc;
    atomic_bool touched; /* deadline may be another one now */
    uint64_t deadline;   /* of board_deadline(), by the CPU's owner */
    void (*interrupt)(void *cpu);
    void *cpu;
    struct console_sink console; /* of com1 and the debug console */
    struct serial com1;
    struct kbc kbc;
    struct disk disk; /* none until board_attach_disk() */
    struct ata ata;
    atomic_int end_code; /* the status that the guest ended with, or -1 */
};

#endif
