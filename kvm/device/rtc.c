/* SPDX-License-Identifier: MIT */
#include "kvm/device/rtc.h"

#include <time.h>

/*
 * Motorola MC146818A data sheet (ADI856R2): "Time, Calendar, and Alarm
 * Locations", "Interrupts", "Update Cycle", "Registers". The century is where
 * ACPI's tables and BIOSes have it. Daylight saving and the square wave are
 * not there: their bits are kept, and do nothing.
 */

enum {
    SECOND,
    SECOND_ALARM,
    MINUTE,
    MINUTE_ALARM,
    HOUR,
    HOUR_ALARM,
    WEEKDAY, /* 1: Sunday */
    DAY,
    MONTH,
    YEAR,
    REG_A,
    REG_B,
    REG_C,
    REG_D,
};

enum {
    A_UPDATING = 0x80,
    A_DIVIDER = 0x70,
    A_DIVIDER_32KHZ = 0x20,
    A_DIVIDER_RESET = 0x60, /* and 0x70 */
    A_RATE = 0x0f,
    B_SET = 0x80,
    B_PERIODIC = 0x40,
    B_ALARM = 0x20,
    B_UPDATED = 0x10,
    B_BINARY = 0x04,
    B_24_HOURS = 0x02,
    C_INTERRUPT = 0x80, /* the others are those of B */
    C_CAUSES = 0x70,
    D_VALID = 0x80, /* the battery is good */
    PM = 0x80,
    ANY = 0xc0, /* of an alarm: these two bits */
    INDEX = 0x7f,
    CYCLES = 32768, /* Hz */
};

#define HALF_SECOND (CLOCK_NS_PER_SECOND / 2)
/* "Update Cycle": t_BUC and t_UC, that A_UPDATING is set before its end. */
#define UPDATE_NS ((uint64_t)(244 + 1984) * 1000)

/* --- bytes --- */

static unsigned decode(const struct rtc_state *s, uint8_t byte)
{
    return s->bytes[REG_B] & B_BINARY ? byte : (byte >> 4) * 10u + (byte & 0xf);
}

static uint8_t encode(const struct rtc_state *s, unsigned value)
{
    return (uint8_t)(s->bytes[REG_B] & B_BINARY
                         ? value
                         : value / 10 % 10 << 4 | value % 10);
}

static unsigned decode_hour(const struct rtc_state *s, uint8_t byte)
{
    if (s->bytes[REG_B] & B_24_HOURS)
        return decode(s, byte);
    return decode(s, byte & ~PM & 0xff) % 12 + (byte & PM ? 12 : 0);
}

static uint8_t encode_hour(const struct rtc_state *s, unsigned hour)
{
    unsigned of_twelve = hour % 12 ? hour % 12 : 12;

    if (s->bytes[REG_B] & B_24_HOURS)
        return encode(s, hour);
    return (uint8_t)(encode(s, of_twelve) | (hour >= 12 ? PM : 0));
}

/* --- the calendar --- */

struct date {
    unsigned second, minute, hour, weekday, day, month, year, century;
};

static struct date read_date(const struct rtc_state *s)
{
    return (struct date){
        .second = decode(s, s->bytes[SECOND]),
        .minute = decode(s, s->bytes[MINUTE]),
        .hour = decode_hour(s, s->bytes[HOUR]),
        .weekday = decode(s, s->bytes[WEEKDAY]),
        .day = decode(s, s->bytes[DAY]),
        .month = decode(s, s->bytes[MONTH]),
        .year = decode(s, s->bytes[YEAR]),
        .century = decode(s, s->bytes[RTC_CENTURY]),
    };
}

static void write_date(struct rtc_state *s, const struct date *d)
{
    s->bytes[SECOND] = encode(s, d->second);
    s->bytes[MINUTE] = encode(s, d->minute);
    s->bytes[HOUR] = encode_hour(s, d->hour);
    s->bytes[WEEKDAY] = encode(s, d->weekday);
    s->bytes[DAY] = encode(s, d->day);
    s->bytes[MONTH] = encode(s, d->month);
    s->bytes[YEAR] = encode(s, d->year);
    s->bytes[RTC_CENTURY] = encode(s, d->century);
}

