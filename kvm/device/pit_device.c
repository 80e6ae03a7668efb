/* SPDX-License-Identifier: MIT */
/* The chip on a bus, with a clock and a line; what it does is kvm/device/pit.c.
 */
#include "kvm/device/pit.h"

/* Output 0 as the line has it; each rise is an edge. With the lock. */
static void drive_line(struct pit *pit, uint64_t now)
{
    bool rose = pit_run(&pit->state, now);

    if (rose)
        irq_set(pit->irq, false);
    if (rose)
        irq_set(pit->irq, true);
    irq_set(pit->irq, pit->state.high);
}

/* Returns the time, and what was due before it has happened. */
static uint64_t pit_begin_access(struct pit *pit)
{
    uint64_t now = chip_begin(&pit->chip);

    drive_line(pit, now);
    return now;
}

static void pit_end_access(struct pit *pit, uint64_t now)
{
    drive_line(pit, now);
    chip_end_change(&pit->chip);
}

static uint64_t read_counters(void *device, uint64_t offset, unsigned size)
{
    struct pit *pit = device;
    uint64_t now = pit_begin_access(pit);
    uint64_t value = pit_read(&pit->state, now, (unsigned)offset);

    (void)size;
    chip_end(&pit->chip);
    return value;
}

static void write_counters(void *device, uint64_t offset, unsigned size,
                           uint64_t value)
{
    struct pit *pit = device;
    uint64_t now = pit_begin_access(pit);

    (void)size;
    pit_write(&pit->state, now, (unsigned)offset, (uint8_t)value);
    pit_end_access(pit, now);
}

static uint64_t read_speaker(void *device, uint64_t offset, unsigned size)
{
    struct pit *pit = device;
    uint64_t now = pit_begin_access(pit);
    uint64_t value = pit_read_61(&pit->state, now);

    (void)offset, (void)size;
    chip_end(&pit->chip);
    return value;
}

static void write_speaker(void *device, uint64_t offset, unsigned size,
                          uint64_t value)
{
    struct pit *pit = device;
    uint64_t now = pit_begin_access(pit);

    (void)offset, (void)size;
    pit_write_61(&pit->state, now, (uint8_t)value);
    pit_end_access(pit, now);
}

uint64_t pit_settle(struct pit *pit)
{
    uint64_t deadline;

    (void)pit_begin_access(pit);
    deadline = pit_deadline(&pit->state);
    chip_end(&pit->chip);
    return deadline;
}

void pit_init(struct pit *pit, struct machine_clock *clock,
              atomic_uint *changes)
{
    *pit = (struct pit){.state = pit_power_on()};
    chip_init(&pit->chip, clock, changes);
}

static void pit_drive(void *device, struct irq_line *line)
{
    ((struct pit *)device)->irq = line;
}

const struct device_kind pit_kind = {
    .name = "timer",
    .state = DEVICE_STATE(struct pit, state),
    .block = {[PIT_COUNTERS_BLOCK] = {4,
                                      {read_counters, write_counters, NULL,
                                       true}},
              [PIT_SPEAKER] = {1, {read_speaker, write_speaker, NULL, true}}},
    .drive = pit_drive,
};
