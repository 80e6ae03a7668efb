/* SPDX-License-Identifier: MIT */
#include "kvm/device/bus.h"

/*
 * The table is short and searched from its start once per exit; an exit costs
 * thousands of times more.
 * Values are little-endian in data, as KVM has them (KVM api.rst, KVM_EXIT_IO).
 */

#include <errno.h>

static uint32_t end_of(const struct bus_device *device)
{
    return (uint32_t)device->port + device->count;
}

/* --- of what a device does not do --- */

static uint32_t float_high(void *device, uint16_t offset, unsigned size)
{
    (void)device, (void)offset, (void)size;
    return UINT32_MAX;
}

static void swallow(void *device, uint16_t offset, unsigned size,
                    uint32_t value)
{
    (void)device, (void)offset, (void)size, (void)value;
}

/* --- the table --- */

int bus_add(struct bus *bus, const struct bus_device *device)
{
    struct bus_device *added;

    for (size_t i = 0; i < bus->n; i++) {
        const struct bus_device *other = &bus->device[i];

        if (device->port < end_of(other) && other->port < end_of(device))
            return -EEXIST;
    }
    if (bus->n == BUS_MAX_DEVICES)
        return -ENOSPC;
    added = &bus->device[bus->n++];
    *added = *device;
    if (!added->read)
        added->read = float_high;
    if (!added->write)
        added->write = swallow;
    return 0;
}

/* The device that claims all of the size ports from port on, or NULL. */
static const struct bus_device *find(const struct bus *bus, uint16_t port,
                                     unsigned size)
{
    for (size_t i = 0; i < bus->n; i++) {
        const struct bus_device *device = &bus->device[i];

        if (port >= device->port && port + size <= end_of(device))
            return device;
    }
    return NULL;
}

static uint32_t get(const uint8_t *data, unsigned size)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < size; i++)
        value |= (uint32_t)data[i] << 8 * i;
    return value;
}

static void put(uint8_t *data, unsigned size, uint32_t value)
{
    for (unsigned i = 0; i < size; i++)
        data[i] = (uint8_t)(value >> 8 * i);
}

/* One access that one device takes whole; a byte may belong to nobody. */
static void access_whole(const struct bus_device *device, bool out,
                         uint16_t port, unsigned size, uint8_t *data)
{
    if (!out)
        put(data, size,
            device ? device->read(device->device,
                                  (uint16_t)(port - device->port), size)
                   : UINT32_MAX);
    else if (device)
        device->write(device->device, (uint16_t)(port - device->port), size,
                      get(data, size));
}

static void access(const struct bus *bus, bool out, uint16_t port,
                   unsigned size, uint8_t *data)
{
    const struct bus_device *device = find(bus, port, size);

    if (device) {
        access_whole(device, out, port, size, data);
        return;
    }
    for (unsigned i = 0; i < size; i++) {
        uint16_t one = (uint16_t)(port + i); /* port numbers wrap */

        access_whole(find(bus, one, 1), out, one, 1, data + i);
    }
}

void bus_io(const struct bus *bus, bool out, uint16_t port, unsigned size,
            uint32_t count, void *data)
{
    const struct bus_device *device = find(bus, port, size);
    uint8_t *bytes = data;

    if (out && size == 1 && device && device->write_bytes) {
        device->write_bytes(device->device, (uint16_t)(port - device->port),
                            bytes, count);
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        access(bus, out, port, size, bytes + (size_t)i * size);
}
