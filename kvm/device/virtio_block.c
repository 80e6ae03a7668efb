/* SPDX-License-Identifier: MIT */
#include "kvm/device/virtio_block.h"

#include <errno.h>
#include <string.h>

/* 5.2.3: features. */
#define SIZE_MAX_F (UINT64_C(1) << 1)
#define SEG_MAX_F  (UINT64_C(1) << 2)
#define FLUSH_F    (UINT64_C(1) << 9)

/* 5.2.6: requests. */
enum { REQUEST_IN = 0, REQUEST_OUT = 1, REQUEST_FLUSH = 4, REQUEST_ID = 8 };
enum { REQUEST_OK = 0, REQUEST_FAILED = 1, REQUEST_UNKNOWN = 2 };
enum { ID_SIZE = 20 };

/* What one request may be about: so a guest holds nobody up for long. */
enum {
    SEGMENT_MOST = 64 << 10,
    SEGMENTS_MOST = VIRTQUEUE_MAX - 2, /* its head, and its status */
    BYTES_MOST = SEGMENT_MOST * SEGMENTS_MOST,
};

struct request_head {
    uint32_t type, reserved;
    uint64_t sector;
};

/* A request under way. */
struct request {
    struct disk *disk;
    const struct dma *dma;
    struct request_head head;
    struct virtqueue_cursor out, in;
    uint64_t n_out, n_in; /* bytes of data */
    uint32_t written;
};

static const struct virtio_kind block_identity = {
    .device = 2,
    .features = VIRTIO_F_VERSION_1 | SIZE_MAX_F | SEG_MAX_F | FLUSH_F,
};

/* --- 5.2.4: what it says of itself --- */

uint8_t virtio_block_config(const struct disk *disk, unsigned offset)
{
    const struct {
        uint64_t sectors;
        uint32_t size_max, segments_max;
    } config = {disk_sectors(disk), SEGMENT_MOST, SEGMENTS_MOST};
    uint8_t bytes[sizeof config];

    memcpy(bytes, &config, sizeof config);
    return offset < sizeof bytes ? bytes[offset] : 0;
}

/* --- requests: a status, or -EINVAL for what no driver may do --- */

/* Sectors there are, so many of them whole. */
static bool virtio_has_sectors(const struct request *r, uint64_t bytes)
{
    uint64_t sectors = disk_sectors(r->disk);

    return bytes % DISK_SECTOR == 0 && bytes <= BYTES_MOST &&
           r->head.sector <= sectors &&
           bytes / DISK_SECTOR <= sectors - r->head.sector;
}

static int virtio_read_sectors(struct request *r)
{
    uint8_t sector[DISK_SECTOR];

    if (!virtio_has_sectors(r, r->n_in))
        return REQUEST_FAILED;
    for (uint64_t i = 0; i < r->n_in / DISK_SECTOR; i++) {
        if (disk_read(r->disk, r->head.sector + i, sector) < 0)
            return REQUEST_FAILED;
        if (virtqueue_write(&r->in, r->dma, sector, sizeof sector) < 0)
            return -EINVAL;
        r->written += DISK_SECTOR;
    }
    return REQUEST_OK;
}

static int virtio_write_sectors(struct request *r)
{
    uint8_t sector[DISK_SECTOR];

    if (!virtio_has_sectors(r, r->n_out))
        return REQUEST_FAILED;
    for (uint64_t i = 0; i < r->n_out / DISK_SECTOR; i++) {
        if (virtqueue_read(&r->out, r->dma, sector, sizeof sector) < 0)
            return -EINVAL;
        if (disk_write(r->disk, r->head.sector + i, sector) < 0)
            return REQUEST_FAILED;
    }
    return REQUEST_OK;
}

/* A text of up to 20 bytes. */
static int tell_id(struct request *r)
{
    char id[ID_SIZE] = "kvmgdbstub disk";
    size_t n = r->n_in < sizeof id ? (size_t)r->n_in : sizeof id;

    r->written = (uint32_t)n;
    return virtqueue_write(&r->in, r->dma, id, n) < 0 ? -EINVAL : REQUEST_OK;
}

static int virtio_carry_out(struct request *r)
{
    switch (r->head.type) {
    case REQUEST_IN:
        return virtio_read_sectors(r);
    case REQUEST_OUT:
        return virtio_write_sectors(r);
    case REQUEST_FLUSH: /* nothing is behind the disk */
        return REQUEST_OK;
    case REQUEST_ID:
        return tell_id(r);
    default:
        return REQUEST_UNKNOWN;
    }
}

