/* SPDX-License-Identifier: MIT */
#include "kvm/device/device.h"

static int attach_block(const struct device_kind *kind, size_t i, void *device,
                        struct bus *bus, const struct device_place *place,
                        struct diag *diag)
{
    const struct bus_region region = {
        .space = place->space,
        .base = place->base,
        .size = kind->block[i].size,
        .device = device,
        .name = kind->name,
        .on = kind->block[i].on,
    };

    return bus_add(bus, &region, diag);
}

int device_attach(const struct device_kind *kind, void *device, struct bus *bus,
                  const struct device_place *place, struct diag *diag)
{
    int err = 0;

    for (size_t i = 0; !err && i < DEVICE_MAX_BLOCKS && kind->block[i].size;
         i++)
        err = attach_block(kind, i, device, bus, &place[i], diag);
    return err;
}
