/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_VIRTQUEUE_H
#define KVM_DEVICE_VIRTQUEUE_H

/*
 * A split virtqueue (virtio 1.2, 2.7), the device's side. The guest has written
 * all of it, and may write on while it is read: each number is read once, and
 * checked. Without indirect descriptors and event indices, which are features.
 *
 * The driver puts chains of descriptors into the available ring, the device
 * gives each back by the used ring.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kvm/device/dma.h"

enum { VIRTQUEUE_MAX = 64 }; /* descriptors */

struct virtqueue {
    bool ready;
    uint16_t size;                        /* as the driver has it; 2^n */
    uint64_t descriptors, driver, device; /* gpa of the table and the rings */
    uint16_t seen; /* chains of the available ring that were taken */
    uint16_t used; /* and given back */
};

struct virtqueue_segment {
    uint64_t gpa;
    uint32_t size; /* bytes, all of them memory; may be 0 */
};

/* What one chain is about. */
struct virtqueue_chain {
    uint16_t head;
    unsigned n_out, n; /* first those that the device reads, then the others */
    struct virtqueue_segment segment[VIRTQUEUE_MAX];
};

/* Where in a chain the next byte is. */
struct virtqueue_cursor {
    const struct virtqueue_chain *chain;
    unsigned segment, end;
    uint32_t at;
};

/* May the queue be used: is its size one, and are its parts in memory? */
bool virtqueue_is_sound(const struct virtqueue *q, const struct dma *dma);

/* How many chains wait. -EINVAL: more than there can be. */
int virtqueue_waiting(const struct virtqueue *q, const struct dma *dma);
/* Takes the next one, if one waits. -EINVAL: it has no end, a descriptor that
 * there is not, or what is not memory. */
int virtqueue_take(struct virtqueue *q, const struct dma *dma,
                   struct virtqueue_chain *ret);
/* Gives it back, with so many bytes written. 0 or -EINVAL. */
int virtqueue_give(struct virtqueue *q, const struct dma *dma,
                   const struct virtqueue_chain *chain, uint32_t written);
/* Does the driver want to be told of that? */
bool virtqueue_wants_interrupt(const struct virtqueue *q,
                               const struct dma *dma);

/* At the first byte that the device reads, or writes; how many there are. */
struct virtqueue_cursor virtqueue_begin(const struct virtqueue_chain *chain,
                                        bool is_write);
uint64_t virtqueue_bytes(const struct virtqueue_chain *chain, bool is_write);
/* Copies n bytes and goes on by them. -EINVAL: there are not so many. */
int virtqueue_read(struct virtqueue_cursor *c, const struct dma *dma, void *out,
                   size_t n);
int virtqueue_write(struct virtqueue_cursor *c, const struct dma *dma, void *in,
                    size_t n);

#endif
