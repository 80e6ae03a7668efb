/* SPDX-License-Identifier: MIT */
/* The screen's registers on a bus; what they do is kvm/device/vga.c. */
#include "kvm/device/vga.h"

static uint64_t read_port(void *device, unsigned port)
{
    struct vga *vga = device;
    uint64_t value;

    (void)chip_begin(&vga->chip);
    value = vga_read(&vga->state, port);
    chip_end(&vga->chip);
    return value;
}

static void write_port(void *device, unsigned port, uint64_t value)
{
    struct vga *vga = device;

    (void)chip_begin(&vga->chip);
    vga_write(&vga->state, port, (uint8_t)value);
    chip_end(&vga->chip);
}

/* The number of a block's first port, as the chip's manual has it. */
enum { REGISTERS = 0x3c0, CRTC = 0x3d4, STATUS = 0x3da };

static uint64_t registers_read(void *device, uint64_t offset, unsigned size)
{
    (void)size; /* a byte, always */
    return read_port(device, REGISTERS + (unsigned)offset);
}

static void registers_write(void *device, uint64_t offset, unsigned size,
                            uint64_t value)
{
    (void)size;
    write_port(device, REGISTERS + (unsigned)offset, value);
}

static uint64_t crtc_read(void *device, uint64_t offset, unsigned size)
{
    (void)size;
    return read_port(device, CRTC + (unsigned)offset);
}

static void crtc_write(void *device, uint64_t offset, unsigned size,
                       uint64_t value)
{
    (void)size;
    write_port(device, CRTC + (unsigned)offset, value);
}

static uint64_t vga_device_status_read(void *device, uint64_t offset,
                                       unsigned size)
{
    (void)offset, (void)size;
    return read_port(device, STATUS);
}

void vga_init(struct vga *vga, atomic_uint *changes)
{
    vga->state = vga_power_on();
    chip_init(&vga->chip, NULL, changes);
}

struct vga_state vga_save(struct vga *vga)
{
    struct vga_state state;

    (void)chip_begin(&vga->chip);
    state = vga->state;
    chip_end(&vga->chip);
    return state;
}

const struct device_kind vga_kind = {
    .name = "VGA",
    .state = DEVICE_STATE(struct vga, state),
    .block = {[VGA_REGISTERS] = {16,
                                 {registers_read, registers_write, NULL, true}},
              [VGA_CRTC] = {2, {crtc_read, crtc_write, NULL, true}},
              [VGA_STATUS] = {1, {vga_device_status_read, NULL, NULL, true}}},
};
