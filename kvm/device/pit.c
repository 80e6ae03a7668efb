/* SPDX-License-Identifier: MIT */
#include "kvm/device/pit.h"

/*
 * Intel 8254 data sheet (231164-005): "Operational Description" has the control
 * words, the latches and the modes. Port 61: Intel 82371SB (PIIX3) data sheet,
 * 2.5.4.1 (NMI status and control). Nothing counts here: what a counter holds
 * is worked out from when it was loaded.
 */

enum {
    CONTROL = 3, /* the port */
    SELECT_SHIFT = 6,
    READ_BACK = 3, /* for a counter's number */
    NO_COUNT = 0x20,
    NO_STATUS = 0x10,
    ACCESS_SHIFT = 4,
    ACCESS_LOW = 1,
    ACCESS_HIGH = 2,
    ACCESS_BOTH = 3,
    MODE_SHIFT = 1,
    STATUS_OUT = 0x80,
    STATUS_NULL = 0x40,
    COUNTER_SPEAKER = 2,
    P61_GATE = 0x01,
    P61_WRITABLE = 0x0f,
    P61_REFRESH = 0x10,
    P61_OUT = 0x20,
    REFRESH_CYCLES = 18, /* of memory: bit 4 changes with each */
    BINARY_COUNTS = 0x10000,
    BCD_COUNTS = 10000,
};

/* --- time --- */

/* --- the modes --- */

enum { ON_ZERO, ONE_SHOT, RATE, SQUARE, STROBE, TRIGGERED_STROBE };

static bool is_periodic(const struct pit_counter *c)
{
    return c->mode == RATE || c->mode == SQUARE;
}

static bool is_triggered_by_gate(const struct pit_counter *c)
{
    return c->mode == ONE_SHOT || c->mode == TRIGGERED_STROBE;
}

static uint32_t counts_of(const struct pit_counter *c)
{
    return c->bcd ? BCD_COUNTS : BINARY_COUNTS;
}

/* Cycles since it was loaded. */
static uint64_t elapsed(const struct pit_counter *c, uint64_t at)
{
    if (c->phase == PIT_PAUSED)
        return c->gone;
    return at > c->start ? at - c->start : 0;
}

/* A new count of modes 2 and 3 begins when the old one is over (of mode 3 the
 * data sheet has it half a cycle earlier). */
static void set_next(struct pit_counter *c, uint64_t at, uint32_t count)
{
    if (is_periodic(c))
        c->start += elapsed(c, at) / c->period * c->period;
    c->next = count;
}

static void take_next(struct pit_counter *c, uint64_t at)
{
    if (!c->next || c->phase != PIT_COUNTS || !is_periodic(c) ||
        elapsed(c, at) < c->period)
        return;
    c->start += c->period;
    c->period = c->next;
    c->next = 0;
}

/* Mode 3 counts by two, from an even number, in each half; of an odd count the
 * high half is a cycle longer. */
static uint32_t square_count(const struct pit_counter *c, uint64_t at)
{
    uint32_t in = (uint32_t)(at % c->period);
    uint32_t high = (c->period + 1) / 2;
    uint32_t from = c->period & ~UINT32_C(1);

    return from - 2 * (in < high ? in : in - high);
}

/* What the counter holds, 0 to counts_of() - 1, or that, which reads as 0. */
static uint32_t count_at(const struct pit_counter *c, uint64_t at)
{
    uint64_t gone = elapsed(c, at);
    uint32_t counts = counts_of(c);

    if (c->phase == PIT_WAITS)
        return c->held;
    if (c->mode == RATE)
        return c->period - (uint32_t)(gone % c->period);
    if (c->mode == SQUARE)
        return square_count(c, gone);
    return (uint32_t)((c->period + counts - gone % counts) % counts);
}

static bool output_at(const struct pit_counter *c, uint64_t at)
{
    uint64_t gone = elapsed(c, at);

    if (c->phase == PIT_WAITS || (c->phase == PIT_COUNTS && at < c->start))
        return c->mode != ON_ZERO;
    if (c->phase == PIT_PAUSED && is_periodic(c))
        return true;
    switch (c->mode) {
    case ON_ZERO:
    case ONE_SHOT:
        return gone >= c->period;
    case RATE:
        return gone % c->period != c->period - 1;
    case SQUARE:
        return gone % c->period < (c->period + 1) / 2;
    default: /* a strobe of one cycle */
        return gone != c->period;
    }
}

