/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_VIRTIO_BLOCK_H
#define KVM_DEVICE_VIRTIO_BLOCK_H

/*
 * A disk as a virtio block device (virtio 1.2, 5.2) with registers in memory.
 * A request is done when the driver tells of it: what it says of its buffers is
 * checked, and a mistake in there makes the device want a reset. One for
 * sectors that there are not fails.
 *
 * The functions on struct virtio_mmio_state with a disk are its step; struct
 * virtio_block is the device.
 */

#include "kvm/device/chip.h"
#include "kvm/device/device.h"
#include "kvm/device/disk.h"
#include "kvm/device/dma.h"
#include "kvm/device/virtio_mmio.h"

struct virtio_block {
    struct chip chip;
    struct irq_line *irq;
    struct disk *disk;
    const struct dma *dma;
    struct virtio_mmio_state state;
};

/* Its device is a struct virtio_block. */
extern const struct device_kind virtio_block_kind;

/* All borrowed. */
void virtio_block_init(struct virtio_block *block, struct disk *disk,
                       const struct dma *dma, atomic_uint *changes);

/* A byte of the device's own registers, from VIRTIO_MMIO_CONFIG on. */
uint8_t virtio_block_config(const struct disk *disk, unsigned offset);
/* All requests that wait are done. */
void virtio_block_serve(struct virtio_mmio_state *s, struct disk *disk,
                        const struct dma *dma);

#endif
