/* SPDX-License-Identifier: MIT */
/* The chips on a bus, with lines and a CPU; what they do is kvm/device/pic.c.
 */
#include "kvm/device/pic.h"

/* With the lock. */
static void drive_out(struct pic *pic)
{
    irq_set(&pic->out, pic_asks(&pic->state));
}

static void pic_begin_access(struct pic *pic)
{
    if (pic->host.before_access)
        pic->host.before_access(pic->host.context);
    (void)chip_begin(&pic->chip);
}

static void pic_end_access(struct pic *pic)
{
    drive_out(pic);
    chip_end_change(&pic->chip);
}

static uint64_t read_chip(struct pic *pic, unsigned chip, uint64_t offset)
{
    uint64_t value;

    pic_begin_access(pic);
    value = pic_read(&pic->state, chip, (unsigned)offset);
    pic_end_access(pic);
    return value;
}

static void write_chip(struct pic *pic, unsigned chip, uint64_t offset,
                       uint64_t value)
{
    pic_begin_access(pic);
    pic_write(&pic->state, chip, (unsigned)offset, (uint8_t)value);
    pic_end_access(pic);
}

static uint64_t read_master(void *device, uint64_t offset, unsigned size)
{
    (void)size;
    return read_chip(device, PIC_MASTER, offset);
}

static void write_master(void *device, uint64_t offset, unsigned size,
                         uint64_t value)
{
    (void)size;
    write_chip(device, PIC_MASTER, offset, value);
}

static uint64_t read_slave(void *device, uint64_t offset, unsigned size)
{
    (void)size;
    return read_chip(device, PIC_SLAVE, offset);
}

static void write_slave(void *device, uint64_t offset, unsigned size,
                        uint64_t value)
{
    (void)size;
    write_chip(device, PIC_SLAVE, offset, value);
}

static uint64_t read_levels(void *device, uint64_t offset, unsigned size)
{
    struct pic *pic = device;
    uint64_t value;

    (void)size;
    pic_begin_access(pic);
    value = pic_read_elcr(&pic->state, (unsigned)offset);
    chip_end(&pic->chip);
    return value;
}

static void write_levels(void *device, uint64_t offset, unsigned size,
                         uint64_t value)
{
    struct pic *pic = device;

    (void)size;
    pic_begin_access(pic);
    pic_write_elcr(&pic->state, (unsigned)offset, (uint8_t)value);
    pic_end_access(pic);
}

static void pic_hear_line(void *context, unsigned number, bool high)
{
    struct pic *pic = context;

    (void)chip_begin(&pic->chip);
    pic_set_input(&pic->state, number, high);
    pic_end_access(pic);
}

struct irq_sink pic_sink(struct pic *pic)
{
    return (struct irq_sink){pic_hear_line, pic};
}

void pic_init(struct pic *pic, atomic_uint *changes)
{
    *pic = (struct pic){.state = pic_power_on()};
    chip_init(&pic->chip, NULL, changes);
    irq_init(&pic->out, 0);
}

void pic_connect(struct pic *pic, struct pic_host host)
{
    pic->host = host;
}

const struct device_kind pic_kind = {
    .name = "interrupt controller",
    .state = DEVICE_STATE(struct pic, state),
    .block = {[PIC_MASTER] = {2, {read_master, write_master, NULL, true}},
              [PIC_SLAVE] = {2, {read_slave, write_slave, NULL, true}},
              [PIC_ELCR] = {2, {read_levels, write_levels, NULL, true}}},
};

/* --- for the CPU --- */

uint8_t pic_take(struct pic *pic)
{
    uint8_t vector;

    (void)chip_begin(&pic->chip);
    pic->unacknowledged = pic->state;
    vector = pic_acknowledge(&pic->state);
    irq_set(&pic->out, false); /* and it rises again, if there is more */
    pic_end_access(pic);
    return vector;
}

void pic_give_back(struct pic *pic)
{
    (void)chip_begin(&pic->chip);
    pic_unacknowledge(&pic->state, &pic->unacknowledged);
    pic_end_access(pic);
}

bool pic_is_heeding(struct pic *pic, unsigned n)
{
    bool heeds;

    (void)chip_begin(&pic->chip);
    heeds = pic_heeds(&pic->state, n);
    chip_end(&pic->chip);
    return heeds;
}
