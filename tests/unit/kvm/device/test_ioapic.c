/* SPDX-License-Identifier: MIT */
/* The I/O APIC, by the data sheet of the 82093AA: rows of accesses and pins,
 * and the messages that follow. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "kvm/device/ioapic.h"
#include "tests/unit/kvm/rows.h"

struct op {
    enum { END, WRITE, READ, PIN, SENDS, ENDED, REFUSED } what;
    unsigned at;
    uint32_t value;
};

/* clang-format off */
#define IW(index, value) {WRITE, 0x00, index}, {WRITE, 0x10, value}
#define IR(index, value) {WRITE, 0x00, index}, {READ, 0x10, value}
#define W(at, value)     {WRITE, at, value}
#define R(at, value)     {READ, at, value}
#define UP(pin)          {PIN, pin, 1}
#define DOWN(pin)        {PIN, pin, 0}
/* The pins whose message the last op has sent. */
#define SENT(pin)        {SENDS, 0, 1u << (pin)}
#define NOTHING          {SENDS, 0, 0}
#define EOI(vector)      {ENDED, 0, vector}
/* Nobody takes what is sent from here on. */
#define NOBODY           {REFUSED, 0, 1}
#define SOMEBODY         {REFUSED, 0, 0}
/* Entry of pin n, its low half. */
#define ENTRY(n, low)    IW(0x10 + 2 * (n), low)
#define LEVEL            0x8000u
#define LOW              0x2000u
#define REMOTE           0x4000u
#define MASKED           0x10000u

static const struct row {
    const char *label;
    struct op op[32];
} rows[] = {
    /* --- registers --- */
    {"power-on", {R(0, 0), IR(0, 0), IR(1, 0x00170020), IR(2, 0),
     IR(0x10, MASKED), IR(0x11, 0), IR(0x3e, MASKED), IR(0x3f, 0), UP(5),
     NOTHING}},
    {"no reserved bit is kept", {IW(0, 0xffffffff), IR(0, 0x0f000000),
     IR(2, 0x0f000000), IW(0x12, 0xffffffff), IR(0x12, 0x1afff),
     IW(0x13, 0xffffffff), IR(0x13, 0xff000000), IR(0x12, 0x1afff)}},
    {"read only", {IW(1, 0), IR(1, 0x00170020), IW(2, 0x01000000), IR(2, 0)}},
    {"the index is a byte", {W(0, 0x101), R(0, 1), R(0x10, 0x00170020)}},
    {"where no register is", {IR(3, 0xffffffff), IW(3, 0), IR(0x0f, 0xffffffff),
     IR(0x40, 0xffffffff), IW(0x40, 0), IR(0xff, 0xffffffff), IW(0xff, 0),
     R(0x20, 0xffffffff), R(0x40, 0xffffffff), R(0xf0, 0xffffffff),
     W(0xf0, 0)}},
    {"halves are their own", {IW(0x14, 0x51), IW(0x15, 0x03000000),
     IR(0x14, 0x51), IR(0x15, 0x03000000), IW(0x14, 0x61), IR(0x15, 0x03000000),
     IR(0x16, MASKED)}},
    /* --- edges --- */
    {"an edge", {ENTRY(4, 0x51), UP(4), SENT(4), IR(0x18, 0x51), UP(4), NOTHING,
     DOWN(4), NOTHING, UP(4), SENT(4)}},
    {"an edge while it is masked is lost", {UP(4), NOTHING, ENTRY(4, 0x51),
     NOTHING, DOWN(4), NOTHING, UP(4), SENT(4)}},
    {"active low: a falling edge", {ENTRY(4, 0x51 | LOW), NOTHING, UP(4),
     NOTHING, DOWN(4), SENT(4)}},
    {"the last pin", {ENTRY(23, 0x51), UP(23), SENT(23)}},
    {"an edge has no end", {ENTRY(4, 0x51), UP(4), SENT(4), EOI(0x51), NOTHING}},
    /* --- levels --- */
    {"a level asks once until its end", {ENTRY(4, 0x51 | LEVEL), UP(4), SENT(4),
     IR(0x18, 0x51 | LEVEL | REMOTE), DOWN(4), NOTHING, UP(4), NOTHING,
     EOI(0x51), SENT(4), DOWN(4), EOI(0x51), NOTHING, IR(0x18, 0x51 | LEVEL)}},
    {"the end of another vector", {ENTRY(4, 0x51 | LEVEL), UP(4), EOI(0x50),
     NOTHING, IR(0x18, 0x51 | LEVEL | REMOTE)}},
    {"the end by the register", {ENTRY(4, 0x51 | LEVEL), UP(4), DOWN(4),
     W(0x40, 0x51), NOTHING, IR(0x18, 0x51 | LEVEL), UP(4), SENT(4),
     W(0x40, 0x51), SENT(4)}},
    {"unmasked while it is active", {ENTRY(4, 0x51 | LEVEL | MASKED), UP(4),
     NOTHING, W(0x10, 0x51 | LEVEL), SENT(4)}},
    {"masked until its end", {ENTRY(4, 0x51 | LEVEL), UP(4),
     W(0x10, 0x51 | LEVEL | MASKED), NOTHING, EOI(0x51), NOTHING,
     IR(0x18, 0x51 | LEVEL | MASKED), W(0x10, 0x51 | LEVEL), SENT(4)}},
    {"active low: as long as it is low", {ENTRY(4, 0x51 | LEVEL | LOW), SENT(4),
     UP(4), EOI(0x51), NOTHING, DOWN(4), SENT(4)}},
    {"an end by way of an edge", {ENTRY(4, 0x51 | LEVEL), UP(4), DOWN(4),
     W(0x10, 0x51 | MASKED), IR(0x18, 0x51 | MASKED), W(0x10, 0x51 | LEVEL),
     IR(0x18, 0x51 | LEVEL), UP(4), SENT(4)}},
    {"remote IRR is not written", {ENTRY(4, 0x51 | LEVEL | REMOTE),
     IR(0x18, 0x51 | LEVEL), UP(4), W(0x10, 0x52 | LEVEL),
     IR(0x18, 0x52 | LEVEL | REMOTE)}},
    {"two pins of one vector", {ENTRY(4, 0x51 | LEVEL), ENTRY(5, 0x51 | LEVEL),
     UP(4), UP(5), EOI(0x51), {SENDS, 0, 0x30}}},
    {"nobody takes it: tried again", {NOBODY, ENTRY(4, 0x51 | LEVEL), UP(4),
     SENT(4), IR(0x18, 0x51 | LEVEL), SOMEBODY, W(0x10, 0x51 | LEVEL), SENT(4),
     IR(0x18, 0x51 | LEVEL | REMOTE)}},
    {"an NMI has no end", {ENTRY(4, 0x400 | LEVEL), UP(4), SENT(4),
     IR(0x18, 0x400 | LEVEL)}},
};
/* clang-format on */

