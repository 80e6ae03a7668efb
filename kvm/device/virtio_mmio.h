/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_VIRTIO_MMIO_H
#define KVM_DEVICE_VIRTIO_MMIO_H

/*
 * A virtio device's registers in memory (virtio 1.2, 4.2), version 2, with one
 * queue. What kind of device it is, is beside that: kvm/device/virtio_block.h.
 *
 * struct virtio_mmio_state is all that the registers know. It may be copied to
 * save it and copied back; the functions on it are pure.
 */

#include <stdbool.h>
#include <stdint.h>

#include "kvm/device/virtqueue.h"

/* Bytes: registers of 32 bits, and behind them the device's own. */
enum { VIRTIO_MMIO_SIZE = 0x200, VIRTIO_MMIO_CONFIG = 0x100 };

/* Of the device status (2.1). */
enum {
    VIRTIO_ACKNOWLEDGE = 1,
    VIRTIO_DRIVER = 2,
    VIRTIO_DRIVER_OK = 4,
    VIRTIO_FEATURES_OK = 8,
    VIRTIO_NEEDS_RESET = 0x40,
    VIRTIO_FAILED = 0x80,
};

/* Reasons for the interrupt (4.2.2). */
enum { VIRTIO_USED = 1, VIRTIO_CONFIG = 2 };

#define VIRTIO_F_VERSION_1 (UINT64_C(1) << 32)

struct virtio_kind {
    uint32_t device;   /* 5: a block device's is 2 */
    uint64_t features; /* that are offered */
};

struct virtio_mmio_state {
    uint8_t status;
    uint8_t interrupt;                     /* reasons for one */
    uint32_t device_select, driver_select; /* which 32 features */
    uint64_t features;                     /* that the driver has taken */
    uint32_t queue_select;
    struct virtqueue queue; /* number 0 */
};

/* At an offset below VIRTIO_MMIO_CONFIG, a multiple of 4. */
uint32_t virtio_mmio_read(const struct virtio_mmio_state *s,
                          const struct virtio_kind *kind, unsigned offset);
/* True: the queue wants to be looked at. */
bool virtio_mmio_write(struct virtio_mmio_state *s,
                       const struct virtio_kind *kind, unsigned offset,
                       uint32_t value);
/* The driver has gone wrong: it has to reset the device (2.1.1). */
void virtio_mmio_fail(struct virtio_mmio_state *s);
/* May the queue be served? */
bool virtio_mmio_is_live(const struct virtio_mmio_state *s);

#endif
