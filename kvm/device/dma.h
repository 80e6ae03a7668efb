/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_DMA_H
#define KVM_DEVICE_DMA_H

/*
 * Memory as a device accesses it by itself. No guard sees that, so who plants
 * and watches things in memory is told of each access, on the same thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kvm/core/mem.h"

struct dma {
    const struct guest_mem *mem; /* NULL: there is none */
    /* After it: data has n bytes, and is in memory if they were written. What
     * was read may be changed: the guest's own bytes for planted ones. NULL:
     * nobody is told. */
    void (*tell)(void *context, uint64_t gpa, void *data, size_t n,
                 bool is_write);
    void *context;
};

/* 0, or -EFAULT when not all of it is memory: nothing was done. */
int dma_read(const struct dma *dma, uint64_t gpa, void *out, size_t n);
/* in is not changed. */
int dma_write(const struct dma *dma, uint64_t gpa, void *in, size_t n);

#endif
