/* SPDX-License-Identifier: MIT */
#include "kvm/device/virtqueue.h"

#include <errno.h>
#include <stdatomic.h>

/* A descriptor (2.7.5). */
struct descriptor {
    uint64_t gpa;
    uint32_t size;
    uint16_t flags, next;
};

enum { NEXT = 1, WRITE = 2, INDIRECT = 4 };

/* Both rings begin alike (2.7.6, 2.7.8): flags and an index; entries follow. */
enum { RING_FLAGS = 0, RING_INDEX = 2, RING_ENTRIES = 4 };
enum { AVAILABLE_SIZE = 2, USED_SIZE = 8, NO_INTERRUPT = 1 };

_Static_assert(sizeof(struct descriptor) == 16, "as it is in memory");

bool virtqueue_is_sound(const struct virtqueue *q, const struct dma *dma)
{
    size_t size = q->size;

    return dma->mem && size && size <= VIRTQUEUE_MAX && !(size & (size - 1)) &&
           mem_has(dma->mem, q->descriptors,
                   size * sizeof(struct descriptor)) &&
           mem_has(dma->mem, q->driver, RING_ENTRIES + size * AVAILABLE_SIZE) &&
           mem_has(dma->mem, q->device, RING_ENTRIES + size * USED_SIZE);
}

int virtqueue_waiting(const struct virtqueue *q, const struct dma *dma)
{
    uint16_t index;
    uint16_t n;

    if (dma_read(dma, q->driver + RING_INDEX, &index, sizeof index) < 0)
        return -EINVAL;
    atomic_thread_fence(memory_order_acquire); /* before what it counts */
    n = (uint16_t)(index - q->seen);
    return n <= q->size ? n : -EINVAL;
}

/* One descriptor to the end of a chain. Those that the device writes come last
 * (2.7.4.2). */
static int virtqueue_add_segment(struct virtqueue_chain *chain,
                                 const struct dma *dma,
                                 const struct descriptor *d)
{
    bool is_write = d->flags & WRITE;

    if (d->flags & INDIRECT || (!is_write && chain->n > chain->n_out) ||
        !mem_has(dma->mem, d->gpa, d->size))
        return -EINVAL;
    chain->segment[chain->n++] = (struct virtqueue_segment){d->gpa, d->size};
    chain->n_out += !is_write;
    return 0;
}

/* A chain has no more descriptors than there are: else it goes in a circle. */
static int read_chain(const struct virtqueue *q, const struct dma *dma,
                      struct virtqueue_chain *ret)
{
    struct descriptor d = {.next = ret->head, .flags = NEXT};

    while (d.flags & NEXT) {
        if (ret->n == q->size || d.next >= q->size ||
            dma_read(dma, q->descriptors + d.next * sizeof d, &d, sizeof d) <
                0 ||
            virtqueue_add_segment(ret, dma, &d) < 0)
            return -EINVAL;
    }
    return 0;
}

int virtqueue_take(struct virtqueue *q, const struct dma *dma,
                   struct virtqueue_chain *ret)
{
    uint64_t at = q->driver + RING_ENTRIES +
                  (uint64_t)(q->seen % q->size) * AVAILABLE_SIZE;

    ret->n = ret->n_out = 0;
    if (dma_read(dma, at, &ret->head, sizeof ret->head) < 0 ||
        read_chain(q, dma, ret) < 0)
        return -EINVAL;
    q->seen++;
    return 0;
}

int virtqueue_give(struct virtqueue *q, const struct dma *dma,
                   const struct virtqueue_chain *chain, uint32_t written)
{
    uint32_t entry[] = {chain->head, written};
    uint64_t at =
        q->device + RING_ENTRIES + (uint64_t)(q->used % q->size) * USED_SIZE;

    if (dma_write(dma, at, entry, sizeof entry) < 0)
        return -EINVAL;
    q->used++;
    atomic_thread_fence(memory_order_release); /* all of it, before the index */
    return dma_write(dma, q->device + RING_INDEX, &q->used, sizeof q->used) < 0
               ? -EINVAL
               : 0;
}

bool virtqueue_wants_interrupt(const struct virtqueue *q, const struct dma *dma)
{
    uint16_t flags = 0;

    atomic_thread_fence(memory_order_seq_cst); /* after the index was written */
    return dma_read(dma, q->driver + RING_FLAGS, &flags, sizeof flags) == 0 &&
           !(flags & NO_INTERRUPT);
}

/* --- what a chain holds --- */

struct virtqueue_cursor virtqueue_begin(const struct virtqueue_chain *chain,
                                        bool is_write)
{
    return (struct virtqueue_cursor){
        .chain = chain,
        .segment = is_write ? chain->n_out : 0,
        .end = is_write ? chain->n : chain->n_out,
    };
}

uint64_t virtqueue_bytes(const struct virtqueue_chain *chain, bool is_write)
{
    struct virtqueue_cursor c = virtqueue_begin(chain, is_write);
    uint64_t n = 0;

    for (; c.segment < c.end; c.segment++)
        n += chain->segment[c.segment].size;
    return n;
}

static int copy_piece(const struct dma *dma, uint64_t gpa, void *data, size_t n,
                      bool is_write)
{
    return is_write ? dma_write(dma, gpa, data, n)
                    : dma_read(dma, gpa, data, n);
}

static int virtqueue_copy(struct virtqueue_cursor *c, const struct dma *dma,
                          void *data, size_t n, bool is_write)
{
    uint8_t *bytes = data;

    while (n) {
        const struct virtqueue_segment *s = &c->chain->segment[c->segment];
        size_t piece;

        if (c->segment == c->end)
            return -EINVAL;
        piece = s->size - c->at < n ? s->size - c->at : n;
        if (copy_piece(dma, s->gpa + c->at, bytes, piece, is_write) < 0)
            return -EINVAL;
        bytes += piece;
        n -= piece;
        c->at += (uint32_t)piece;
        if (c->at == s->size) {
            c->segment++;
            c->at = 0;
        }
    }
    return 0;
}

int virtqueue_read(struct virtqueue_cursor *c, const struct dma *dma, void *out,
                   size_t n)
{
    return virtqueue_copy(c, dma, out, n, false);
}

int virtqueue_write(struct virtqueue_cursor *c, const struct dma *dma, void *in,
                    size_t n)
{
    return virtqueue_copy(c, dma, in, n, true);
}
