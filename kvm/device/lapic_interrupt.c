/* SPDX-License-Identifier: MIT */
#include "kvm/device/lapic_interrupt.h"

/*
 * Intel SDM 3A chapter 11. The section is named where it is not the one of the
 * register at hand (table 11-1).
 *
 * What is not as in the chip: a message takes no time, so the delivery status
 * is always idle; there is no SMM, so SMIs are not taken; and a start-up IPI
 * finds nobody who waits for one.
 */

#include "kvm/device/lapic_bits.h"

enum { WORDS = 8, NONE = -1 };

/* --- sets of vectors --- */

static bool has(const uint32_t *set, uint8_t vector)
{
    return set[vector / 32] >> vector % 32 & 1;
}

static void lapic_interrupt_put(uint32_t *set, uint8_t vector, bool on)
{
    set[vector / 32] &= ~(UINT32_C(1) << vector % 32);
    set[vector / 32] |= (uint32_t)on << vector % 32;
}

static int highest(const uint32_t *set)
{
    for (int word = WORDS - 1; word >= 0; word--)
        for (int bit = 31; bit >= 0; bit--)
            if (set[word] >> bit & 1)
                return 32 * word + bit;
    return NONE;
}

/* --- priorities (11.8.3) --- */

static unsigned class_of(unsigned vector)
{
    return vector >> 4;
}

uint8_t lapic_priority(const struct lapic_state *s)
{
    int served = highest(s->isr);

    if (served == NONE || class_of(s->tpr) >= class_of((unsigned)served))
        return s->tpr;
    return (uint8_t)(served & 0xf0);
}

static bool passes(const struct lapic_state *s, unsigned vector)
{
    return class_of(vector) > class_of(lapic_priority(s));
}

static bool is_held_by_tpr(const struct lapic_state *s)
{
    int vector = lapic_is_on(s) ? highest(s->irr) : NONE;
    int served = highest(s->isr);

    return vector != NONE && !passes(s, (unsigned)vector) &&
           (served == NONE ||
            class_of((unsigned)vector) > class_of((unsigned)served));
}

/* The vector that the CPU is asked to take, or NONE. */
static int lapic_interrupt_asked(const struct lapic_state *s)
{
    int vector = lapic_is_on(s) ? highest(s->irr) : NONE;

    return vector != NONE && passes(s, (unsigned)vector) ? vector : NONE;
}

/* --- the local vector table (11.5.1) --- */

static enum apic_mode mode_of(uint32_t lvt)
{
    return (enum apic_mode)(lvt >> LVT_MODE & 7);
}

/* It listens, and this is how. */
static bool is_lint(const struct lapic_state *s, unsigned n,
                    enum apic_mode mode)
{
    uint32_t lvt = s->lvt[LAPIC_LINT0 + n];

    return !(lvt & LVT_MASKED) && mode_of(lvt) == mode;
}

static bool lapic_interrupt_is_active(const struct lapic_state *s, unsigned n)
{
    bool active_low = s->lvt[LAPIC_LINT0 + n] & LVT_ACTIVE_LOW;

    return s->pin[n] != active_low;
}

/* Switched off, it leaves the CPU with its pin INTR (11.4.3). ExtINT is a level
 * that no priority holds off. */
static bool asks_external(const struct lapic_state *s)
{
    if (!lapic_is_on(s))
        return s->pin[0];
    return s->external ||
           (is_lint(s, 0, APIC_EXTINT) && lapic_interrupt_is_active(s, 0));
}

static bool accepts(const struct lapic_state *s)
{
    return lapic_is_on(s) && s->svr & SVR_ON;
}

/* 11.5.3: each kind of error interrupts when it comes up. */
void lapic_note_error(struct lapic_state *s, uint32_t error)
{
    uint32_t lvt = s->lvt[LAPIC_ERROR];
    bool known = s->errors & error;

    s->errors |= error;
    if (!known && !(lvt & LVT_MASKED))
        (void)lapic_take_vector(s, lvt & LVT_VECTOR, false);
}

bool lapic_take_vector(struct lapic_state *s, uint8_t vector, bool level)
{
    if (!accepts(s))
        return false;
    if (vector < APIC_FIRST_VECTOR) {
        lapic_note_error(s, ESR_RECEIVED_VECTOR);
        return false;
    }
    lapic_interrupt_put(s->irr, vector, true);
    lapic_interrupt_put(s->tmr, vector, level);
    return true;
}

/* A level asks again when it was served (remote IRR). */
void lapic_ask_by_level(struct lapic_state *s, unsigned n)
{
    uint32_t *lvt = &s->lvt[LAPIC_LINT0 + n];

    if (is_lint(s, n, APIC_FIXED) && *lvt & LVT_LEVEL &&
        lapic_interrupt_is_active(s, n) && !(*lvt & LVT_REMOTE_IRR) &&
        lapic_take_vector(s, *lvt & LVT_VECTOR, true))
        *lvt |= LVT_REMOTE_IRR;
}

static void ask_by_edge(struct lapic_state *s, unsigned n)
{
    uint32_t lvt = s->lvt[LAPIC_LINT0 + n];

    if (is_lint(s, n, APIC_NMI))
        s->nmi = true;
    else if (is_lint(s, n, APIC_INIT))
        s->init = true;
    else if (is_lint(s, n, APIC_FIXED) && !(lvt & LVT_LEVEL))
        (void)lapic_take_vector(s, lvt & LVT_VECTOR, false);
}

