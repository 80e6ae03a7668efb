/* SPDX-License-Identifier: MIT */
/* The pair of 8259As, by its data sheet: rows of accesses, lines and cycles. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "kvm/device/pic.h"
#include "tests/unit/kvm/rows.h"

struct op {
    enum { END, WRITE, READ, LINE, ASKS, TAKE, ELCR } what;
    unsigned at; /* port: 0x20, 0x21, 0xa0, 0xa1; a line; a chip */
    unsigned value;
};

/* clang-format off */
#define W(port, value) {WRITE, port, value}
#define R(port, value) {READ, port, value}
#define UP(line)       {LINE, line, 1}
#define DOWN(line)     {LINE, line, 0}
#define PULSE(line)    UP(line), DOWN(line)
#define QUIET          {ASKS, 0, 0}
#define ASKING         {ASKS, 0, 1}
#define TAKES(vector)  {TAKE, 0, vector}
#define LEVEL(chip, v) {ELCR, chip, v}
#define MASTER(icw4)   W(0x20, 0x11), W(0x21, 0x20), W(0x21, 0x04), W(0x21, icw4)
#define SLAVE(icw4)    W(0xa0, 0x11), W(0xa1, 0x28), W(0xa1, 0x02), W(0xa1, icw4)
/* As every kernel does it: vectors 0x20 and 0x28. */
#define BOTH           MASTER(0x01), SLAVE(0x01)
#define IRR            W(0x20, 0x0a)
#define ISR            W(0x20, 0x0b)
#define EOI            W(0x20, 0x20)
#define SLAVE_EOI      W(0xa0, 0x20)

