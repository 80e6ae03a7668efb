/* SPDX-License-Identifier: MIT */
/* Intel SDM 3A 11.5.4: the timer. Nothing ticks: what it holds is worked out
 * when somebody asks. */
#include "kvm/device/lapic_timer.h"

#include "kvm/device/lapic_bits.h"

/* Bits 3, 1 and 0: 2, 4, 8 to 128, and 1. */
unsigned lapic_divider(const struct lapic_state *s)
{
    unsigned code = (s->divide & 3) | (s->divide >> 1 & 4);

    return (code + 1) & 7;
}

uint64_t lapic_period(const struct lapic_state *s)
{
    return (uint64_t)s->initial << lapic_divider(s);
}

uint32_t lapic_count(const struct lapic_state *s, uint64_t now)
{
    uint64_t gone = (now - s->start) >> lapic_divider(s);

    return s->counts && gone < s->initial ? (uint32_t)(s->initial - gone) : 0;
}

void lapic_set_count(struct lapic_state *s, uint64_t now, uint32_t value)
{
    s->initial = value;
    s->start = now;
    s->counts = value;
}

/* The count goes on at another rate from where it is. */
void lapic_set_divide(struct lapic_state *s, uint64_t now, uint32_t value)
{
    uint64_t gone = s->initial - lapic_count(s, now);

    s->divide = value & DIVIDE_WRITABLE;
    s->start = now - (gone << lapic_divider(s));
}

bool lapic_count_is_over(struct lapic_state *s, uint64_t now)
{
    uint64_t gone = now - s->start;

    if (!s->counts || gone < lapic_period(s))
        return false;
    if (s->lvt[LAPIC_TIMER] & LVT_PERIODIC)
        s->start += gone - gone % lapic_period(s);
    else
        s->counts = false;
    return true;
}
