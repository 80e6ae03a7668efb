/* SPDX-License-Identifier: MIT */
#include "kvm/device/reset.h"

#include <stdbool.h>

#include "kvm/device/guest_end.h"

/* Where the register is in the block, and its bits. The chip resets when
 * RST_CPU rises; here it never stays set, so that a guest which was only
 * stopped there may do it again. */
enum { RESET_CONTROL = 1, SYS_RST = 0x02, RST_CPU = 0x04 };

static bool is_register(uint64_t offset, unsigned size)
{
    return offset == RESET_CONTROL && size == 1;
}

static uint64_t reset_read(void *device, uint64_t offset, unsigned size)
{
    struct reset *reset = device;

    return is_register(offset, size) ? atomic_load(&reset->type) : UINT64_MAX;
}

static void reset_write(void *device, uint64_t offset, unsigned size,
                        uint64_t value)
{
    struct reset *reset = device;

    if (!is_register(offset, size))
        return;
    atomic_store(&reset->type, (unsigned char)(value & SYS_RST));
    if (value & RST_CPU)
        atomic_store(reset->end_code, GUEST_RESET_BY_REGISTER);
}

void reset_init(struct reset *reset, atomic_int *end_code)
{
    reset->end_code = end_code;
    atomic_store(&reset->type, 0);
}

const struct device_kind reset_kind = {
    .name = "reset control",
    .state = DEVICE_STATE(struct reset, type),
    .block = {{RESET_PORTS, {reset_read, reset_write, NULL, false}}},
};
