/* SPDX-License-Identifier: MIT */
#include "kvm/device/bus.h"

/*
 * Values are little-endian in data, as KVM has them (KVM api.rst, KVM_EXIT_IO
 * and KVM_EXIT_MMIO).
 *
 * Invariant: the regions of a map are sorted by base, not empty and disjoint,
 * and base + size - 1 does not exceed the last address of the space; so sums
 * below are kept from wrapping by counting up to the last address, inclusive.
 */

#include <errno.h>

static const uint64_t last_of_space[BUS_SPACES] = {
    [BUS_PORTS] = 0xffff,
    [BUS_MMIO] = UINT64_MAX,
};

static uint64_t last_of(const struct bus_region *region)
{
    return region->base + (region->size - 1);
}

/* --- of what a device does not do --- */

static uint64_t float_high(void *device, uint64_t offset, unsigned size)
{
    (void)device, (void)offset, (void)size;
    return UINT64_MAX;
}

static void bus_swallow(void *device, uint64_t offset, unsigned size,
                        uint64_t value)
{
    (void)device, (void)offset, (void)size, (void)value;
}

/* --- the maps --- */

void bus_init(struct bus *bus)
{
    for (unsigned space = 0; space < BUS_SPACES; space++)
        bus->map[space].n = 0;
    for (unsigned n = 0; n <= BUS_LINES; n++)
        irq_init(&bus->line[n], n);
    for (unsigned n = 0; n < BUS_LINES; n++)
        bus->driver[n] = NULL;
}

/* The number of the first region that does not end before address. */
static size_t first_from(const struct bus_map *map, uint64_t address)
{
    size_t lo = 0;
    size_t hi = map->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (last_of(&map->region[mid]) < address)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static int check_range(const struct bus_region *region, struct diag *diag)
{
    uint64_t last = last_of_space[region->space];

    if (region->size && region->base <= last &&
        region->size - 1 <= last - region->base)
        return 0;
    return diag_set(diag, -EINVAL,
                    "%s: %#llx bytes at %#llx are no range of %s: correct the "
                    "board's table",
                    region->name, (unsigned long long)region->size,
                    (unsigned long long)region->base,
                    region->space == BUS_PORTS ? "ports" : "addresses");
}

/* Where the region belongs is at; is that free? */
static int check_place(const struct bus_map *map, size_t at,
                       const struct bus_region *region, struct diag *diag)
{
    if (at < map->n && map->region[at].base <= last_of(region))
        return diag_set(diag, -EEXIST,
                        "%s at %#llx collides with %s at %#llx: move one of "
                        "them in the board's table",
                        region->name, (unsigned long long)region->base,
                        map->region[at].name,
                        (unsigned long long)map->region[at].base);
    if (map->n == BUS_MAX_REGIONS)
        return diag_set(diag, -ENOSPC,
                        "%s: the bus has %d regions already: raise "
                        "BUS_MAX_REGIONS",
                        region->name, BUS_MAX_REGIONS);
    return 0;
}

static void bus_insert(struct bus_map *map, size_t at,
                       const struct bus_region *region)
{
    struct bus_region *added = &map->region[at];

    for (size_t i = map->n++; i > at; i--)
        map->region[i] = map->region[i - 1];
    *added = *region;
    if (!added->on.read)
        added->on.read = float_high;
    if (!added->on.write)
        added->on.write = bus_swallow;
}

int bus_add(struct bus *bus, const struct bus_region *region, struct diag *diag)
{
    struct bus_map *map = &bus->map[region->space];
    size_t at = first_from(map, region->base);
    int err = check_range(region, diag);

    if (!err)
        err = check_place(map, at, region, diag);
    if (!err)
        bus_insert(map, at, region);
    return err;
}

/* The region that holds all of the size bytes from address on, or NULL. */
static const struct bus_region *bus_find(const struct bus_map *map,
                                         uint64_t address, unsigned size)
{
    size_t at = first_from(map, address);
    const struct bus_region *region = &map->region[at];

    return at < map->n && address >= region->base &&
                   size - 1 <= last_of(region) - address
               ? region
               : NULL;
}

/* --- lines --- */

struct irq_line *bus_line(struct bus *bus, unsigned n)
{
    return &bus->line[n < BUS_LINES ? n : BUS_NO_LINE];
}

int bus_drive(struct bus *bus, unsigned n, const char *name, struct diag *diag)
{
    if (n >= BUS_LINES)
        return 0;
    if (bus->driver[n])
        return diag_set(diag, -EEXIST,
                        "%s: interrupt line %u is that of %s: give it another "
                        "one in the board's table",
                        name, n, bus->driver[n]);
    bus->driver[n] = name;
    return 0;
}

int bus_connect(struct bus *bus, unsigned n, const struct irq_sink *sink,
                struct diag *diag)
{
    if (n >= BUS_LINES)
        return diag_set(diag, -EINVAL,
                        "there is no interrupt line %u: they end at %d", n,
                        BUS_LINES - 1);
    if (irq_is_connected(&bus->line[n]))
        return diag_set(diag, -EEXIST,
                        "interrupt line %u leads to a controller already: "
                        "correct the board's table",
                        n);
    irq_connect(&bus->line[n], sink);
    return 0;
}

/* --- accesses --- */

static uint64_t bus_get(const uint8_t *data, unsigned size)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)data[i] << 8 * i;
    return value;
}

static void bus_put(uint8_t *data, unsigned size, uint64_t value)
{
    for (unsigned i = 0; i < size; i++)
        data[i] = (uint8_t)(value >> 8 * i);
}

/* One access that one device takes whole; a byte may belong to nobody. */
static void access_whole(const struct bus_region *region, bool is_write,
                         uint64_t address, unsigned size, uint8_t *data)
{
    if (!is_write)
        bus_put(data, size,
                region ? region->on.read(region->device, address - region->base,
                                         size)
                       : UINT64_MAX);
    else if (region)
        region->on.write(region->device, address - region->base, size,
                         bus_get(data, size));
}

static bool is_power_of_2(unsigned size)
{
    return !(size & (size - 1));
}

static bool takes_whole(const struct bus_region *region, unsigned size)
{
    return region && is_power_of_2(size) && !region->on.bytes_only;
}

static void bus_access(const struct bus *bus, enum bus_space space,
                       bool is_write, uint64_t address, unsigned size,
                       uint8_t *data)
{
    const struct bus_map *map = &bus->map[space];
    const struct bus_region *region = bus_find(map, address, size);

    if (takes_whole(region, size)) {
        access_whole(region, is_write, address, size, data);
        return;
    }
    for (unsigned i = 0; i < size; i++) {
        uint64_t one = (address + i) & last_of_space[space]; /* they wrap */

        access_whole(bus_find(map, one, 1), is_write, one, 1, data + i);
    }
}

void bus_io(const struct bus *bus, bool out, uint16_t port, unsigned size,
            uint32_t count, void *data)
{
    const struct bus_region *region =
        bus_find(&bus->map[BUS_PORTS], port, size);
    uint8_t *bytes = data;

    if (out && size == 1 && region && region->on.write_bytes) {
        region->on.write_bytes(region->device, port - region->base, bytes,
                               count);
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        bus_access(bus, BUS_PORTS, out, port, size, bytes + (size_t)i * size);
}

void bus_mmio(const struct bus *bus, bool is_write, uint64_t gpa, unsigned size,
              void *data)
{
    bus_access(bus, BUS_MMIO, is_write, gpa, size, data);
}