/* The last byte that the device may write, whatever comes before it. */
static int tell_status(const struct virtqueue_chain *chain,
                       const struct dma *dma, uint8_t status)
{
    for (unsigned i = chain->n; i-- > chain->n_out;) {
        const struct virtqueue_segment *s = &chain->segment[i];

        if (s->size)
            return dma_write(dma, s->gpa + s->size - 1, &status, 1);
    }
    return -EINVAL;
}

/* Buffers may be cut anywhere (2.7.4). */
static int serve_chain(const struct virtqueue_chain *chain, struct disk *disk,
                       const struct dma *dma, uint32_t *ret_written)
{
    struct request r = {
        .disk = disk,
        .dma = dma,
        .out = virtqueue_begin(chain, false),
        .in = virtqueue_begin(chain, true),
        .n_out = virtqueue_bytes(chain, false) - sizeof r.head,
        .n_in = virtqueue_bytes(chain, true) - 1,
    };
    int status;

    if (virtqueue_bytes(chain, true) < 1 ||
        virtqueue_read(&r.out, dma, &r.head, sizeof r.head) < 0)
        return -EINVAL;
    status = virtio_carry_out(&r);
    if (status < 0 || tell_status(chain, dma, (uint8_t)status) < 0)
        return -EINVAL;
    *ret_written = r.written + 1;
    return 0;
}

static int serve_next(struct virtqueue *q, struct disk *disk,
                      const struct dma *dma)
{
    struct virtqueue_chain chain;
    uint32_t written;

    if (virtqueue_take(q, dma, &chain) < 0 ||
        serve_chain(&chain, disk, dma, &written) < 0)
        return -EINVAL;
    return virtqueue_give(q, dma, &chain, written);
}

/* Those that were there at the beginning: of later ones it is told. */
void virtio_block_serve(struct virtio_mmio_state *s, struct disk *disk,
                        const struct dma *dma)
{
    struct virtqueue *q = &s->queue;
    int waiting;
    int err = 0;

    if (!virtio_mmio_is_live(s))
        return;
    waiting = virtqueue_is_sound(q, dma) ? virtqueue_waiting(q, dma) : -EINVAL;
    for (int i = 0; !err && i < waiting; i++)
        err = serve_next(q, disk, dma);
    if (waiting > 0 && !err && virtqueue_wants_interrupt(q, dma))
        s->interrupt |= VIRTIO_USED;
    if (err < 0 || waiting < 0)
        virtio_mmio_fail(s);
}

/* --- on a bus --- */

/* A register is accessed whole (4.2.2.1), the device's own as they come. */
static uint64_t virtio_block_read(void *device, uint64_t offset, unsigned size)
{
    struct virtio_block *b = device;
    uint64_t value = 0;

    (void)chip_begin(&b->chip);
    if (offset >= VIRTIO_MMIO_CONFIG)
        for (unsigned i = 0; i < size; i++)
            value |= (uint64_t)virtio_block_config(
                         b->disk, (unsigned)offset - VIRTIO_MMIO_CONFIG + i)
                     << 8 * i;
    else if (size == 4 && offset % 4 == 0)
        value = virtio_mmio_read(&b->state, &block_identity, (unsigned)offset);
    chip_end(&b->chip);
    return value;
}

static void virtio_block_write(void *device, uint64_t offset, unsigned size,
                               uint64_t value)
{
    struct virtio_block *b = device;

    if (offset >= VIRTIO_MMIO_CONFIG || size != 4 || offset % 4 != 0)
        return;
    (void)chip_begin(&b->chip);
    if (virtio_mmio_write(&b->state, &block_identity, (unsigned)offset,
                          (uint32_t)value))
        virtio_block_serve(&b->state, b->disk, b->dma);
    irq_set(b->irq, b->state.interrupt != 0);
    chip_end_change(&b->chip);
}

void virtio_block_init(struct virtio_block *block, struct disk *disk,
                       const struct dma *dma, atomic_uint *changes)
{
    *block = (struct virtio_block){.disk = disk, .dma = dma};
    chip_init(&block->chip, NULL, changes);
}

static void virtio_block_drive(void *device, struct irq_line *line)
{
    ((struct virtio_block *)device)->irq = line;
}

const struct device_kind virtio_block_kind = {
    .name = "virtio disk",
    .state = DEVICE_STATE(struct virtio_block, state),
    .block = {{VIRTIO_MMIO_SIZE,
               {virtio_block_read, virtio_block_write, NULL, false}}},
    .drive = virtio_block_drive,
};
