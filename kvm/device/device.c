/* SPDX-License-Identifier: MIT */
#include "kvm/device/device.h"

#include <errno.h>

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

static int attach_line(const struct device_kind *kind, void *device,
                       struct bus *bus, unsigned line, struct diag *diag)
{
    int err = bus_drive(bus, line, kind->name, diag);

    if (err)
        return err;
    if (kind->drive)
        kind->drive(device, bus_line(bus, line));
    else if (line != BUS_NO_LINE)
        return diag_set(diag, -EINVAL,
                        "%s has no interrupts: take line %u out of its row in "
                        "the board's table",
                        kind->name, line);
    return 0;
}

int device_attach(const struct device_kind *kind, void *device, struct bus *bus,
                  const struct device_wiring *wiring, struct diag *diag)
{
    int err = attach_line(kind, device, bus, wiring->line, diag);

    for (size_t i = 0; !err && i < DEVICE_MAX_BLOCKS && kind->block[i].size;
         i++)
        err = attach_block(kind, i, device, bus, &wiring->place[i], diag);
    return err;
}
