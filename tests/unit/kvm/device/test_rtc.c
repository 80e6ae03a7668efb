/* SPDX-License-Identifier: MIT */
/* The MC146818A, by its data sheet: rows of accesses in time. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "kvm/device/rtc.h"
#include "tests/unit/kvm/rows.h"

#define MS     UINT64_C(1000000)
#define SECOND (1000 * MS)
/* 2026-11-29 06:51:58, a Sunday. */
#define SUNDAY UINT64_C(1795935118)

struct op {
    enum { END, SET, GET, IRQ, NEXT } what;
    uint64_t at; /* ms */
    unsigned reg;
    uint64_t value;
};

enum { NEVER = 0x7fffffff };

/* clang-format off */
#define W(at, reg, value) {SET, at, reg, value}
#define R(at, reg, value) {GET, at, reg, value}
#define HIGH(at)          {IRQ, at, 0, 1}
#define LOW(at)           {IRQ, at, 0, 0}
#define DUE(us)           {NEXT, 0, 0, us}

static const struct row {
    const char *label;
    uint64_t start; /* 0: SUNDAY */
    struct op op[32];
} rows[] = {
    {"power-on", 0, {R(0, 0x0a, 0x26), R(0, 0x0b, 0x02), R(0, 0x0c, 0),
     R(0, 0x0d, 0x80), LOW(0), DUE(NEVER)}},
    {"date, BCD", 0, {R(0, 0, 0x58), R(0, 2, 0x51), R(0, 4, 0x06), R(0, 6, 1),
     R(0, 7, 0x29), R(0, 8, 0x11), R(0, 9, 0x26), R(0, 0x32, 0x20)}},
    {"it goes on", 0, {R(999, 0, 0x58), R(1000, 0, 0x59), R(2000, 0, 0),
     R(2000, 2, 0x52), R(3600000, 4, 0x07)}},
    {"a year ends", UINT64_C(1798761599), {R(0, 0, 0x59), R(0, 9, 0x26),
     R(1000, 0, 0), R(1000, 2, 0), R(1000, 4, 0), R(1000, 6, 6), R(1000, 7, 1),
     R(1000, 8, 1), R(1000, 9, 0x27)}},
    {"a century ends", UINT64_C(4102444799), {R(0, 9, 0x99), R(0, 0x32, 0x20),
     R(1000, 9, 0), R(1000, 0x32, 0x21)}},
    {"a leap day", UINT64_C(1835395199), {R(0, 7, 0x28), R(0, 8, 2),
     R(1000, 7, 0x29), R(1000, 8, 2)}},
    {"none", UINT64_C(1803859199), {R(0, 7, 0x28), R(1000, 7, 1),
     R(1000, 8, 3)}},
    {"binary", 0, {W(0, 0x0b, 0x86), W(0, 0, 58), W(0, 2, 59), W(0, 4, 23),
     W(0, 7, 31), W(0, 8, 12), W(0, 9, 30), W(0, 0x0b, 0x06), R(1000, 0, 59),
     R(2000, 0, 0), R(2000, 2, 0), R(2000, 4, 0), R(2000, 9, 31)}},
    {"twelve hours", 0, {W(0, 0x0b, 0x80), W(0, 0, 0x59), W(0, 2, 0x59),
     W(0, 4, 0x11), W(0, 0x0b, 0), R(1000, 4, 0x92), R(3601000, 4, 0x81)}},
    {"midnight of twelve hours", 0, {W(0, 0x0b, 0x80), W(0, 0, 0x59),
     W(0, 2, 0x59), W(0, 4, 0x91), W(0, 0x0b, 0), R(1000, 4, 0x12),
     R(1000, 7, 0x30), R(3601000, 4, 0x01)}},
    {"SET stops it", 0, {W(0, 0x0b, 0x82), R(5000, 0, 0x58), W(5000, 0x0b, 2),
     R(5999, 0, 0x58), R(6000, 0, 0x59)}},
    {"the divider in reset", 0, {W(100, 0x0a, 0x76), R(5000, 0, 0x58),
     W(5000, 0x0a, 0x26), R(5499, 0, 0x58), R(5500, 0, 0x59),
     R(6500, 0, 0)}},
    {"what cannot be becomes a date", 0, {W(0, 0x0b, 0x82), W(0, 0, 0xff),
     W(0, 2, 0xff), W(0, 4, 0xff), W(0, 7, 0xff), W(0, 8, 0xff),
     W(0, 9, 0xff), W(0, 0x0b, 2), R(1000, 0, 0), R(1000, 2, 0), R(1000, 4, 0),
     R(1000, 7, 1), R(1000, 8, 1), R(1000, 9, 0)}},
    /* --- registers --- */
    {"update in progress", 0, {R(997, 0x0a, 0x26), R(998, 0x0a, 0xa6),
     R(999, 0x0a, 0xa6), R(1000, 0x0a, 0x26)}},
    {"none while it is set", 0, {W(0, 0x0b, 0x82), R(999, 0x0a, 0x26)}},
    {"A's top bit is read-only", 0, {W(0, 0x0a, 0xa6), R(0, 0x0a, 0x26)}},
    {"C and D are", 0, {W(0, 0x0c, 0xff), R(0, 0x0c, 0), W(0, 0x0d, 0),
     R(0, 0x0d, 0x80)}},
    {"memory", 0, {W(0, 0x0e, 0x55), W(0, 0x7f, 0xaa), R(0, 0x0e, 0x55),
     R(0, 0x7f, 0xaa), R(0, 0xff, 0xaa)}},
    /* --- interrupts --- */
    {"flags without interrupts", 0, {R(500, 0x0c, 0x40), R(1000, 0x0c, 0x50),
     R(1000, 0x0c, 0), LOW(1000)}},
    {"update-ended", 0, {R(0, 0x0c, 0), W(0, 0x0b, 0x12), DUE(1000000),
     LOW(999), HIGH(1000), HIGH(1500), DUE(NEVER), R(1500, 0x0c, 0xd0),
     LOW(1500), DUE(2000000), HIGH(2000)}},
    {"SET disables it", 0, {W(0, 0x0b, 0x92), R(0, 0x0b, 0x82)}},
    {"enabled later", 0, {LOW(1000), W(1000, 0x0b, 0x12), HIGH(1000)}},
    {"alarm", 0, {W(0, 1, 0x01), W(0, 3, 0x52), W(0, 5, 0x06),
     W(0, 0x0b, 0x22), LOW(2999), HIGH(3000), R(3000, 0x0c, 0xf0),
     LOW(60000)}},
    {"alarm: another hour", 0, {W(0, 1, 0x01), W(0, 3, 0x52), W(0, 5, 0x07),
     W(0, 0x0b, 0x22), LOW(5000), HIGH(3603000)}},
    {"alarm: each hour", 0, {W(0, 1, 0x01), W(0, 3, 0x52), W(0, 5, 0xc0),
     W(0, 0x0b, 0x22), HIGH(3000), R(3000, 0x0c, 0xf0), LOW(3602999),
     HIGH(3603000)}},
    {"alarm: each second", 0, {W(0, 1, 0xff), W(0, 3, 0xff), W(0, 5, 0xff),
     W(0, 0x0b, 0x22), HIGH(1000), R(1000, 0x0c, 0xf0), HIGH(2000)}},
    {"periodic, 1024 Hz", 0, {W(0, 0x0b, 0x42), DUE(977), LOW(0), HIGH(1),
     R(1, 0x0c, 0xc0), LOW(1), DUE(1954), HIGH(2)}},
    {"periodic, 2 Hz", 0, {W(0, 0x0a, 0x2f), W(0, 0x0b, 0x42), LOW(499),
     HIGH(500), R(500, 0x0c, 0xc0), LOW(999), HIGH(1000)}},
    {"periodic, 256 Hz by rate 1", 0, {W(0, 0x0a, 0x21), W(0, 0x0b, 0x42),
     DUE(3907)}},
    {"periodic, 128 Hz by rate 2", 0, {W(0, 0x0a, 0x22), W(0, 0x0b, 0x42),
     DUE(7813)}},
    {"periodic, 8192 Hz", 0, {W(0, 0x0a, 0x23), W(0, 0x0b, 0x42), DUE(123)}},
    {"no rate", 0, {W(0, 0x0a, 0x20), W(0, 0x0b, 0x42), DUE(NEVER),
     LOW(900)}},
};
/* clang-format on */