/* The first cycle after `at` at which the output rises; CLOCK_NEVER. */
static uint64_t next_rise(const struct pit_counter *c, uint64_t at)
{
    uint64_t gone = elapsed(c, at);
    uint64_t rise = c->period;

    if (c->phase != PIT_COUNTS)
        return CLOCK_NEVER;
    if (is_periodic(c))
        return c->start + (gone / c->period + 1) * c->period;
    if (c->mode == STROBE || c->mode == TRIGGERED_STROBE)
        rise++;
    return at < c->start + rise ? c->start + rise : CLOCK_NEVER;
}

/* --- loading --- */

static uint32_t from_bcd(uint32_t value)
{
    return (value >> 12 & 0xf) * 1000 + (value >> 8 & 0xf) * 100 +
           (value >> 4 & 0xf) * 10 + (value & 0xf);
}

static uint32_t to_bcd(uint32_t value)
{
    return value / 1000 % 10 << 12 | value / 100 % 10 << 8 |
           value / 10 % 10 << 4 | value % 10;
}

/* It is loaded with the next pulse of its clock. */
static void start_counting(struct pit_counter *c, uint64_t at)
{
    c->phase = PIT_COUNTS;
    c->start = at + 1;
    c->next = 0;
}

/* Modes 0 and 4 begin at once, when there is a gate; 2 and 3 when the last
 * count is over; 1 and 5 with a trigger. */
static void load(struct pit_counter *c, uint64_t at, uint16_t value)
{
    uint32_t count = c->bcd ? from_bcd(value) : value;

    if (!count)
        count = counts_of(c);
    if (count == 1 && is_periodic(c)) /* "A COUNT of 1 is illegal" */
        count = 2;
    if (c->phase == PIT_COUNTS && (is_periodic(c) || is_triggered_by_gate(c))) {
        set_next(c, at, count);
        return;
    }
    c->period = count;
    if (is_triggered_by_gate(c))
        return;
    start_counting(c, at);
    if (!c->gate) {
        c->phase = PIT_PAUSED;
        c->gone = 0;
    }
}

static void write_count(struct pit_counter *c, uint64_t at, uint8_t value)
{
    if (c->access == ACCESS_LOW) {
        load(c, at, value);
    } else if (c->access == ACCESS_HIGH) {
        load(c, at, (uint16_t)(value << 8));
    } else if (c->has_low) {
        c->has_low = false;
        load(c, at, (uint16_t)(value << 8 | c->low));
    } else if (c->access == ACCESS_BOTH) {
        c->low = value;
        c->has_low = true;
        if (c->mode == ON_ZERO) { /* "disables counting", OUT is low */
            c->held = count_at(c, at);
            c->phase = PIT_WAITS;
        }
    }
}

/* --- gates --- */

static void gate_falls(struct pit_counter *c, uint64_t at)
{
    if (c->phase != PIT_COUNTS || is_triggered_by_gate(c))
        return;
    c->gone = elapsed(c, at);
    c->phase = PIT_PAUSED;
}

/* Modes 0 and 4 go on, 2 and 3 begin anew, 1 and 5 begin. */
static void gate_rises(struct pit_counter *c, uint64_t at)
{
    if (!c->period || (c->phase == PIT_WAITS && !is_triggered_by_gate(c)))
        return;
    if (c->next)
        c->period = c->next;
    if (is_periodic(c) || is_triggered_by_gate(c) || at < c->gone) {
        start_counting(c, at);
        return;
    }
    c->phase = PIT_COUNTS;
    c->start = at - c->gone;
}

static void set_gate(struct pit_counter *c, uint64_t at, bool gate)
{
    if (gate == c->gate)
        return;
    c->gate = gate;
    if (gate)
        gate_rises(c, at);
    else
        gate_falls(c, at);
}

/* --- the control word --- */

static uint8_t status_of(const struct pit_counter *c, uint64_t at)
{
    uint8_t status =
        (uint8_t)(c->access << ACCESS_SHIFT | c->mode << MODE_SHIFT | c->bcd);

    if (output_at(c, at))
        status |= STATUS_OUT;
    if (!c->period || c->next || (c->phase == PIT_COUNTS && at < c->start))
        status |= STATUS_NULL;
    return status;
}

static uint16_t readable(const struct pit_counter *c, uint64_t at)
{
    uint32_t count = count_at(c, at);

    return (uint16_t)(c->bcd ? to_bcd(count) : count);
}

/* "Subsequent latches are ignored until the count is read." */
static void latch_count(struct pit_counter *c, uint64_t at)
{
    if (c->latched)
        return;
    c->latched = true;
    c->latch = readable(c, at);
}

static void latch_status(struct pit_counter *c, uint64_t at)
{
    if (c->status_latched)
        return;
    c->status_latched = true;
    c->status = status_of(c, at);
}

