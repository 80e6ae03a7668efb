/* SPDX-License-Identifier: MIT */
/* The frame buffer's registers on a bus; what they do is kvm/device/vbe.c. */
#include "kvm/device/vbe.h"

/* The data port is the second half of the index port's 16 bits. */
enum { INDEX, DATA };

static uint64_t port_read(void *device, uint64_t offset, unsigned size)
{
    struct vbe *vbe = device;
    uint64_t value = 0;

    (void)size;
    (void)chip_begin(&vbe->chip);
    if (offset == INDEX)
        value = vbe->state.index;
    else if (offset == DATA)
        value = vbe_read(&vbe->state);
    chip_end(&vbe->chip);
    return value;
}

static void port_write(void *device, uint64_t offset, unsigned size,
                       uint64_t value)
{
    struct vbe *vbe = device;
    bool clears = false;

    (void)size;
    (void)chip_begin(&vbe->chip);
    if (offset == INDEX)
        vbe->state.index = (uint16_t)value;
    else if (offset == DATA)
        clears = vbe_write(&vbe->state, (uint16_t)value);
    if (clears && vbe->mem)
        (void)mem_zero(vbe->mem, vbe->gpa, VBE_MEMORY_SIZE);
    chip_end(&vbe->chip);
}

void vbe_init(struct vbe *vbe, atomic_uint *changes)
{
    *vbe = (struct vbe){.state = vbe_power_on()};
    chip_init(&vbe->chip, NULL, changes);
}

struct vbe_state vbe_save(struct vbe *vbe)
{
    struct vbe_state state;

    (void)chip_begin(&vbe->chip);
    state = vbe->state;
    chip_end(&vbe->chip);
    return state;
}

const struct device_kind vbe_kind = {
    .name = "frame buffer",
    .state = DEVICE_STATE(struct vbe, state),
    .block = {{VBE_PORTS, {port_read, port_write, NULL, false}}},
};
