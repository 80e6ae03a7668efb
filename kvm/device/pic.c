/* SPDX-License-Identifier: MIT */
#include "kvm/device/pic.h"

/*
 * Intel 8259A data sheet (231468-003): "Programming the 8259A" has the command
 * words. ELCR: Intel 82371SB (PIIX3) data sheet, 2.5.6.
 *
 * What is not as in the chip: a rising edge is kept until it is acknowledged,
 * though the line falls before, as in KVM's and QEMU's (a vCPU may come late,
 * and would lose a tick of the timer); and there is no 8080 mode, so a vector
 * is always one byte.
 */

enum {
    ICW1_IC4 = 0x01, /* ICW4 follows */
    ICW1_SINGLE = 0x02,
    ICW1_LEVEL = 0x08, /* all inputs are levels */
    ICW1_MARK = 0x10,  /* tells it from OCW2 and OCW3 */
    ICW2_BASE = 0xf8,
    ICW4_AUTO_EOI = 0x02,
    ICW4_NESTED = 0x10, /* special fully nested mode */
    OCW3_MARK = 0x08,
    OCW3_READ_ISR = 0x01,
    OCW3_READ = 0x02,
    OCW3_POLL = 0x04,
    OCW3_MASK = 0x20,
    OCW3_SET_MASK = 0x40,
    POLL_ASKS = 0x80,
    NONE = 8, /* no input */
    SPURIOUS = 7,
};

/* Inputs that are edges in any case: timer, keyboard, cascade; clock, FPU. */
static const uint8_t elcr_writable[PIC_CHIPS] = {0xf8, 0xde};

/* --- priorities --- */

static uint8_t pic_bit(unsigned n)
{
    return (uint8_t)(1u << n);
}

/* Of a set of inputs, the one of the highest priority. */
static unsigned first_of(const struct pic_chip *c, uint8_t set)
{
    for (unsigned i = 1; i <= 8; i++) {
        unsigned n = (c->lowest + i) % 8;

        if (set & pic_bit(n))
            return n;
    }
    return NONE;
}

static unsigned rank(const struct pic_chip *c, unsigned n)
{
    return n == NONE ? NONE : (n + 7 - c->lowest) % 8;
}

static uint8_t levels(const struct pic_chip *c)
{
    return c->icw1 & ICW1_LEVEL ? 0xff : c->elcr;
}

/* Those in service that hold others off: "Special Mask Mode" takes those out
 * that are masked, "The Special Fully Nested Mode" the other chip. */
static uint8_t pic_in_the_way(const struct pic_chip *c, bool is_master)
{
    uint8_t set = c->isr;

    if (c->special_mask)
        set &= (uint8_t)~c->imr;
    if (is_master && c->icw4 & ICW4_NESTED)
        set &= (uint8_t)~pic_bit(PIC_CASCADE);
    return set;
}

/* What INT is high for; NONE: it is low. */
static unsigned pic_asked(const struct pic_chip *c, bool is_master)
{
    unsigned n = first_of(c, (uint8_t)(c->irr & ~c->imr));

    if (!c->ready ||
        rank(c, n) >= rank(c, first_of(c, pic_in_the_way(c, is_master))))
        return NONE;
    return n;
}

/* --- inputs --- */

static void set_input(struct pic_chip *c, unsigned n, bool high)
{
    bool was_high = c->inputs & pic_bit(n);
    bool is_level = levels(c) & pic_bit(n);

    c->inputs &= (uint8_t)~pic_bit(n);
    if (high)
        c->inputs |= pic_bit(n);
    if (high && (is_level || !was_high))
        c->irr |= pic_bit(n);
    if (!high && is_level)
        c->irr &= (uint8_t)~pic_bit(n);
}

/* The second chip's INT: as long as it asks there is a request, even if the
 * first one was initialized meanwhile. */