struct run {
    struct ioapic_state s;
    uint32_t sent;
    bool refused;
};

static void send(struct run *r, uint32_t pins)
{
    r->sent = pins;
    for (unsigned n = 0; n < IOAPIC_PINS; n++)
        if (pins >> n & 1 && !r->refused)
            ioapic_sent(&r->s, n);
}

static void do_op(struct run *r, const struct op *op, const char *label,
                  size_t i)
{
    switch (op->what) {
    case END:
        break;
    case WRITE:
        send(r, ioapic_write(&r->s, op->at, op->value));
        break;
    case READ:
        cr_expect(eq(u32, ioapic_read(&r->s, op->at), op->value), "%s: op %zu",
                  label, i);
        break;
    case PIN:
        send(r, ioapic_set_pin(&r->s, op->at, op->value));
        break;
    case SENDS:
        cr_expect(eq(u32, r->sent, op->value), "%s: op %zu", label, i);
        break;
    case ENDED:
        send(r, ioapic_end(&r->s, (uint8_t)op->value));
        break;
    case REFUSED:
        r->refused = op->value;
        break;
    }
}

ParameterizedTestParameters(ioapic, chip)
{
    return row_numbers(ROWS(rows));
}

ParameterizedTest(const size_t *i, ioapic, chip)
{
    const struct row *row = &rows[*i];
    struct run r = {.s = ioapic_power_on()};

    for (size_t k = 0; row->op[k].what; k++)
        do_op(&r, &row->op[k], row->label, k);
}

/* 3.2.4: what an entry says of its message. */
/* clang-format off */
static const struct message_row {
    uint32_t low, high;
    struct apic_message message;
} message_rows[] = {
    {0x51, 0x03000000, {.mode = APIC_FIXED, .vector = 0x51, .destination = 3}},
    {0x8951, 0x0c000000, {.mode = APIC_LOWEST, .vector = 0x51, .level = true,
     .logical = true, .destination = 0x0c}},
    {0x400, 0xff000000, {.mode = APIC_NMI, .destination = 0xff}},
    {0x700, 0, {.mode = APIC_EXTINT}},
};
/* clang-format on */

ParameterizedTestParameters(ioapic, message)
{
    return row_numbers(ROWS(message_rows));
}

ParameterizedTest(const size_t *i, ioapic, message)
{
    const struct message_row *row = &message_rows[*i];
    struct ioapic_state s = ioapic_power_on();
    struct apic_message message;

    (void)ioapic_write(&s, 0, 0x17);
    (void)ioapic_write(&s, 0x10, row->high);
    (void)ioapic_write(&s, 0, 0x16);
    (void)ioapic_write(&s, 0x10, row->low);
    message = ioapic_message(&s, 3);
    cr_expect(eq(int, message.mode, row->message.mode));
    cr_expect(eq(u8, message.vector, row->message.vector));
    cr_expect(eq(int, message.level, row->message.level));
    cr_expect(eq(int, message.logical, row->message.logical));
    cr_expect(eq(u8, message.destination, row->message.destination));
    cr_expect(eq(int, message.to, APIC_TO_DESTINATION));
}
