/* SPDX-License-Identifier: MIT */
#include "kvm/device/dma.h"

#include <errno.h>

int dma_read(const struct dma *dma, uint64_t gpa, void *out, size_t n)
{
    int err = dma->mem ? mem_read(dma->mem, gpa, out, n) : -EFAULT;

    if (!err && dma->tell)
        dma->tell(dma->context, gpa, out, n, false);
    return err;
}

int dma_write(const struct dma *dma, uint64_t gpa, void *in, size_t n)
{
    int err = dma->mem ? mem_write(dma->mem, gpa, in, n) : -EFAULT;

    if (!err && dma->tell)
        dma->tell(dma->context, gpa, in, n, true);
    return err;
}