static const struct row {
    const char *label;
    struct op op[40];
} rows[] = {
    /* --- initialization --- */
    {"power-on: all masked, nothing asked", {R(0x21, 0xff), R(0xa1, 0xff),
     UP(0), QUIET, W(0x21, 0x00), QUIET}},
    {"ICW1 unmasks all", {BOTH, R(0x21, 0), R(0xa1, 0), QUIET}},
    {"nothing is asked before the last ICW", {W(0x20, 0x11), UP(1), QUIET,
     W(0x21, 0x20), QUIET, W(0x21, 4), QUIET, W(0x21, 1), ASKING, TAKES(0x21)}},
    {"a mask behind the ICWs", {BOTH, W(0x21, 0xfb), R(0x21, 0xfb), UP(1),
     QUIET, W(0x21, 0xf9), ASKING, TAKES(0x21)}},
    {"without ICW4", {W(0x20, 0x10), W(0x21, 0x40), W(0x21, 4), UP(3), ASKING,
     TAKES(0x43), W(0x21, 0x08), R(0x21, 0x08)}},
    {"single: no ICW3", {W(0x20, 0x13), W(0x21, 0x40), W(0x21, 1),
     W(0x21, 0x10), R(0x21, 0x10), UP(3), ASKING, TAKES(0x43)}},
    {"of ICW2 five bits count", {W(0x20, 0x11), W(0x21, 0x27), W(0x21, 4),
     W(0x21, 1), UP(5), TAKES(0x25)}},
    {"ICW1 forgets edges", {BOTH, UP(1), ASKING, MASTER(1), QUIET, IRR,
     R(0x20, 0), DOWN(1), UP(1), ASKING}},
    {"ICW1 ends service", {BOTH, UP(1), TAKES(0x21), MASTER(1), ISR, R(0x20, 0),
     UP(6), ASKING}},
    {"ICW1 reads IRR again", {BOTH, ISR, MASTER(1), UP(4), R(0x20, 0x10)}},
    {"the other chip still asks", {BOTH, UP(9), MASTER(1), ASKING,
     TAKES(0x29)}},
    /* --- fully nested --- */
    {"one interrupt", {BOTH, UP(1), ASKING, IRR, R(0x20, 2), TAKES(0x21), QUIET,
     R(0x20, 0), ISR, R(0x20, 2), EOI, R(0x20, 0), QUIET}},
    {"an edge is kept when the line falls", {BOTH, PULSE(1), ASKING,
     TAKES(0x21), EOI, QUIET}},
    {"one interrupt an edge", {BOTH, UP(1), TAKES(0x21), EOI, QUIET, UP(1),
     QUIET, DOWN(1), QUIET, UP(1), ASKING}},
    {"the highest first", {BOTH, UP(6), UP(3), UP(0), TAKES(0x20), EOI,
     TAKES(0x23), EOI, TAKES(0x26)}},
    {"a higher one interrupts, a lower one waits", {BOTH, UP(4), TAKES(0x24),
     UP(5), QUIET, UP(3), ASKING, TAKES(0x23), QUIET, EOI, QUIET, EOI, ASKING,
     TAKES(0x25)}},
    {"the same again waits", {BOTH, PULSE(4), TAKES(0x24), PULSE(4), QUIET, EOI,
     ASKING, TAKES(0x24)}},
    {"EOI ends the highest", {BOTH, UP(5), TAKES(0x25), UP(1), TAKES(0x21), ISR,
     R(0x20, 0x22), EOI, R(0x20, 0x20)}},
    {"specific EOI", {BOTH, UP(5), TAKES(0x25), UP(1), TAKES(0x21), ISR,
     W(0x20, 0x65), R(0x20, 0x02), W(0x20, 0x61), R(0x20, 0)}},
    {"EOI of nothing", {BOTH, EOI, W(0x20, 0x63), UP(7), TAKES(0x27)}},
    {"masked in service still holds off", {BOTH, UP(3), TAKES(0x23),
     W(0x21, 0x08), UP(5), QUIET, EOI, ASKING}},
    {"asked, then masked", {BOTH, UP(3), ASKING, W(0x21, 0x08), QUIET,
     W(0x21, 0), ASKING, TAKES(0x23)}},
    /* --- the second chip --- */
    {"an interrupt of the second chip", {BOTH, UP(8), ASKING, IRR, R(0x20, 4),
     R(0xa0, 1), TAKES(0x28), ISR, R(0x20, 4), W(0xa0, 0x0b), R(0xa0, 1),
     SLAVE_EOI, EOI, R(0x20, 0), R(0xa0, 0), QUIET}},
    {"it comes between 1 and 3", {BOTH, UP(3), UP(15), UP(1), TAKES(0x21), EOI,
     TAKES(0x2f), SLAVE_EOI, EOI, TAKES(0x23)}},
    {"masked by input 2", {BOTH, W(0x21, 0x04), UP(12), QUIET, W(0x21, 0),
     ASKING, TAKES(0x2c)}},
    {"a second one of it needs both EOIs", {BOTH, UP(10), TAKES(0x2a), UP(9),
     QUIET, SLAVE_EOI, QUIET, EOI, ASKING, TAKES(0x29)}},
    {"two wait there", {BOTH, UP(14), UP(11), TAKES(0x2b), QUIET, SLAVE_EOI,
     EOI, ASKING, TAKES(0x2e)}},
    {"special fully nested: a higher one of the same chip",
     {MASTER(0x11), SLAVE(1), UP(10), TAKES(0x2a), UP(9), ASKING, TAKES(0x29),
      QUIET}},
    {"a request that it takes back", {BOTH, UP(12), ASKING, W(0xa1, 0x10), QUIET,
     IRR, R(0x20, 0)}},
    /* --- spurious --- */
    {"spurious 7", {BOTH, TAKES(0x27), ISR, R(0x20, 0)}},
    {"spurious: a level that has gone", {BOTH, LEVEL(0, 0x20), UP(5), ASKING,
     DOWN(5), QUIET, TAKES(0x27), ISR, R(0x20, 0), EOI, QUIET}},
    {"a real 7", {BOTH, UP(7), TAKES(0x27), ISR, R(0x20, 0x80)}},
    /* --- levels --- */
    {"a level asks as long as it is high", {BOTH, LEVEL(0, 0x20), UP(5),
     TAKES(0x25), EOI, ASKING, TAKES(0x25), DOWN(5), EOI, QUIET}},
    {"a level of the second chip", {BOTH, LEVEL(1, 0x08), UP(11), TAKES(0x2b),
     SLAVE_EOI, EOI, ASKING, DOWN(11), QUIET}},
    {"ELCR lets edges be edges", {LEVEL(0, 0xff), LEVEL(1, 0xff)}},
    {"to a level, while it is high", {BOTH, UP(5), TAKES(0x25), EOI, QUIET,
     LEVEL(0, 0x20), ASKING}},
    {"to an edge: what waited is forgotten", {BOTH, LEVEL(0, 0x20), UP(5),
     LEVEL(0, 0), QUIET}},
    {"all levels, by ICW1", {W(0x20, 0x19), W(0x21, 0x20), W(0x21, 4),
     W(0x21, 1), UP(3), TAKES(0x23), EOI, ASKING, DOWN(3), QUIET}},
    /* --- modes --- */
    {"automatic EOI", {MASTER(0x03), UP(4), TAKES(0x24), ISR, R(0x20, 0), UP(5),
     ASKING, TAKES(0x25)}},
    {"rotate with EOI", {BOTH, UP(4), TAKES(0x24), UP(3), UP(5), W(0x20, 0xa0),
     TAKES(0x25)}},
    {"rotate with a specific EOI", {BOTH, UP(4), TAKES(0x24), W(0x20, 0xe4),
     PULSE(4), UP(3), TAKES(0x23)}},
    {"set priority: the lowest", {BOTH, W(0x20, 0xc3), UP(3), UP(2), UP(4),
     TAKES(0x24), EOI}},
    {"set priority wraps", {BOTH, W(0x20, 0xc5), UP(1), UP(7), TAKES(0x27),
     QUIET, EOI, TAKES(0x21), UP(6), ASKING}},
    {"rotate with automatic EOI", {MASTER(0x03), W(0x20, 0x80), PULSE(1),
     TAKES(0x21), PULSE(1), PULSE(3), TAKES(0x23), TAKES(0x21), W(0x20, 0x00),
     PULSE(1), PULSE(3), TAKES(0x23), PULSE(3), PULSE(1), TAKES(0x23)}},
    {"OCW2 without a command", {BOTH, UP(4), TAKES(0x24), W(0x20, 0x44), ISR,
     R(0x20, 0x10)}},
    {"special mask: a lower one comes in", {BOTH, UP(3), TAKES(0x23),
     W(0x21, 0x08), UP(5), QUIET, W(0x20, 0x68), ASKING, TAKES(0x25),
     W(0x20, 0x48)}},
    {"special mask: EOI passes over a masked one", {BOTH, UP(3), TAKES(0x23),
     W(0x21, 0x08), W(0x20, 0x68), UP(5), TAKES(0x25), EOI, ISR, R(0x20, 0x08)}},
    {"OCW3 without ESMM keeps the mask mode", {BOTH, UP(3), TAKES(0x23),
     W(0x21, 0x08), W(0x20, 0x68), W(0x20, 0x28), UP(5), ASKING,
     W(0x20, 0x48), QUIET}},
    {"OCW3 without RR keeps what is read", {BOTH, UP(3), TAKES(0x23), ISR,
     W(0x20, 0x08), R(0x20, 0x08), UP(4), IRR, W(0x20, 0x09), R(0x20, 0x10)}},
    /* --- polling --- */
    {"poll: nothing", {BOTH, W(0x20, 0x0c), R(0x20, 0), IRR, R(0x20, 0)}},
    {"poll acknowledges", {BOTH, UP(4), W(0x20, 0x0c), R(0x20, 0x84), QUIET, ISR,
     R(0x20, 0x10), EOI, QUIET}},
    {"poll by the other port", {BOTH, W(0x21, 0x01), UP(4), W(0x20, 0x0c),
     R(0x21, 0x84), R(0x21, 0x01)}},
    {"poll of the second chip", {BOTH, UP(13), W(0xa0, 0x0c), R(0xa0, 0x85),
     QUIET}},
};
/* clang-format on */

