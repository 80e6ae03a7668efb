/* SPDX-License-Identifier: MIT */
/* The 8254, by its data sheet: rows of accesses at cycles of its clock. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "kvm/device/pit.h"
#include "tests/unit/kvm/rows.h"

/* The first ns of a cycle. */
static uint64_t ns(uint64_t cycle)
{
    return (cycle * 1000000000 + PIT_HZ - 1) / PIT_HZ;
}

struct op {
    enum { END, WRITE, READ, GATE, OUT, RISES, NEXT } what;
    uint64_t at; /* cycle */
    unsigned port;
    uint64_t value;
};

enum { NEVER = 0x7fffffff };

/* clang-format off */
#define W(at, port, value)  {WRITE, at, port, value}
#define R(at, port, value)  {READ, at, port, value}
/* Port 61. */
#define SPEAKER(at, value)  {GATE, at, 0, value}
#define HIGH(at, n)         {OUT, at, n, 1}
#define LOW(at, n)          {OUT, at, n, 0}
/* Has output 0 risen since the last time, and when does it next? */
#define ROSE(at)            {RISES, at, 0, 1}
#define STILL(at)           {RISES, at, 0, 0}
#define DUE(cycle)          {NEXT, 0, 0, cycle}
#define LATCH(at, n)        W(at, 3, (n) << 6)
/* Two bytes, low first; loaded one cycle later. */
#define COUNT(at, n, value) W(at, n, (value) & 0xff), W(at, n, (value) >> 8)
#define READS(at, n, value) R(at, n, (value) & 0xff), R(at, n, (value) >> 8)