static void read_back(struct pit_state *s, uint64_t at, uint8_t command)
{
    for (unsigned n = 0; n < PIT_COUNTERS; n++) {
        if (!(command >> (n + 1) & 1))
            continue;
        if (!(command & NO_COUNT))
            latch_count(&s->counter[n], at);
        if (!(command & NO_STATUS))
            latch_status(&s->counter[n], at);
    }
}

/* Modes 6 and 7 are 2 and 3. */
static void program(struct pit_counter *c, uint64_t at, uint8_t command)
{
    unsigned mode = command >> MODE_SHIFT & 7;

    *c = (struct pit_counter){
        .mode = (uint8_t)(mode > TRIGGERED_STROBE ? mode & 3 : mode),
        .access = command >> ACCESS_SHIFT & 3,
        .bcd = command & 1,
        .gate = c->gate,
        .held = count_at(c, at),
    };
}

static void control(struct pit_state *s, uint64_t at, uint8_t command)
{
    unsigned n = command >> SELECT_SHIFT;

    if (n == READ_BACK)
        read_back(s, at, command);
    else if (command >> ACCESS_SHIFT & 3)
        program(&s->counter[n], at, command);
    else
        latch_count(&s->counter[n], at);
}

/* --- ports --- */

/* Up to this cycle. A program may have changed the output without time. */
static void run(struct pit_state *s, uint64_t at)
{
    struct pit_counter *c = &s->counter[0];

    s->rose |= next_rise(c, s->seen) <= at;
    for (unsigned n = 0; n < PIT_COUNTERS; n++)
        take_next(&s->counter[n], at);
    s->rose |= !s->high && output_at(c, at);
    s->high = output_at(c, at);
    s->seen = at;
}

/* A latched status goes first, then a latched count, then the count itself. */
static uint8_t read_counter(struct pit_counter *c, uint64_t at)
{
    uint16_t count = c->latched ? c->latch : readable(c, at);
    bool high = c->access == ACCESS_HIGH;

    if (c->status_latched) {
        c->status_latched = false;
        return c->status;
    }
    if (c->access == ACCESS_BOTH) {
        high = c->reads_high;
        c->reads_high = !high;
    }
    if (c->access != ACCESS_BOTH || high)
        c->latched = false;
    return (uint8_t)(high ? count >> 8 : count);
}

uint8_t pit_read(struct pit_state *s, uint64_t now, unsigned port)
{
    uint64_t at = clock_cycles_at(now, PIT_HZ);

    run(s, at);
    if (port == CONTROL) /* nothing drives the bus */
        return 0xff;
    return read_counter(&s->counter[port], at);
}

void pit_write(struct pit_state *s, uint64_t now, unsigned port, uint8_t value)
{
    uint64_t at = clock_cycles_at(now, PIT_HZ);

    run(s, at);
    if (port == CONTROL)
        control(s, at, value);
    else
        write_count(&s->counter[port], at, value);
}

bool pit_output(const struct pit_state *s, uint64_t now, unsigned n)
{
    struct pit_counter c = s->counter[n];
    uint64_t at = clock_cycles_at(now, PIT_HZ);

    take_next(&c, at);
    return output_at(&c, at);
}

uint8_t pit_read_61(const struct pit_state *s, uint64_t now)
{
    uint8_t value = s->port61;

    if (clock_cycles_at(now, PIT_HZ) / REFRESH_CYCLES & 1)
        value |= P61_REFRESH;
    if (pit_output(s, now, COUNTER_SPEAKER))
        value |= P61_OUT;
    return value;
}

void pit_write_61(struct pit_state *s, uint64_t now, uint8_t value)
{
    uint64_t at = clock_cycles_at(now, PIT_HZ);

    run(s, at);
    s->port61 = value & P61_WRITABLE;
    set_gate(&s->counter[COUNTER_SPEAKER], at, value & P61_GATE);
}

bool pit_run(struct pit_state *s, uint64_t now)
{
    bool rose;

    run(s, clock_cycles_at(now, PIT_HZ));
    rose = s->rose;
    s->rose = false;
    return rose;
}

uint64_t pit_deadline(const struct pit_state *s)
{
    uint64_t rise = next_rise(&s->counter[0], s->seen);

    return rise == CLOCK_NEVER ? rise : clock_ns_of(rise, PIT_HZ);
}

/* The gates of counters 0 and 1 are wired high. */
struct pit_state pit_power_on(void)
{
    return (struct pit_state){
        .counter = {{.gate = true}, {.gate = true}, {.gate = false}}};
}