static void do_op(struct pic_state *s, const struct row *row, size_t i)
{
    const struct op *op = &row->op[i];
    unsigned chip = op->at >> 7;

    switch (op->what) {
    case END:
        break;
    case WRITE:
        pic_write(s, chip, op->at & 1, (uint8_t)op->value);
        break;
    case READ:
        cr_expect(eq(u8, pic_read(s, chip, op->at & 1), (uint8_t)op->value),
                  "%s: op %zu", row->label, i);
        break;
    case LINE:
        pic_set_input(s, op->at, op->value);
        break;
    case ASKS:
        cr_expect(eq(int, pic_asks(s), (int)op->value), "%s: op %zu",
                  row->label, i);
        break;
    case TAKE:
        cr_expect(eq(u8, pic_acknowledge(s), (uint8_t)op->value), "%s: op %zu",
                  row->label, i);
        break;
    case ELCR:
        pic_write_elcr(s, op->at, (uint8_t)op->value);
        break;
    }
}

ParameterizedTestParameters(pic, chips)
{
    return row_numbers(ROWS(rows));
}

ParameterizedTest(const size_t *i, pic, chips)
{
    struct pic_state s = pic_power_on();

    for (size_t k = 0; rows[*i].op[k].what; k++)
        do_op(&s, &rows[*i], k);
}