static const struct row {
    const char *label;
    struct op op[32];
} rows[] = {
    {"power-on", {LOW(0, 0), STILL(10), DUE(NEVER), R(0, 3, 0xff)}},
    /* --- mode 0 --- */
    {"mode 0: low, and high when it is over", {W(0, 3, 0x30), COUNT(10, 0, 100),
     LOW(10, 0), DUE(111), LOW(110, 0), HIGH(111, 0), HIGH(70000, 0),
     ROSE(70000), STILL(80000), DUE(NEVER)}},
    {"mode 0: counts on past 0", {W(0, 3, 0x30), COUNT(0, 0, 100),
     LATCH(51, 0), READS(51, 0, 50), LATCH(101, 0), READS(101, 0, 0),
     LATCH(102, 0), READS(102, 0, 0xffff)}},
    {"mode 0: the first byte stops it", {W(0, 3, 0x30), COUNT(0, 0, 100),
     W(50, 0, 10), LOW(500, 0), DUE(NEVER), W(500, 0, 0), DUE(511),
     LOW(510, 0), HIGH(511, 0)}},
    {"mode 0: a new count begins anew", {W(0, 3, 0x30), COUNT(0, 0, 100),
     HIGH(200, 0), COUNT(200, 0, 10), LOW(200, 0), HIGH(211, 0)}},
    {"mode 0: one byte", {W(0, 3, 0x10), W(0, 0, 5), LOW(5, 0), HIGH(6, 0),
     W(10, 3, 0x20), W(10, 0, 1), LOW(266, 0), HIGH(267, 0)}},
    {"mode 0: a count of 0 is 65536", {W(0, 3, 0x30), COUNT(0, 0, 0),
     LOW(65536, 0), HIGH(65537, 0)}},
    {"mode 0: the gate holds it", {SPEAKER(0, 1), W(0, 3, 0xb0),
     COUNT(0, 2, 100), SPEAKER(51, 0), LATCH(900, 2), READS(900, 2, 50),
     LOW(900, 2), SPEAKER(1000, 1), LOW(1049, 2), HIGH(1050, 2)}},
    {"mode 0: no gate yet", {W(0, 3, 0xb0), COUNT(0, 2, 100), LOW(1000, 2),
     LATCH(1000, 2), READS(1000, 2, 100), SPEAKER(1000, 1), LOW(1099, 2),
     HIGH(1100, 2)}},
    {"mode 0: over stays over", {SPEAKER(0, 1), W(0, 3, 0xb0), COUNT(0, 2, 10),
     HIGH(20, 2), SPEAKER(20, 0), HIGH(30, 2), SPEAKER(40, 1), HIGH(50, 2)}},
    /* --- mode 1 --- */
    {"mode 1: low for a count, from a trigger", {W(0, 3, 0xb2), HIGH(0, 2),
     COUNT(0, 2, 100), HIGH(1000, 2), SPEAKER(1000, 1), LOW(1001, 2),
     LOW(1100, 2), HIGH(1101, 2)}},
    {"mode 1: again", {W(0, 3, 0xb2), COUNT(0, 2, 100), SPEAKER(10, 1),
     SPEAKER(60, 0), LOW(61, 2), SPEAKER(61, 1), LOW(161, 2), HIGH(162, 2)}},
    {"mode 1: a new count is for the next trigger", {W(0, 3, 0xb2),
     COUNT(0, 2, 100), SPEAKER(10, 1), COUNT(20, 2, 5), LOW(110, 2),
     HIGH(111, 2), SPEAKER(120, 0), SPEAKER(121, 1), LOW(126, 2),
     HIGH(127, 2)}},
    /* --- mode 2 --- */
    {"mode 2: low for one cycle in each", {W(0, 3, 0x34), HIGH(0, 0),
     ROSE(0), COUNT(0, 0, 100), DUE(101), HIGH(99, 0), LOW(100, 0),
     HIGH(101, 0), STILL(100), ROSE(101), DUE(201), LOW(200, 0), ROSE(201),
     STILL(300), ROSE(7777)}},
    {"mode 2: never 0", {W(0, 3, 0x34), COUNT(0, 0, 100), LATCH(100, 0),
     READS(100, 0, 1), LATCH(101, 0), READS(101, 0, 100)}},
    {"mode 2: a new count comes with the next period", {W(0, 3, 0x34),
     COUNT(0, 0, 100), COUNT(250, 0, 10), LATCH(251, 0), READS(251, 0, 50),
     ROSE(250), DUE(301), LOW(300, 0), LATCH(301, 0), READS(301, 0, 10),
     ROSE(305), DUE(311)}},
    {"mode 2: long after a new count", {W(0, 3, 0x34), COUNT(0, 0, 100),
     COUNT(50, 0, 30), LATCH(172, 0), READS(172, 0, 19)}},
    {"mode 2: no gate, high", {SPEAKER(0, 1), W(0, 3, 0xb4), COUNT(0, 2, 100),
     SPEAKER(100, 0), HIGH(100, 2), HIGH(1000, 2), SPEAKER(1000, 1),
     HIGH(1099, 2), LOW(1100, 2), HIGH(1101, 2)}},
    {"mode 2: 1 is none", {W(0, 3, 0x34), COUNT(0, 0, 1), DUE(3)}},
    {"mode 6 is 2", {W(0, 3, 0x3c), COUNT(0, 0, 100), W(0, 3, 0xe2),
     R(0, 0, 0xf4)}},
    /* --- mode 3 --- */
    {"mode 3: a square wave", {W(0, 3, 0x36), ROSE(0), COUNT(0, 0, 100),
     HIGH(50, 0), LOW(51, 0), LOW(100, 0), HIGH(101, 0), STILL(100),
     DUE(101), ROSE(102)}},
    {"mode 3: an odd count is longer high", {W(0, 3, 0x36), COUNT(0, 0, 5),
     HIGH(3, 0), LOW(4, 0), LOW(5, 0), HIGH(6, 0)}},
    {"mode 3: by two", {W(0, 3, 0x36), COUNT(0, 0, 100), LATCH(11, 0),
     READS(11, 0, 80), LATCH(50, 0), READS(50, 0, 2), LATCH(51, 0),
     READS(51, 0, 100), LATCH(100, 0), READS(100, 0, 2)}},
    {"mode 3: 65536", {W(0, 3, 0x36), COUNT(0, 0, 0), HIGH(32768, 0),
     LOW(32769, 0), DUE(65537), LATCH(1, 0), READS(1, 0, 0), LATCH(2, 0),
     READS(2, 0, 0xfffe)}},
    /* --- modes 4 and 5 --- */
    {"mode 4: a strobe", {W(0, 3, 0x38), ROSE(0), COUNT(0, 0, 100), DUE(102),
     HIGH(100, 0), LOW(101, 0), HIGH(102, 0), ROSE(102), DUE(NEVER),
     HIGH(65536 + 101, 0)}},
    {"mode 5: a strobe, from a trigger", {W(0, 3, 0xba), COUNT(0, 2, 10),
     HIGH(500, 2), SPEAKER(500, 1), HIGH(510, 2), LOW(511, 2), HIGH(512, 2)}},
    /* --- BCD --- */
    {"BCD", {W(0, 3, 0x35), COUNT(0, 0, 0x1000), LATCH(1, 0),
     READS(1, 0, 0x1000), LATCH(2, 0), READS(2, 0, 0x0999), DUE(1001)}},
    {"BCD: 0 is 10000", {W(0, 3, 0x31), COUNT(0, 0, 0), LATCH(2, 0),
     READS(2, 0, 0x9999), LOW(10000, 0), HIGH(10001, 0)}},
    /* --- reading --- */
    {"what is latched stays", {W(0, 3, 0x34), COUNT(0, 0, 1000), LATCH(101, 0),
     R(201, 0, 900 & 0xff), LATCH(301, 0), R(301, 0, 900 >> 8),
     READS(401, 0, 600)}},
    {"low bytes alone", {W(0, 3, 0x14), W(0, 0, 200), R(11, 0, 190),
     R(12, 0, 189)}},
    {"high bytes alone", {W(0, 3, 0x24), W(0, 0, 2), R(1, 0, 2), R(2, 0, 1)}},
    {"read-back: status", {W(0, 3, 0x36), W(0, 3, 0xe2), R(0, 0, 0xf6),
     COUNT(0, 0, 100), W(0, 3, 0xe2), R(0, 0, 0xf6), W(10, 3, 0xe2),
     R(10, 0, 0xb6), W(60, 3, 0xe2), R(60, 0, 0x36)}},
    {"read-back: status stays latched", {W(0, 3, 0x36), COUNT(0, 0, 100),
     W(10, 3, 0xe2), W(60, 3, 0xe2), R(60, 0, 0xb6)}},
    {"read-back: count and status", {W(0, 3, 0x34), COUNT(0, 0, 1000),
     W(101, 3, 0xc2), R(150, 0, 0xb4), READS(201, 0, 900),
     READS(201, 0, 800)}},
    {"read-back: several counters", {W(0, 3, 0x34), COUNT(0, 0, 1000),
     W(0, 3, 0x74), COUNT(0, 1, 2000), W(101, 3, 0xd6), READS(500, 0, 900),
     READS(500, 1, 1900)}},
    {"read-back: a count that waits", {W(0, 3, 0x34), COUNT(0, 0, 100),
     COUNT(50, 0, 10), W(60, 3, 0xe2), R(60, 0, 0xf4), W(110, 3, 0xe2),
     R(110, 0, 0xf4 & ~0x40 & ~0x80)}},
    {"nothing was read back of the others", {W(0, 3, 0x34), COUNT(0, 0, 1000),
     W(101, 3, 0xd4), READS(201, 0, 800)}},
};
/* clang-format on */