static unsigned days_of(const struct date *d)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30,
                                   31, 31, 30, 31, 30, 31};

    if (d->month < 1 || d->month > 12)
        return 31;
    return days[d->month - 1] + (d->month == 2 && d->year % 4 == 0 ? 1u : 0u);
}

/* One of several, as a mechanical counter has them: true when it is over. */
static bool count(unsigned *wheel, unsigned first, unsigned last)
{
    bool over = *wheel >= last;

    *wheel = over ? first : *wheel + 1;
    return over;
}

/* Whatever was written there comes to a date after a while. */
static void add_second(struct date *d)
{
    if (!count(&d->second, 0, 59) || !count(&d->minute, 0, 59) ||
        !count(&d->hour, 0, 23))
        return;
    (void)count(&d->weekday, 1, 7);
    if (count(&d->day, 1, days_of(d)) && count(&d->month, 1, 12) &&
        count(&d->year, 0, 99))
        (void)count(&d->century, 0, 99);
}

static bool matches(uint8_t alarm, unsigned wanted, unsigned value)
{
    return (alarm & ANY) == ANY || wanted == value;
}

static bool is_alarm(const struct rtc_state *s, const struct date *d)
{
    const uint8_t *b = s->bytes;

    return matches(b[SECOND_ALARM], decode(s, b[SECOND_ALARM]), d->second) &&
           matches(b[MINUTE_ALARM], decode(s, b[MINUTE_ALARM]), d->minute) &&
           matches(b[HOUR_ALARM], decode_hour(s, b[HOUR_ALARM]), d->hour);
}

/* --- time goes on --- */

static bool divides(const struct rtc_state *s)
{
    return (s->bytes[REG_A] & A_DIVIDER) == A_DIVIDER_32KHZ;
}

static bool updates(const struct rtc_state *s)
{
    return divides(s) && !(s->bytes[REG_B] & B_SET);
}

static void raise_cause(struct rtc_state *s, uint8_t cause)
{
    s->bytes[REG_C] |= cause;
}

static void update_interrupt(struct rtc_state *s)
{
    s->bytes[REG_C] &= (uint8_t)~C_INTERRUPT;
    if (s->bytes[REG_C] & s->bytes[REG_B] & C_CAUSES)
        s->bytes[REG_C] |= C_INTERRUPT;
}

static void run_seconds(struct rtc_state *s, uint64_t now)
{
    uint64_t seconds;
    struct date date;

    if (!divides(s) || now < s->next_update)
        return;
    seconds = (now - s->next_update) / CLOCK_NS_PER_SECOND + 1;
    s->next_update += seconds * CLOCK_NS_PER_SECOND;
    if (!updates(s))
        return;
    date = read_date(s);
    for (; seconds > 0; seconds--) {
        add_second(&date);
        if (is_alarm(s, &date))
            raise_cause(s, B_ALARM);
    }
    write_date(s, &date);
    raise_cause(s, B_UPDATED);
}

/* Of the periodic interrupt, in cycles (data sheet, table 5); 0: none. The two
 * fastest rates of a 32 kHz time base are those of 8 and 9. */
static uint64_t period_of(const struct rtc_state *s)
{
    unsigned rate = s->bytes[REG_A] & A_RATE;

    if (!rate || !divides(s))
        return 0;
    return UINT64_C(1) << (rate < 3 ? rate + 6 : rate - 1);
}

static void run_period(struct rtc_state *s, uint64_t now)
{
    uint64_t cycles = clock_cycles_at(now, CYCLES);
    uint64_t period = period_of(s);

    if (period && cycles / period != s->seen / period)
        raise_cause(s, B_PERIODIC);
    s->seen = cycles;
}

void rtc_run(struct rtc_state *s, uint64_t now)
{
    run_seconds(s, now);
    run_period(s, now);
    update_interrupt(s);
}

