/* SPDX-License-Identifier: MIT */
/* The registers of a local APIC; Intel SDM 3A table 11-1. */
#include "kvm/device/lapic.h"

#include <string.h>

#include "kvm/device/lapic_bits.h"
#include "kvm/device/lapic_timer.h"

/* What software may write, but for the mask while it is off (11.4.7.2). */
static const uint32_t lvt_writable[LAPIC_LVTS] = {
    [LAPIC_TIMER] = LVT_VECTOR | LVT_MASKED | LVT_PERIODIC,
    [LAPIC_THERMAL] = 0x7ff | LVT_MASKED,
    [LAPIC_PERFORMANCE] = 0x7ff | LVT_MASKED,
    [LAPIC_LINT0] = 0x7ff | LVT_ACTIVE_LOW | LVT_LEVEL | LVT_MASKED,
    [LAPIC_LINT1] = 0x7ff | LVT_ACTIVE_LOW | LVT_LEVEL | LVT_MASKED,
    [LAPIC_ERROR] = LVT_VECTOR | LVT_MASKED,
};

/* --- the local vector table (11.5.1) --- */

static void write_lvt(struct lapic_state *s, unsigned n, uint32_t value)
{
    uint32_t kept = s->lvt[n] & LVT_REMOTE_IRR;

    s->lvt[n] = (value & lvt_writable[n]) | (s->svr & SVR_ON ? 0 : LVT_MASKED);
    if (s->lvt[n] & LVT_LEVEL)
        s->lvt[n] |= kept;
    if (n == LAPIC_LINT0 || n == LAPIC_LINT1)
        lapic_ask_by_level(s, n - LAPIC_LINT0);
}

static void write_svr(struct lapic_state *s, uint32_t value)
{
    s->svr = value & SVR_WRITABLE;
    for (unsigned n = 0; !(s->svr & SVR_ON) && n < LAPIC_LVTS; n++)
        s->lvt[n] |= LVT_MASKED;
}

/* --- the interrupt command register (11.6.1) --- */

/* Table 11-3: what may be sent to whom. */
static bool is_sendable(uint32_t low)
{
    enum apic_mode mode = (enum apic_mode)(low >> ICR_MODE & 7);
    unsigned to = low >> ICR_TO & 3;
    bool deasserts = low & ICR_LEVEL && !(low & ICR_ASSERT);

    if (mode == APIC_MODE_3 || mode == APIC_EXTINT)
        return false;
    if (mode == APIC_INIT && deasserts) /* it sets arbitration IDs, no more */
        return false;
    return mode == APIC_FIXED || to == APIC_TO_DESTINATION ||
           to == APIC_TO_OTHERS;
}

/* 11.6.1. All are edges: "the trigger mode flag is ignored". */
static void lapic_send(struct lapic_state *s, struct lapic_effect *effect)
{
    uint32_t low = (uint32_t)s->icr;
    struct apic_message message = {
        .mode = (enum apic_mode)(low >> ICR_MODE & 7),
        .vector = (uint8_t)low,
        .logical = low & ICR_LOGICAL,
        .destination = (uint8_t)(s->icr >> 56),
        .to = low >> ICR_TO & 3,
    };

    if (!is_sendable(low))
        return;
    if (message.vector < APIC_FIRST_VECTOR &&
        (message.mode == APIC_FIXED || message.mode == APIC_LOWEST)) {
        lapic_note_error(s, ESR_SENT_VECTOR);
        return;
    }
    effect->sends = true;
    effect->message = message;
}

/* --- registers --- */

void lapic_run(struct lapic_state *s, uint64_t now)
{
    uint32_t lvt = s->lvt[LAPIC_TIMER];

    if (lapic_count_is_over(s, now) && !(lvt & LVT_MASKED))
        (void)lapic_take_vector(s, lvt & LVT_VECTOR, false);
}

static uint32_t read_one(struct lapic_state *s, uint64_t now, unsigned offset)
{
    switch (offset) {
    case AT_ID:
        return s->id << 24;
    case AT_VERSION:
        return VERSION;
    case AT_TPR:
        return s->tpr;
    case AT_PPR:
        return lapic_priority(s);
    case AT_LDR:
        return s->ldr;
    case AT_DFR:
        return s->dfr;
    case AT_SVR:
        return s->svr;
    case AT_ESR:
        return s->esr;
    case AT_ICR:
        return (uint32_t)s->icr;
    case AT_ICR_HIGH:
        return (uint32_t)(s->icr >> 32);
    case AT_INITIAL:
        return s->initial;
    case AT_CURRENT:
        return lapic_count(s, now);
    case AT_DIVIDE:
        return s->divide;
    case AT_APR: /* CPUs have not got it any more, nor remote reads */
    case AT_RRD:
    case AT_EOI: /* is written only */
        return 0;
    default:
        lapic_note_error(s, ESR_REGISTER);
        return 0;
    }
}