static void expect_due(const struct pit_state *s, const struct row *row,
                       size_t i)
{
    uint64_t wanted = row->op[i].value;

    cr_expect(
        eq(u64, pit_deadline(s), wanted == NEVER ? CLOCK_NEVER : ns(wanted)),
        "%s: op %zu", row->label, i);
}

static void do_op(struct pit_state *s, const struct row *row, size_t i)
{
    const struct op *op = &row->op[i];
    uint64_t now = ns(op->at);
    bool rose;

    switch (op->what) {
    case END:
        break;
    case WRITE:
        pit_write(s, now, op->port, (uint8_t)op->value);
        break;
    case READ:
        cr_expect(eq(u8, pit_read(s, now, op->port), (uint8_t)op->value),
                  "%s: op %zu", row->label, i);
        break;
    case GATE:
        pit_write_61(s, now, (uint8_t)op->value);
        break;
    case OUT:
        cr_expect(eq(int, pit_output(s, now, op->port), (int)op->value),
                  "%s: op %zu", row->label, i);
        break;
    case RISES:
        rose = pit_run(s, now);
        cr_expect(eq(int, rose, (int)op->value), "%s: op %zu", row->label, i);
        break;
    case NEXT:
        expect_due(s, row, i);
        break;
    }
}

ParameterizedTestParameters(pit, chip)
{
    return row_numbers(ROWS(rows));
}

ParameterizedTest(const size_t *i, pit, chip)
{
    struct pit_state s = pit_power_on();

    for (size_t k = 0; rows[*i].op[k].what; k++)
        do_op(&s, &rows[*i], k);
}

/* Days of it do not make a cycle of difference: 18.2 Hz for a year. */
Test(pit, exact_for_long)
{
    const uint64_t year = UINT64_C(31536000) * PIT_HZ;
    struct pit_state s = pit_power_on();
    uint64_t ticks = (year - 1) / 65536;

    pit_write(&s, 0, 3, 0x36);
    pit_write(&s, 0, 0, 0);
    pit_write(&s, 0, 0, 0);
    (void)pit_run(&s, UINT64_C(31536000) * 1000000000);
    cr_expect(eq(
        u64, pit_deadline(&s) / 1000,
        (UINT64_C(31536000) * 1000000000 + ns((ticks + 1) * 65536 + 1 - year)) /
            1000));
}

Test(pit, port_61)
{
    struct pit_state s = pit_power_on();

    cr_expect(eq(u8, pit_read_61(&s, 0) & 0x2f, 0));
    pit_write_61(&s, 0, 0xff);
    cr_expect(eq(u8, pit_read_61(&s, 0) & 0xef, 0x0f));
    pit_write(&s, 0, 3, 0xb0);
    pit_write(&s, 0, 2, 100);
    pit_write(&s, 0, 2, 0);
    cr_expect(eq(u8, pit_read_61(&s, ns(100)) & 0x20, 0));
    cr_expect(eq(u8, pit_read_61(&s, ns(101)) & 0x20, 0x20));
    cr_expect(
        ne(u8, pit_read_61(&s, ns(17)) & 0x10, pit_read_61(&s, ns(18)) & 0x10),
        "memory is refreshed every 18 cycles");
}