Test(pic, edges_that_stay_edges)
{
    struct pic_state s = pic_power_on();

    pic_write_elcr(&s, PIC_MASTER, 0xff);
    pic_write_elcr(&s, PIC_SLAVE, 0xff);
    cr_expect(eq(u8, pic_read_elcr(&s, PIC_MASTER), 0xf8));
    cr_expect(eq(u8, pic_read_elcr(&s, PIC_SLAVE), 0xde));
}

/* Saved and restored by a copy: what comes then is the same. */
Test(pic, copied)
{
    static const struct row start = {
        "start",
        {BOTH, UP(4), TAKES(0x24), UP(9), W(0x21, 0x10), W(0x20, 0x68)}};
    struct pic_state s = pic_power_on();
    struct pic_state saved;

    for (size_t k = 0; start.op[k].what; k++)
        do_op(&s, &start, k);
    saved = s;
    for (unsigned round = 0; round < 2; round++) {
        cr_expect(pic_asks(&s));
        cr_expect(eq(u8, pic_acknowledge(&s), 0x29));
        pic_write(&s, PIC_MASTER, 0, 0x20);
        s = saved;
    }
}

/* A vCPU that did not take it after all. */
static const struct back_row {
    const char *label;
    struct op before[20];
    struct op between[4]; /* lines move */
    struct op after[12];
} back_rows[] = {
    {"an edge", {BOTH, UP(4)}, {{END, 0, 0}}, {ASKING, TAKES(0x24), QUIET}},
    {"of the second chip",
     {BOTH, UP(10)},
     {{END, 0, 0}},
     {ASKING, TAKES(0x2a), QUIET, SLAVE_EOI, EOI, QUIET}},
    {"with automatic EOI and rotation",
     {MASTER(0x03), W(0x20, 0x80), UP(4), UP(6)},
     {{END, 0, 0}},
     {TAKES(0x24), TAKES(0x26)}},
    {"a better one has come",
     {BOTH, UP(4)},
     {UP(1)},
     {TAKES(0x21), EOI, TAKES(0x24)}},
    {"a level has gone",
     {BOTH, LEVEL(0, 0x20), UP(5)},
     {DOWN(5)},
     {QUIET, ISR, R(0x20, 0)}},
    {"a spurious one", {BOTH}, {{END, 0, 0}}, {QUIET, ISR, R(0x20, 0)}},
};

ParameterizedTestParameters(pic, unacknowledged)
{
    return row_numbers(ROWS(back_rows));
}

static void do_ops(struct pic_state *s, const char *label, const struct op *op)
{
    struct row row = {.label = label};

    for (size_t k = 0; op[k].what; k++) {
        row.op[0] = op[k];
        do_op(s, &row, 0);
    }
}

ParameterizedTest(const size_t *i, pic, unacknowledged)
{
    const struct back_row *row = &back_rows[*i];
    struct pic_state s = pic_power_on();
    struct pic_state before;

    do_ops(&s, row->label, row->before);
    before = s;
    (void)pic_acknowledge(&s);
    do_ops(&s, row->label, row->between);
    pic_unacknowledge(&s, &before);
    do_ops(&s, row->label, row->after);
}

static const struct heeds_row {
    const char *label;
    struct op op[16];
    unsigned line;
    bool heeds;
} heeds_rows[] = {
    {"power-on", {{END, 0, 0}}, 0, false},
    {"initialized", {BOTH}, 0, true},
    {"masked", {BOTH, W(0x21, 1)}, 0, false},
    {"waits already", {BOTH, UP(0)}, 0, false},
    {"in service", {BOTH, UP(0), TAKES(0x20)}, 0, true},
    {"second chip", {BOTH}, 8, true},
    {"second chip, masked there", {BOTH, W(0xa1, 1)}, 8, false},
    {"second chip, masked here", {BOTH, W(0x21, 4)}, 8, false},
    {"second chip alone", {SLAVE(1)}, 8, false},
};

ParameterizedTestParameters(pic, heeds)
{
    return row_numbers(ROWS(heeds_rows));
}

ParameterizedTest(const size_t *i, pic, heeds)
{
    const struct heeds_row *row = &heeds_rows[*i];
    struct pic_state s = pic_power_on();

    do_ops(&s, row->label, row->op);
    cr_expect(eq(int, pic_heeds(&s, row->line), row->heeds), "%s", row->label);
}