static void cascade(struct pic_state *s)
{
    struct pic_chip *master = &s->chip[PIC_MASTER];

    master->inputs &= (uint8_t)~pic_bit(PIC_CASCADE);
    master->irr &= (uint8_t)~pic_bit(PIC_CASCADE);
    if (pic_asked(&s->chip[PIC_SLAVE], false) == NONE)
        return;
    master->inputs |= pic_bit(PIC_CASCADE);
    master->irr |= pic_bit(PIC_CASCADE);
}

void pic_set_input(struct pic_state *s, unsigned n, bool high)
{
    set_input(&s->chip[n / 8], n % 8, high);
    cascade(s);
}

bool pic_asks(const struct pic_state *s)
{
    return pic_asked(&s->chip[PIC_MASTER], true) != NONE;
}

bool pic_heeds(const struct pic_state *s, unsigned n)
{
    const struct pic_chip *master = &s->chip[PIC_MASTER];
    const struct pic_chip *c = &s->chip[n / 8];

    return c->ready && master->ready && !((c->imr | c->irr) & pic_bit(n % 8)) &&
           (c == master || !(master->imr & pic_bit(PIC_CASCADE)));
}

/* --- the acknowledge cycle --- */

static void end_one(struct pic_chip *c, unsigned n, bool rotates)
{
    if (n == NONE)
        return;
    c->isr &= (uint8_t)~pic_bit(n);
    if (rotates)
        c->lowest = (uint8_t)n;
}

/* The input that is served now; SPURIOUS without anything in service ("the
 * IR inputs must remain high until after the falling edge of the first INTA.
 * If the IR input goes low before this time a DEFAULT IR7 will occur"). */
static unsigned serve(struct pic_chip *c, bool is_master)
{
    unsigned n = pic_asked(c, is_master);

    if (n == NONE)
        return SPURIOUS;
    c->isr |= pic_bit(n);
    if (!(levels(c) & pic_bit(n)))
        c->irr &= (uint8_t)~pic_bit(n);
    if (c->icw4 & ICW4_AUTO_EOI)
        end_one(c, n, c->rotates_on_aeoi);
    return n;
}

static bool is_from_slave(const struct pic_chip *master, unsigned n)
{
    return n == PIC_CASCADE && !(master->icw1 & ICW1_SINGLE);
}

uint8_t pic_acknowledge(struct pic_state *s)
{
    struct pic_chip *c = &s->chip[PIC_MASTER];
    unsigned n = serve(c, true);

    if (is_from_slave(c, n)) {
        c = &s->chip[PIC_SLAVE];
        n = serve(c, false);
    }
    cascade(s);
    return (uint8_t)((c->icw2 & ICW2_BASE) | n);
}

/* Lines may have changed meanwhile, so not all is put back. */
void pic_unacknowledge(struct pic_state *s, const struct pic_state *before)
{
    for (unsigned i = 0; i < PIC_CHIPS; i++) {
        const struct pic_chip *was = &before->chip[i];
        struct pic_chip *c = &s->chip[i];

        c->irr |= (uint8_t)(was->irr & ~levels(c));
        c->isr = was->isr;
        c->lowest = was->lowest;
    }
    cascade(s);
}

/* --- writing --- */

/* "Initialization Command Words 1 and 2", a to f. */
static void write_icw1(struct pic_chip *c, uint8_t value)
{
    c->icw1 = value;
    c->irr = c->inputs & levels(c);
    c->isr = c->imr = 0;
    c->icw3 = c->icw4 = 0;
    c->lowest = 7;
    c->special_mask = c->reads_isr = c->polled = c->rotates_on_aeoi = false;
    c->ready = false;
    c->next_icw = 2;
}