bool rtc_interrupts(const struct rtc_state *s)
{
    return s->bytes[REG_C] & C_INTERRUPT;
}

uint64_t rtc_deadline(const struct rtc_state *s)
{
    uint64_t deadline = CLOCK_NEVER;
    uint64_t period = period_of(s);
    uint64_t tick;

    if (rtc_interrupts(s))
        return CLOCK_NEVER;
    if (updates(s) && s->bytes[REG_B] & (B_ALARM | B_UPDATED))
        deadline = s->next_update;
    if (!period || !(s->bytes[REG_B] & B_PERIODIC))
        return deadline;
    tick = clock_ns_of((s->seen / period + 1) * period, CYCLES);
    return tick < deadline ? tick : deadline;
}

/* --- registers --- */

static bool is_updating(const struct rtc_state *s, uint64_t now)
{
    return updates(s) && s->next_update - now <= UPDATE_NS;
}

static uint8_t read_byte(struct rtc_state *s, uint64_t now)
{
    uint8_t value = s->bytes[s->index];

    if (s->index == REG_A && is_updating(s, now))
        return value | A_UPDATING;
    if (s->index == REG_C) { /* "cleared by reading" */
        s->bytes[REG_C] = 0;
        update_interrupt(s);
    }
    return value;
}

/* "When the divider is changed from a reset, the first update is half a second
 * later." */
static void write_a(struct rtc_state *s, uint64_t now, uint8_t value)
{
    bool divided = divides(s);

    s->bytes[REG_A] = value & ~A_UPDATING & 0xff;
    if (divides(s) && !divided)
        s->next_update = now + HALF_SECOND;
}

/* SET clears the update-ended interrupt's enable. */
static void write_b(struct rtc_state *s, uint8_t value)
{
    if (value & B_SET)
        value &= (uint8_t)~B_UPDATED;
    s->bytes[REG_B] = value;
    update_interrupt(s);
}

static void write_byte(struct rtc_state *s, uint64_t now, uint8_t value)
{
    if (s->index == REG_A)
        write_a(s, now, value);
    else if (s->index == REG_B)
        write_b(s, value);
    else if (s->index != REG_C && s->index != REG_D)
        s->bytes[s->index] = value;
}

uint8_t rtc_read(struct rtc_state *s, uint64_t now, unsigned port)
{
    rtc_run(s, now);
    if (port == RTC_INDEX) /* it can be written only */
        return 0xff;
    return read_byte(s, now);
}

/* Bit 7 of the index gates the NMI, of which there is none. */
void rtc_write(struct rtc_state *s, uint64_t now, unsigned port, uint8_t value)
{
    rtc_run(s, now);
    if (port == RTC_INDEX)
        s->index = value & INDEX;
    else
        write_byte(s, now, value);
}

void rtc_set_date(struct rtc_state *s, uint64_t unix_time)
{
    enum { YEAR_0 = 1900 };
    const time_t seconds = (time_t)unix_time;
    struct date date = {.day = 1, .month = 1, .weekday = 1, .century = 20};
    struct tm tm;

    if (gmtime_r(&seconds, &tm))
        date = (struct date){
            .second = (unsigned)tm.tm_sec,
            .minute = (unsigned)tm.tm_min,
            .hour = (unsigned)tm.tm_hour,
            .weekday = (unsigned)tm.tm_wday + 1,
            .day = (unsigned)tm.tm_mday,
            .month = (unsigned)tm.tm_mon + 1,
            .year = (unsigned)tm.tm_year % 100,
            .century = (unsigned)(tm.tm_year + YEAR_0) / 100,
        };
    write_date(s, &date);
}

struct rtc_state rtc_power_on(uint64_t unix_time)
{
    enum { RATE_1024_HZ = 6 };
    struct rtc_state s = {.next_update = CLOCK_NS_PER_SECOND};

    s.bytes[REG_A] = A_DIVIDER_32KHZ | RATE_1024_HZ;
    s.bytes[REG_B] = B_24_HOURS;
    s.bytes[REG_D] = D_VALID;
    rtc_set_date(&s, unix_time);
    return s;
}
