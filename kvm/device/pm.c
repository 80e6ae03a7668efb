/* SPDX-License-Identifier: MIT */
/* ACPI's registers as functions of what was written and of the time. */
#include "kvm/device/pm.h"

/* Bits of PM1_STS and, at the same places, of PM1_EN (tables 4.16, 4.17). */
enum {
    TIMER_CARRY = 1 << 0,
    GLOBAL = 1 << 5,
    POWER_BUTTON = 1 << 8,
    SLEEP_BUTTON = 1 << 9,
    RTC_ALARM = 1 << 10,
    ENABLES = TIMER_CARRY | GLOBAL | POWER_BUTTON | SLEEP_BUTTON | RTC_ALARM,
};

/* Of PM1_CNT (table 4.18). SLP_EN and GBL_RLS read as 0. */
enum {
    SCI_EN = 1 << 0,
    BM_RLD = 1 << 1,
    SLP_TYP_SHIFT = 10,
    SLP_TYP = 7 << SLP_TYP_SHIFT,
    SLP_EN = 1 << 13,
};

/* The carry is a change of the uppermost bit, to 1 or to 0 (4.8.3.1.1). */
#define HALF_TURN (UINT64_C(1) << (PM_TIMER_BITS - 1))

void pm_run(struct pm_state *s, uint64_t now)
{
    uint64_t cycles = clock_cycles_at(now, PM_HZ);

    if (cycles / HALF_TURN != s->seen / HALF_TURN)
        s->status |= TIMER_CARRY;
    s->seen = cycles;
}

bool pm_interrupts(const struct pm_state *s)
{
    return s->status & s->enable;
}

uint64_t pm_deadline(const struct pm_state *s)
{
    if (pm_interrupts(s) || !(s->enable & TIMER_CARRY))
        return CLOCK_NEVER;
    return clock_ns_of((s->seen / HALF_TURN + 1) * HALF_TURN, PM_HZ);
}

static uint32_t register_of(const struct pm_state *s, unsigned block)
{
    if (block == PM_EVENT)
        return s->status | (uint32_t)s->enable << 16;
    if (block == PM_CONTROL)
        return s->control | SCI_EN;
    return s->seen & ((UINT32_C(1) << PM_TIMER_BITS) - 1);
}

uint8_t pm_read(const struct pm_state *s, unsigned block, unsigned at)
{
    return (uint8_t)(register_of(s, block) >> 8 * at);
}

/* The byte at a place of a register of two. */
static uint16_t pm_merge(uint16_t reg, unsigned at, uint8_t value)
{
    return (uint16_t)((reg & ~(0xff << 8 * at)) | value << 8 * at);
}

/* A status is cleared by a 1. */
static void pm_write_event(struct pm_state *s, unsigned at, uint8_t value)
{
    if (at < 2)
        s->status &= (uint16_t) ~(value << 8 * at);
    else
        s->enable = pm_merge(s->enable, at - 2, value) & ENABLES;
}

static void pm_write_control(struct pm_state *s, unsigned at, uint8_t value)
{
    uint16_t control = pm_merge(s->control, at, value);

    s->control = control & (BM_RLD | SLP_TYP);
    if (control & SLP_EN &&
        (control & SLP_TYP) >> SLP_TYP_SHIFT == PM_SLEEP_OFF)
        s->is_off = true;
}

void pm_write(struct pm_state *s, unsigned block, unsigned at, uint8_t value)
{
    if (block == PM_EVENT)
        pm_write_event(s, at, value);
    else if (block == PM_CONTROL)
        pm_write_control(s, at, value);
}

struct pm_state pm_power_on(void)
{
    return (struct pm_state){.seen = 0};
}
