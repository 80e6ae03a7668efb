/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_KBC_H
#define KVM_DEVICE_KBC_H

/*
 * The keyboard controller (Intel 8042) without a keyboard, and the port 0x92
 * of the PS/2: what boot code waits for and writes to when it turns on address
 * line 20. That line is always on, whatever is written. The interrupt, if it is
 * enabled, is that of a full output buffer.
 *
 * Both can reset the machine. Here that ends the guest, as a 0 written to
 * the exit port does (kvm/board/pc.h): the debugger can begin anew, and a guest
 * that means to reboot when it is done is done.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "kvm/device/device.h"

/* Blocks, of one port each; a PC has them at 0x60, 0x64 and 0x92. */
enum { KBC_DATA, KBC_COMMAND, KBC_SYSTEM_CONTROL, KBC_BLOCKS };

struct kbc {
    pthread_mutex_t lock;
    struct irq_line *irq;
    atomic_int *end_code; /* takes a 0 for a reset */
    uint8_t status;
    uint8_t output;      /* what port 0x60 reads as */
    uint8_t output_port; /* whose bits 0 and 1 are reset and line 20 */
    uint8_t config;      /* the command byte */
    uint8_t *wanted_by;  /* where the next byte to port 0x60 goes, or NULL */
};

/* Its device is a struct kbc. */
extern const struct device_kind kbc_kind;

/* end_code is borrowed. */
void kbc_init(struct kbc *kbc, atomic_int *end_code);

#endif
