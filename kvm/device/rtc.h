/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_RTC_H
#define KVM_DEVICE_RTC_H

/*
 * The clock of a PC with its battery-backed memory (Motorola MC146818A): time
 * and date, an alarm, a periodic interrupt, and what the firmware has written
 * down there.
 *
 * struct rtc_state is all that the chip knows. It may be copied to save it and
 * copied back; the functions on it are pure, of it and of the time in ns of the
 * machine's clock, which never goes back. struct rtc is the device.
 */

#include <stdbool.h>
#include <stdint.h>

#include "kvm/device/chip.h"
#include "kvm/device/device.h"

/* The ports of its only block, at 0x70 on a PC. */
enum { RTC_INDEX, RTC_DATA, RTC_PORTS };
enum { RTC_BYTES = 128, RTC_CENTURY = 0x32 };

struct rtc_state {
    uint8_t index;
    uint8_t bytes[RTC_BYTES];
    uint64_t next_update; /* ns: the end of the second under way */
    uint64_t seen;        /* cycles of 32768 Hz that were looked at */
};

/* The date is 1970-01-01 and so many seconds, UTC. */
struct rtc_state rtc_power_on(uint64_t unix_time);
void rtc_set_date(struct rtc_state *s, uint64_t unix_time);
uint8_t rtc_read(struct rtc_state *s, uint64_t now, unsigned port);
void rtc_write(struct rtc_state *s, uint64_t now, unsigned port, uint8_t value);
/* What is due by now happens. */
void rtc_run(struct rtc_state *s, uint64_t now);
/* The interrupt output. */
bool rtc_interrupts(const struct rtc_state *s);
/* When it rises next, or may; CLOCK_NEVER. */
uint64_t rtc_deadline(const struct rtc_state *s);

struct rtc {
    struct chip chip;
    struct irq_line *irq;
    struct rtc_state state;
};

/* Its device is a struct rtc. */
extern const struct device_kind rtc_kind;

/* clock and changes are borrowed. */
void rtc_init(struct rtc *rtc, struct machine_clock *clock,
              atomic_uint *changes, uint64_t unix_time);
/* What is due by now happens. Returns when the line is to rise next. */
uint64_t rtc_settle(struct rtc *rtc);

#endif
