/* SPDX-License-Identifier: MIT */
#include "tests/unit/kvm/device/port_rows.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

uint32_t port_in(const struct bus *bus, uint16_t port, unsigned size)
{
    uint32_t value = 0;

    bus_io(bus, false, port, size, 1, &value);
    return value;
}

void port_out(const struct bus *bus, uint16_t port, unsigned size,
              uint32_t value)
{
    bus_io(bus, true, port, size, 1, &value);
}

void port_run(const struct bus *bus, const char *label,
              const struct port_op *ops)
{
    for (const struct port_op *op = ops; op->what; op++) {
        if (op->what == 'w')
            port_out(bus, op->port, op->size, op->value);
        else
            cr_expect(eq(u32, port_in(bus, op->port, op->size), op->value),
                      "%s: op %td, port %#x", label, op - ops, op->port);
    }
}

/* xorshift64 (Marsaglia, "Xorshift RNGs") */
static uint64_t next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

void port_storm(const struct bus *bus, uint16_t first, unsigned ports,
                unsigned n, uint64_t *seed)
{
    while (n-- > 0) {
        uint64_t dice = next(seed);
        uint16_t port = (uint16_t)(first + dice % ports);
        unsigned size = 1u << (dice >> 16) % 3;
        uint32_t count = dice >> 24 & 7 ? 1 : 256;
        uint8_t data[4 * 256];

        memset(data, (int)(dice >> 32 & 0xff), sizeof data);
        bus_io(bus, dice >> 40 & 1, port, size, count, data);
    }
}
