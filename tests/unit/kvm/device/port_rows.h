/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_KVM_DEVICE_PORT_ROWS_H
#define TESTS_UNIT_KVM_DEVICE_PORT_ROWS_H

/* A device's test as a table of port accesses, and what comes back. */

#include <stdint.h>

#include "kvm/device/bus.h"

struct port_op {
    char what; /* 'w' write value, 'r' read and expect value, 0: end */
    uint16_t port;
    uint32_t value;
    unsigned size;
};

/* Those of one byte. */
#define W(port, value)                                                         \
    {                                                                          \
        'w', port, value, 1                                                    \
    }
#define R(port, value)                                                         \
    {                                                                          \
        'r', port, value, 1                                                    \
    }

uint32_t port_in(const struct bus *bus, uint16_t port, unsigned size);
void port_out(const struct bus *bus, uint16_t port, unsigned size,
              uint32_t value);

void port_run(const struct bus *bus, const char *label,
              const struct port_op *ops);

/* n accesses to [first, first + ports) that nobody would make; the same ones
 * for the same seed. */
void port_storm(const struct bus *bus, uint16_t first, unsigned ports,
                unsigned n, uint64_t *seed);

#endif
