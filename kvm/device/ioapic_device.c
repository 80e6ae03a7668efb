/* SPDX-License-Identifier: MIT */
/* The chip on a bus, with lines; what it does is kvm/device/ioapic.c. */
#include "kvm/device/ioapic.h"

/* With the lock. */
static void ioapic_send(struct ioapic *ioapic, uint32_t pins)
{
    for (unsigned n = 0; n < IOAPIC_PINS; n++) {
        struct apic_message message = ioapic_message(&ioapic->state, n);

        if (pins >> n & 1 && ioapic->host.send(ioapic->host.context, &message))
            ioapic_sent(&ioapic->state, n);
    }
}

static void ioapic_device_end(struct ioapic *ioapic, uint32_t pins)
{
    ioapic_send(ioapic, pins);
    chip_end_change(&ioapic->chip);
}

/* What is due before an access happens before it. */
static void ioapic_begin_access(struct ioapic *ioapic)
{
    if (ioapic->host.before_access)
        ioapic->host.before_access(ioapic->host.context);
    (void)chip_begin(&ioapic->chip);
}

/* Registers have 32 bits at multiples of 16 (3.1). */
static uint64_t read_register(void *device, uint64_t offset, unsigned size)
{
    struct ioapic *ioapic = device;
    unsigned byte = offset & 0xf;
    uint32_t value;

    (void)size;
    ioapic_begin_access(ioapic);
    value = ioapic_read(&ioapic->state, (unsigned)offset & ~0xfu);
    chip_end(&ioapic->chip);
    return byte < 4 ? value >> 8 * byte : 0;
}

/* The index may be written as a byte. */
static void write_register(void *device, uint64_t offset, unsigned size,
                           uint64_t value)
{
    struct ioapic *ioapic = device;

    if (offset & 0xf || (size != 4 && offset))
        return;
    ioapic_begin_access(ioapic);
    ioapic_device_end(ioapic, ioapic_write(&ioapic->state, (unsigned)offset,
                                           (uint32_t)value));
}

void ioapic_drive_pin(struct ioapic *ioapic, unsigned n, bool high)
{
    (void)chip_begin(&ioapic->chip);
    ioapic_device_end(ioapic, ioapic_set_pin(&ioapic->state, n, high));
}

void ioapic_hear_end(struct ioapic *ioapic, uint8_t vector)
{
    (void)chip_begin(&ioapic->chip);
    ioapic_device_end(ioapic, ioapic_end(&ioapic->state, vector));
}

bool ioapic_is_heeding(struct ioapic *ioapic, unsigned n,
                       struct apic_message *ret)
{
    bool heeds;

    (void)chip_begin(&ioapic->chip);
    heeds = ioapic_heeds(&ioapic->state, n);
    *ret = ioapic_message(&ioapic->state, n);
    chip_end(&ioapic->chip);
    return heeds;
}

void ioapic_init(struct ioapic *ioapic, atomic_uint *changes,
                 struct ioapic_host host)
{
    *ioapic = (struct ioapic){.state = ioapic_power_on(), .host = host};
    chip_init(&ioapic->chip, NULL, changes);
}

const struct device_kind ioapic_kind = {
    .name = "I/O APIC",
    .state = DEVICE_STATE(struct ioapic, state),
    .block = {{IOAPIC_SIZE, {read_register, write_register, NULL, false}}},
};