static uint8_t get(struct rtc_state *s, uint64_t now, unsigned reg)
{
    rtc_write(s, now, RTC_INDEX, (uint8_t)reg);
    return rtc_read(s, now, RTC_DATA);
}

static void set(struct rtc_state *s, uint64_t now, unsigned reg, uint64_t value)
{
    rtc_write(s, now, RTC_INDEX, (uint8_t)reg);
    rtc_write(s, now, RTC_DATA, (uint8_t)value);
}

/* In us, rounded up. */
static uint64_t due(const struct rtc_state *s)
{
    uint64_t deadline = rtc_deadline(s);

    return deadline == CLOCK_NEVER ? NEVER : (deadline + 999) / 1000;
}

static void do_op(struct rtc_state *s, const struct row *row, size_t i)
{
    const struct op *op = &row->op[i];
    uint64_t now = op->at * MS;

    switch (op->what) {
    case END:
        break;
    case SET:
        set(s, now, op->reg, op->value);
        break;
    case GET:
        cr_expect(eq(u8, get(s, now, op->reg), (uint8_t)op->value),
                  "%s: op %zu", row->label, i);
        break;
    case IRQ:
        rtc_run(s, now);
        cr_expect(eq(int, rtc_interrupts(s), (int)op->value), "%s: op %zu",
                  row->label, i);
        break;
    case NEXT:
        cr_expect(eq(u64, due(s), op->value), "%s: op %zu", row->label, i);
        break;
    }
}

ParameterizedTestParameters(rtc, chip)
{
    return row_numbers(ROWS(rows));
}

ParameterizedTest(const size_t *i, rtc, chip)
{
    const struct row *row = &rows[*i];
    struct rtc_state s = rtc_power_on(row->start ? row->start : SUNDAY);

    for (size_t k = 0; row->op[k].what; k++)
        do_op(&s, row, k);
}

Test(rtc, the_index_cannot_be_read)
{
    struct rtc_state s = rtc_power_on(SUNDAY);

    rtc_write(&s, 0, RTC_INDEX, 0x0d);
    cr_expect(eq(u8, rtc_read(&s, 0, RTC_INDEX), 0xff));
    cr_expect(eq(u8, rtc_read(&s, 0, RTC_DATA), 0x80));
}
