/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_BUS_H
#define KVM_DEVICE_BUS_H

/*
 * Port I/O: which device answers which ports. Filled at set-up, read-only
 * once vCPUs run; a device that keeps state locks itself.
 * Ports that nobody claims read as all ones and swallow writes, as on a PC.
 * A device sees an access whole when it claims all of its ports; otherwise the
 * access is split into bytes, and each goes to whoever claims its port.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BUS_MAX_DEVICES = 16 };

struct bus_device {
    uint16_t port;  /* first */
    uint16_t count; /* how many */
    void *device;
    /* offset is from port; size is 1, 2 or 4 bytes. NULL: what is read floats
     * high, what is written goes nowhere, as where no device is. */
    uint32_t (*read)(void *device, uint16_t offset, unsigned size);
    void (*write)(void *device, uint16_t offset, unsigned size, uint32_t value);
    /* n one-byte writes to one port at once (rep outsb); NULL: one by one. */
    void (*write_bytes)(void *device, uint16_t offset, const uint8_t *bytes,
                        size_t n);
};

struct bus {
    struct bus_device device[BUS_MAX_DEVICES];
    size_t n;
};

/* Copies device. -EEXIST when ports overlap, -ENOSPC when the table is full. */
int bus_add(struct bus *bus, const struct bus_device *device);

/* One KVM_EXIT_IO: count accesses of size bytes at data, one after another.
 * For input data is filled, for output it is read. */
void bus_io(const struct bus *bus, bool out, uint16_t port, unsigned size,
            uint32_t count, void *data);

#endif
