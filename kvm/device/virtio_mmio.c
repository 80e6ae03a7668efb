/* SPDX-License-Identifier: MIT */
#include "kvm/device/virtio_mmio.h"

/* Table 4.1: offsets. */
enum {
    MAGIC = 0x00,
    VERSION = 0x04,
    DEVICE_ID = 0x08,
    VENDOR_ID = 0x0c,
    DEVICE_FEATURES = 0x10,
    DEVICE_FEATURES_SELECT = 0x14,
    DRIVER_FEATURES = 0x20,
    DRIVER_FEATURES_SELECT = 0x24,
    QUEUE_SELECT = 0x30,
    QUEUE_SIZE_MAX = 0x34,
    QUEUE_SIZE = 0x38,
    QUEUE_READY = 0x44,
    QUEUE_NOTIFY = 0x50,
    INTERRUPT_STATUS = 0x60,
    INTERRUPT_ACK = 0x64,
    STATUS = 0x70,
    QUEUE_DESCRIPTORS = 0x80, /* two registers, low and high */
    QUEUE_DRIVER = 0x90,
    QUEUE_DEVICE = 0xa0,
    SHM_FIRST = 0xb0, /* a length and a base of ~0: there is none */
    SHM_LAST = 0xbc,
};

enum { MAGIC_VALUE = 0x74726976, VERSION_VALUE = 2, VENDOR_VALUE = 0x4244474b };

/* Bits that a driver sets. */
enum {
    DRIVERS_STATUS = VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER | VIRTIO_DRIVER_OK |
                     VIRTIO_FEATURES_OK | VIRTIO_FAILED,
};

/* Which 32 of 64 bits; there are no further ones. */
static uint32_t half_of(uint64_t bits, uint32_t select)
{
    return select < 2 ? (uint32_t)(bits >> 32 * select) : 0;
}

static void set_half(uint64_t *bits, uint32_t select, uint32_t value)
{
    unsigned shift = 32 * select;

    *bits = (*bits & ~(UINT64_C(0xffffffff) << shift)) | (uint64_t)value
                                                             << shift;
}

uint32_t virtio_mmio_read(const struct virtio_mmio_state *s,
                          const struct virtio_kind *kind, unsigned offset)
{
    switch (offset) {
    case MAGIC:
        return MAGIC_VALUE;
    case VERSION:
        return VERSION_VALUE;
    case DEVICE_ID:
        return kind->device;
    case VENDOR_ID:
        return VENDOR_VALUE;
    case DEVICE_FEATURES:
        return half_of(kind->features, s->device_select);
    case QUEUE_SIZE_MAX:
        return s->queue_select ? 0 : VIRTQUEUE_MAX;
    case QUEUE_READY:
        return !s->queue_select && s->queue.ready;
    case INTERRUPT_STATUS:
        return s->interrupt;
    case STATUS:
        return s->status;
    default: /* write-only and absent ones, and the generation of what never
                changes */
        return offset >= SHM_FIRST && offset <= SHM_LAST ? UINT32_MAX : 0;
    }
}

/* --- writes --- */

/* FEATURES_OK is refused for what was not offered, and for drivers of before
 * 1.0 (2.2.2, 6.1). */
static bool agrees(const struct virtio_mmio_state *s,
                   const struct virtio_kind *kind)
{
    return !(s->features & ~kind->features) && s->features & VIRTIO_F_VERSION_1;
}

static void virtio_write_status(struct virtio_mmio_state *s,
                                const struct virtio_kind *kind, uint8_t value)
{
    uint8_t set = value & DRIVERS_STATUS & ~s->status;

    if (!value) {
        *s = (struct virtio_mmio_state){.status = 0};
        return;
    }
    if (set & VIRTIO_FEATURES_OK && !agrees(s, kind))
        set &= (uint8_t)~VIRTIO_FEATURES_OK;
    s->status |= set;
}

/* Where its parts are, as long as it is not in use. */
static void write_queue(struct virtqueue *q, unsigned offset, uint32_t value)
{
    uint32_t half = offset >> 2 & 1;

    if (offset == QUEUE_SIZE) /* one that there is not is none */
        q->size = value <= VIRTQUEUE_MAX ? (uint16_t)value : 0;
    else if ((offset & ~4u) == QUEUE_DESCRIPTORS)
        set_half(&q->descriptors, half, value);
    else if ((offset & ~4u) == QUEUE_DRIVER)
        set_half(&q->driver, half, value);
    else if ((offset & ~4u) == QUEUE_DEVICE)
        set_half(&q->device, half, value);
}

static void write_of_queue(struct virtio_mmio_state *s, unsigned offset,
                           uint32_t value)
{
    if (s->queue_select)
        return;
    if (offset == QUEUE_READY)
        s->queue.ready = value & 1;
    else if (!s->queue.ready)
        write_queue(&s->queue, offset, value);
}

bool virtio_mmio_write(struct virtio_mmio_state *s,
                       const struct virtio_kind *kind, unsigned offset,
                       uint32_t value)
{
    switch (offset) {
    case DEVICE_FEATURES_SELECT:
        s->device_select = value;
        break;
    case DRIVER_FEATURES_SELECT:
        s->driver_select = value;
        break;
    case DRIVER_FEATURES:
        if (!(s->status & VIRTIO_FEATURES_OK) && s->driver_select < 2)
            set_half(&s->features, s->driver_select, value);
        break;
    case QUEUE_SELECT:
        s->queue_select = value;
        break;
    case INTERRUPT_ACK:
        s->interrupt &= (uint8_t)~value;
        break;
    case STATUS:
        virtio_write_status(s, kind, (uint8_t)value);
        break;
    case QUEUE_NOTIFY:
        return value == 0;
    default:
        write_of_queue(s, offset, value);
    }
    return false;
}

void virtio_mmio_fail(struct virtio_mmio_state *s)
{
    if (s->status & VIRTIO_DRIVER_OK)
        s->interrupt |= VIRTIO_CONFIG;
    s->status |= VIRTIO_NEEDS_RESET;
}

bool virtio_mmio_is_live(const struct virtio_mmio_state *s)
{
    return s->queue.ready && s->status & VIRTIO_DRIVER_OK &&
           s->status & VIRTIO_FEATURES_OK && !(s->status & VIRTIO_NEEDS_RESET);
}
