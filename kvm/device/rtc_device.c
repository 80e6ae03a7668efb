/* SPDX-License-Identifier: MIT */
/* The chip on a bus, with a clock and a line; what it does is kvm/device/rtc.c.
 */
#include "kvm/device/rtc.h"

/* Returns the time, and what was due before it has happened. */
static uint64_t rtc_begin_access(struct rtc *rtc)
{
    uint64_t now = chip_begin(&rtc->chip);

    rtc_run(&rtc->state, now);
    irq_set(rtc->irq, rtc_interrupts(&rtc->state));
    return now;
}

static void rtc_end_access(struct rtc *rtc)
{
    irq_set(rtc->irq, rtc_interrupts(&rtc->state));
    chip_end_change(&rtc->chip);
}

static uint64_t read_ports(void *device, uint64_t offset, unsigned size)
{
    struct rtc *rtc = device;
    uint64_t now = rtc_begin_access(rtc);
    uint64_t value = rtc_read(&rtc->state, now, (unsigned)offset);

    (void)size;
    rtc_end_access(rtc);
    return value;
}

static void write_ports(void *device, uint64_t offset, unsigned size,
                        uint64_t value)
{
    struct rtc *rtc = device;
    uint64_t now = rtc_begin_access(rtc);

    (void)size;
    rtc_write(&rtc->state, now, (unsigned)offset, (uint8_t)value);
    rtc_end_access(rtc);
}

uint64_t rtc_settle(struct rtc *rtc)
{
    uint64_t deadline;

    (void)rtc_begin_access(rtc);
    deadline = rtc_deadline(&rtc->state);
    chip_end(&rtc->chip);
    return deadline;
}

void rtc_init(struct rtc *rtc, struct machine_clock *clock,
              atomic_uint *changes, uint64_t unix_time)
{
    *rtc = (struct rtc){.state = rtc_power_on(unix_time)};
    chip_init(&rtc->chip, clock, changes);
}

static void rtc_drive(void *device, struct irq_line *line)
{
    ((struct rtc *)device)->irq = line;
}

const struct device_kind rtc_kind = {
    .name = "real-time clock",
    .state = DEVICE_STATE(struct rtc, state),
    .block = {{RTC_PORTS, {read_ports, write_ports, NULL, true}}},
    .drive = rtc_drive,
};