uint32_t lapic_read(struct lapic_state *s, uint64_t now, unsigned offset)
{
    unsigned word = offset >> 4 & 7;

    lapic_run(s, now);
    switch (offset & ~0x7fu) {
    case AT_ISR:
        return s->isr[word];
    case AT_TMR:
        return s->tmr[word];
    case AT_IRR:
        return s->irr[word];
    default:
        break;
    }
    if (offset >= AT_LVT && offset < AT_INITIAL)
        return s->lvt[(offset - AT_LVT) >> 4];
    return read_one(s, now, offset);
}

static bool is_read_only(unsigned offset)
{
    return offset == AT_VERSION || offset == AT_APR || offset == AT_PPR ||
           offset == AT_RRD || offset == AT_CURRENT ||
           (offset >= AT_ISR && offset < AT_ESR);
}

static void write_one(struct lapic_state *s, uint64_t now, unsigned offset,
                      uint32_t value)
{
    switch (offset) {
    case AT_ID:
        s->id = value >> 24;
        break;
    case AT_TPR:
        s->tpr = (uint8_t)value;
        break;
    case AT_LDR:
        s->ldr = value & 0xff000000;
        break;
    case AT_DFR:
        s->dfr = value | DFR_ONES;
        break;
    case AT_SVR:
        write_svr(s, value);
        break;
    case AT_ESR:
        s->esr = s->errors;
        s->errors = 0;
        break;
    case AT_ICR_HIGH:
        s->icr = (s->icr & UINT32_MAX) | (uint64_t)(value & 0xff000000) << 32;
        break;
    case AT_INITIAL:
        lapic_set_count(s, now, value);
        break;
    case AT_DIVIDE:
        lapic_set_divide(s, now, value);
        break;
    default:
        if (!is_read_only(offset))
            lapic_note_error(s, ESR_REGISTER);
        break;
    }
}

struct lapic_effect lapic_write(struct lapic_state *s, uint64_t now,
                                unsigned offset, uint32_t value)
{
    struct lapic_effect effect = {.sends = false};

    lapic_run(s, now);
    if (offset == AT_EOI) {
        lapic_end(s, &effect);
    } else if (offset == AT_ICR) {
        s->icr = (s->icr & ~(uint64_t)UINT32_MAX) | (value & ICR_WRITABLE);
        lapic_send(s, &effect);
    } else if (offset >= AT_LVT && offset < AT_INITIAL) {
        write_lvt(s, (offset - AT_LVT) >> 4, value);
    } else {
        write_one(s, now, offset, value);
    }
    return effect;
}

uint64_t lapic_deadline(const struct lapic_state *s)
{
    const uint32_t lvt = s->lvt[LAPIC_TIMER];
    const struct apic_message interrupt = {.mode = APIC_FIXED,
                                           .vector = lvt & LVT_VECTOR};

    if (!s->counts || lvt & LVT_MASKED || !lapic_heeds(s, &interrupt))
        return CLOCK_NEVER;
    return s->start + lapic_period(s);
}

/* --- power-on (11.4.7.1) --- */

struct lapic_state lapic_power_on(unsigned id)
{
    struct lapic_state s = {
        .base = LAPIC_BASE_RESET | LAPIC_BASE_ON | (id ? 0 : LAPIC_BASE_BSP),
        .id = id,
        .dfr = UINT32_MAX,
        .svr = 0xff,
    };

    for (unsigned n = 0; n < LAPIC_LVTS; n++)
        s.lvt[n] = LVT_MASKED;
    return s;
}

void lapic_post(struct lapic_state *s)
{
    write_svr(s, SVR_ON | 0xff);
    write_lvt(s, LAPIC_LINT0, APIC_EXTINT << LVT_MODE);
    write_lvt(s, LAPIC_LINT1, APIC_NMI << LVT_MODE);
}

void lapic_set_base(struct lapic_state *s, uint64_t base)
{
    struct lapic_state fresh = lapic_power_on(s->id);

    if ((s->base ^ base) & LAPIC_BASE_ON) {
        memcpy(fresh.pin, s->pin, sizeof fresh.pin);
        fresh.nmi = s->nmi;
        *s = fresh;
    }
    s->base = base;
}