void lapic_set_pin(struct lapic_state *s, unsigned n, bool high)
{
    bool was_active = lapic_interrupt_is_active(s, n);
    bool rises = high && !s->pin[n];

    s->pin[n] = high;
    if (!lapic_is_on(s)) { /* LINT1 is the CPU's pin NMI */
        s->nmi |= n == 1 && rises;
        return;
    }
    if (lapic_interrupt_is_active(s, n) && !was_active)
        ask_by_edge(s, n);
    lapic_ask_by_level(s, n);
}

/* --- messages (11.6, 11.7) --- */

/* 11.6.2.2: flat, each bit is a CPU; or clusters of four. */
static bool is_logical_destination(const struct lapic_state *s, uint8_t to)
{
    uint8_t own = (uint8_t)(s->ldr >> 24);

    if (s->dfr >> DFR_MODEL == 0xf)
        return to & own;
    return (to >> 4 == own >> 4 || to >> 4 == 0xf) && to & own & 0xf;
}

bool lapic_matches(const struct lapic_state *s,
                   const struct apic_message *message, bool sender)
{
    if (!lapic_is_on(s))
        return false;
    if (message->to == APIC_TO_DESTINATION && message->logical)
        return message->destination == APIC_EVERYONE ||
               is_logical_destination(s, message->destination);
    if (message->to == APIC_TO_DESTINATION)
        return message->destination == APIC_EVERYONE ||
               message->destination == s->id;
    return message->to == APIC_TO_ALL ||
           sender == (message->to == APIC_TO_SELF);
}

bool lapic_receive(struct lapic_state *s, const struct apic_message *message)
{
    switch (message->mode) {
    case APIC_FIXED:
    case APIC_LOWEST:
        return lapic_take_vector(s, message->vector, message->level);
    case APIC_NMI:
        return s->nmi = true;
    case APIC_INIT:
        return s->init = true;
    case APIC_EXTINT:
        s->external |= accepts(s);
        return accepts(s);
    case APIC_SMI:
    case APIC_MODE_3:
    case APIC_STARTUP:
        break;
    }
    return false;
}

bool lapic_heeds(const struct lapic_state *s,
                 const struct apic_message *message)
{
    if (message->mode == APIC_NMI)
        return !s->nmi;
    if (message->mode == APIC_EXTINT)
        return accepts(s) && !asks_external(s);
    if (message->mode == APIC_FIXED || message->mode == APIC_LOWEST)
        return accepts(s) && message->vector >= APIC_FIRST_VECTOR &&
               !has(s->irr, message->vector) && passes(s, message->vector);
    return false;
}

bool lapic_heeds_pin(const struct lapic_state *s)
{
    uint32_t lvt = s->lvt[LAPIC_LINT0];
    const struct apic_message message = {.mode = mode_of(lvt),
                                         .vector = lvt & LVT_VECTOR};

    if (!lapic_is_on(s) || is_lint(s, 0, APIC_EXTINT))
        return !asks_external(s);
    return !(lvt & LVT_MASKED) && lapic_heeds(s, &message);
}

/* --- taken and ended --- */

unsigned lapic_asks(const struct lapic_state *s)
{
    unsigned asks = 0;

    if (asks_external(s) || lapic_interrupt_asked(s) != NONE)
        asks |= LAPIC_INTERRUPT;
    if (s->nmi)
        asks |= LAPIC_NMI;
    if (s->init)
        asks |= LAPIC_INIT;
    if (is_held_by_tpr(s))
        asks |= LAPIC_HELD;
    return asks;
}

struct lapic_taken lapic_acknowledge(struct lapic_state *s)
{
    struct lapic_taken taken = {.vector = (uint8_t)s->svr};
    int vector = lapic_interrupt_asked(s);

    if (asks_external(s)) {
        taken.from = LAPIC_TOOK_EXTERNAL;
        taken.was_message = s->external;
        s->external = false;
    } else if (vector != NONE) {
        taken.from = LAPIC_TOOK_OWN;
        taken.vector = (uint8_t)vector;
        lapic_interrupt_put(s->irr, taken.vector, false);
        lapic_interrupt_put(s->isr, taken.vector, true);
    }
    return taken;
}

void lapic_unacknowledge(struct lapic_state *s, const struct lapic_taken *taken)
{
    if (taken->from == LAPIC_TOOK_EXTERNAL)
        s->external |= taken->was_message;
    if (taken->from != LAPIC_TOOK_OWN)
        return;
    lapic_interrupt_put(s->isr, taken->vector, false);
    lapic_interrupt_put(s->irr, taken->vector, true);
}

/* 11.8.5. */
void lapic_end(struct lapic_state *s, struct lapic_effect *effect)
{
    int served = highest(s->isr);

    if (served == NONE)
        return;
    effect->vector = (uint8_t)served;
    effect->ended = has(s->tmr, effect->vector);
    lapic_interrupt_put(s->isr, effect->vector, false);
    for (unsigned n = 0; n < 2; n++) {
        uint32_t *lvt = &s->lvt[LAPIC_LINT0 + n];

        if ((*lvt & LVT_VECTOR) == effect->vector)
            *lvt &= ~(uint32_t)LVT_REMOTE_IRR;
        lapic_ask_by_level(s, n);
    }
}
