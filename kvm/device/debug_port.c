/* SPDX-License-Identifier: MIT */
#include "kvm/device/debug_port.h"

#include <stdatomic.h>

#include "kvm/device/guest_end.h"

static uint64_t debug_port_read(void *device, uint64_t offset, unsigned size)
{
    (void)device;
    return size == DEBUG_PORT_SIZE ? (uint64_t)DEBUG_PORT_THERE
                                   : (uint64_t)DEBUG_PORT_THERE >> 8 * offset;
}

static void debug_port_write(void *device, uint64_t offset, unsigned size,
                             uint64_t value)
{
    atomic_int *end_code = device;

    (void)offset;
    if (size == DEBUG_PORT_SIZE && value == DEBUG_PORT_STOP)
        atomic_store(end_code, GUEST_ASKS);
}

const struct device_kind debug_port_kind = {
    .name = "debugger port",
    .block = {{DEBUG_PORT_SIZE,
               {debug_port_read, debug_port_write, NULL, false}}},
};
