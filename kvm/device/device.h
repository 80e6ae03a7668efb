/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_DEVICE_H
#define KVM_DEVICE_DEVICE_H

/*
 * A kind of device, as a board sees it: blocks of registers that can be put
 * anywhere on a bus, and an interrupt output. The device knows neither where it
 * is nor which line it drives.
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

/*
 * What a device knows. To save the device is to copy it, to restore it is to
 * copy it back, into the same device or another one of its kind, while nobody
 * accesses either; their lines are to be as they were then. It has no
 * pointers; the device's surroundings are its owner's business.
 */
struct device_state {
    size_t offset; /* in the device */
    size_t size;   /* 0: it knows nothing */
};

#define DEVICE_STATE(type, member)                                             \
    {                                                                          \
        offsetof(type, member), sizeof(((type *)NULL)->member)                 \
    }

struct device_kind {
    const char *name; /* in sentences: "serial port" */
    struct device_block block[DEVICE_MAX_BLOCKS];
    /* All that it knows, a plain struct in it: struct device_state. */
    struct device_state state;
    /* The line that it is to drive; borrowed. NULL: it has no interrupts. */
    void (*drive)(void *device, struct irq_line *line);
};

/* Where a block is. */
struct device_place {
    enum bus_space space;
    uint64_t base;
};

struct device_wiring {
    struct device_place place[DEVICE_MAX_BLOCKS]; /* of each block there is */
    unsigned line; /* BUS_NO_LINE: its interrupts go nowhere */
};

/* Puts a device on the bus. It has been initialized, is borrowed, and is what
 * the handlers get; it must not be used before. -errno with a sentence:
 * bus_add(), bus_drive(); -EINVAL for a line without an interrupt. */
int device_attach(const struct device_kind *kind, void *device, struct bus *bus,
                  const struct device_wiring *wiring, struct diag *diag);

#endif
