/* SPDX-License-Identifier: MIT */
/* ACPI's registers on a bus, with a clock and a line; what they do is
 * kvm/device/pm.c. Accesses of any size: that of a register is at most 32 bits,
 * and software may access it by bytes (ACPI 6.4, 4.8.1.1). */
#include "kvm/device/guest_end.h"
#include "kvm/device/pm.h"

static void pm_begin_access(struct pm *pm)
{
    pm_run(&pm->state, chip_begin(&pm->chip));
    irq_set(pm->irq, pm_interrupts(&pm->state));
}

static uint64_t pm_read_block(struct pm *pm, unsigned block, uint64_t offset,
                              unsigned size)
{
    uint64_t value = 0;

    pm_begin_access(pm);
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)pm_read(&pm->state, block, (unsigned)offset + i)
                 << 8 * i;
    chip_end(&pm->chip);
    return value;
}

static void pm_write_block(struct pm *pm, unsigned block, uint64_t offset,
                           unsigned size, uint64_t value)
{
    pm_begin_access(pm);
    for (unsigned i = 0; i < size; i++)
        pm_write(&pm->state, block, (unsigned)offset + i,
                 (uint8_t)(value >> 8 * i));
    irq_set(pm->irq, pm_interrupts(&pm->state));
    if (pm->state.is_off)
        atomic_store(pm->end_code, GUEST_ENDED);
    pm->state.is_off = false;
    chip_end_change(&pm->chip);
}

static uint64_t read_event(void *device, uint64_t offset, unsigned size)
{
    return pm_read_block(device, PM_EVENT, offset, size);
}

static void write_event(void *device, uint64_t offset, unsigned size,
                        uint64_t value)
{
    pm_write_block(device, PM_EVENT, offset, size, value);
}

static uint64_t pm_read_control(void *device, uint64_t offset, unsigned size)
{
    return pm_read_block(device, PM_CONTROL, offset, size);
}

static void pm_device_write_control(void *device, uint64_t offset,
                                    unsigned size, uint64_t value)
{
    pm_write_block(device, PM_CONTROL, offset, size, value);
}

static uint64_t read_timer(void *device, uint64_t offset, unsigned size)
{
    return pm_read_block(device, PM_TIMER, offset, size);
}

uint64_t pm_settle(struct pm *pm)
{
    uint64_t deadline;

    pm_begin_access(pm);
    deadline = pm_deadline(&pm->state);
    chip_end(&pm->chip);
    return deadline;
}

void pm_init(struct pm *pm, struct machine_clock *clock, atomic_uint *changes,
             atomic_int *end_code)
{
    *pm = (struct pm){.end_code = end_code, .state = pm_power_on()};
    chip_init(&pm->chip, clock, changes);
}

static void pm_drive(void *device, struct irq_line *line)
{
    ((struct pm *)device)->irq = line;
}

const struct device_kind pm_kind = {
    .name = "ACPI power management",
    .state = DEVICE_STATE(struct pm, state),
    .block = {[PM_EVENT] = {PM_EVENT_SIZE,
                            {read_event, write_event, NULL, false}},
              [PM_CONTROL] = {PM_CONTROL_SIZE,
                              {pm_read_control, pm_device_write_control, NULL,
                               false}},
              [PM_TIMER] = {PM_TIMER_SIZE, {read_timer, NULL, NULL, false}}},
    .drive = pm_drive,
};
