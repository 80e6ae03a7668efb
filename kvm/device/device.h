/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_DEVICE_H
#define KVM_DEVICE_DEVICE_H

/*
 * A kind of device, as a board sees it: blocks of registers that can be put
 * anywhere on a bus. The device knows neither where it is nor who it is there.
 */

#include <stddef.h>
#include <stdint.h>

#include "kvm/core/diag.h"
#include "kvm/device/bus.h"

enum { DEVICE_MAX_BLOCKS = 4 };

struct device_block {
    uint64_t size; /* ports or bytes; 0: there are no further blocks */
    struct bus_handlers on;
};

struct device_kind {
    const char *name; /* in sentences: "serial port" */
    struct device_block block[DEVICE_MAX_BLOCKS];
};

/* Where a block is. */
struct device_place {
    enum bus_space space;
    uint64_t base;
};

/* Puts each block of a device in its place; place has as many. The device has
 * been initialized, is borrowed, and is what the handlers get. -errno with a
 * sentence: bus_add(). */
int device_attach(const struct device_kind *kind, void *device, struct bus *bus,
                  const struct device_place *place, struct diag *diag);

#endif