static void write_icw(struct pic_chip *c, uint8_t value)
{
    uint8_t *const icw[] = {[2] = &c->icw2, [3] = &c->icw3, [4] = &c->icw4};
    unsigned n = c->next_icw;

    *icw[n] = value;
    if (n == 2 && !(c->icw1 & ICW1_SINGLE))
        c->next_icw = 3;
    else if (n < 4 && c->icw1 & ICW1_IC4)
        c->next_icw = 4;
    else
        c->next_icw = 0;
    c->ready = !c->next_icw;
}

/* "In Special Mask Mode an IS bit that is masked by an IMR bit will not be
 * cleared by a non-specific EOI." */
static unsigned highest_in_service(const struct pic_chip *c)
{
    return first_of(c, c->special_mask ? (uint8_t)(c->isr & ~c->imr) : c->isr);
}

/* "Operation Command Word 2": R, SL, EOI. */
static void write_ocw2(struct pic_chip *c, uint8_t value)
{
    enum {
        CLEAR_ROTATE,
        EOI,
        NOTHING,
        SPECIFIC_EOI,
        SET_ROTATE,
        ROTATE_EOI,
        SET_PRIORITY,
        ROTATE_SPECIFIC_EOI
    };
    unsigned command = value >> 5;
    unsigned n = value & 7;

    if (command == CLEAR_ROTATE || command == SET_ROTATE)
        c->rotates_on_aeoi = command == SET_ROTATE;
    else if (command == EOI || command == ROTATE_EOI)
        end_one(c, highest_in_service(c), command == ROTATE_EOI);
    else if (command == SPECIFIC_EOI || command == ROTATE_SPECIFIC_EOI)
        end_one(c, n, command == ROTATE_SPECIFIC_EOI);
    else if (command == SET_PRIORITY)
        c->lowest = (uint8_t)n;
}

static void write_ocw3(struct pic_chip *c, uint8_t value)
{
    if (value & OCW3_SET_MASK)
        c->special_mask = value & OCW3_MASK;
    if (value & OCW3_READ)
        c->reads_isr = value & OCW3_READ_ISR;
    c->polled = value & OCW3_POLL;
}

void pic_write(struct pic_state *s, unsigned chip, unsigned port, uint8_t value)
{
    struct pic_chip *c = &s->chip[chip];

    if (port && c->next_icw)
        write_icw(c, value);
    else if (port)
        c->imr = value;
    else if (value & ICW1_MARK)
        write_icw1(c, value);
    else if (value & OCW3_MARK)
        write_ocw3(c, value);
    else
        write_ocw2(c, value);
    cascade(s);
}

void pic_write_elcr(struct pic_state *s, unsigned chip, uint8_t value)
{
    struct pic_chip *c = &s->chip[chip];
    uint8_t was = levels(c);

    c->elcr = value & elcr_writable[chip];
    c->irr &= (uint8_t) ~(was ^ levels(c)); /* of those that change */
    c->irr |= c->inputs & levels(c);
    cascade(s);
}

/* --- reading --- */

/* "Poll Command": the next read acknowledges, and tells the input. */
static uint8_t poll(struct pic_state *s, unsigned chip)
{
    struct pic_chip *c = &s->chip[chip];
    bool is_master = chip == PIC_MASTER;
    bool asks = pic_asked(c, is_master) != NONE;

    c->polled = false;
    if (!asks)
        return 0;
    return (uint8_t)(POLL_ASKS | serve(c, is_master));
}

uint8_t pic_read(struct pic_state *s, unsigned chip, unsigned port)
{
    struct pic_chip *c = &s->chip[chip];
    uint8_t value;

    if (c->polled) {
        value = poll(s, chip);
        cascade(s);
        return value;
    }
    if (port)
        return c->imr;
    return c->reads_isr ? c->isr : c->irr;
}

uint8_t pic_read_elcr(const struct pic_state *s, unsigned chip)
{
    return s->chip[chip].elcr;
}

struct pic_state pic_power_on(void)
{
    const struct pic_chip chip = {.imr = 0xff, .lowest = 7};

    return (struct pic_state){{chip, chip}};
}
