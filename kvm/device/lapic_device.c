/* SPDX-License-Identifier: MIT */
/* The chip with a clock and a CPU; what it does is kvm/device/lapic.c. */
#include "kvm/device/lapic.h"

/* Returns the time, and what was due before it has happened. */
static uint64_t lapic_begin(struct lapic *lapic)
{
    uint64_t now = chip_begin(&lapic->chip);

    lapic_run(&lapic->state, now);
    return now;
}

/* More waits for the CPU than before. With the lock. */
static bool update(struct lapic *lapic)
{
    unsigned asks = lapic_asks(&lapic->state);
    unsigned was = atomic_exchange(&lapic->asks, asks);

    return asks & ~was & ~(unsigned)LAPIC_HELD;
}

static void lapic_tell(struct lapic *lapic, bool rose)
{
    if (rose && lapic->host.rose)
        lapic->host.rose(lapic->host.context);
}

static void lapic_device_end(struct lapic *lapic)
{
    bool rose = update(lapic);

    chip_end_change(&lapic->chip);
    lapic_tell(lapic, rose);
}

void lapic_init(struct lapic *lapic, unsigned id, struct machine_clock *clock,
                atomic_uint *changes, struct lapic_host host)
{
    *lapic = (struct lapic){.state = lapic_power_on(id), .host = host};
    chip_init(&lapic->chip, clock, changes);
}

void lapic_restored(struct lapic *lapic)
{
    (void)chip_begin(&lapic->chip);
    (void)update(lapic);
    chip_end_change(&lapic->chip);
}

/* --- for the CPU --- */

bool lapic_is_at(const struct lapic *lapic, uint64_t gpa)
{
    const struct lapic_state *s = &lapic->state;

    return lapic_is_on(s) && gpa / LAPIC_PAGE == s->base / LAPIC_PAGE;
}

/* Registers have 32 bits at multiples of 16, and nothing else is there
 * (11.4.1: other accesses than aligned ones of 32 bits are undefined). A part
 * can be read. */
static void read_part(struct lapic *lapic, unsigned offset, unsigned size,
                      uint8_t *data)
{
    uint64_t now = lapic_begin(lapic);
    uint32_t value = lapic_read(&lapic->state, now, offset & ~0xfu);

    lapic_device_end(lapic);
    for (unsigned i = 0; i < size; i++) {
        unsigned byte = (offset & 0xf) + i;

        data[i] = (uint8_t)(byte < 4 ? value >> 8 * byte : 0);
    }
}

static void write_whole(struct lapic *lapic, unsigned offset,
                        const uint8_t *data)
{
    uint32_t value = data[0] | (uint32_t)data[1] << 8 |
                     (uint32_t)data[2] << 16 | (uint32_t)data[3] << 24;
    uint64_t now = lapic_begin(lapic);
    struct lapic_effect effect = lapic_write(&lapic->state, now, offset, value);

    lapic_device_end(lapic);
    if (effect.sends && lapic->host.send)
        lapic->host.send(lapic->host.context, &effect.message);
    if (effect.ended && lapic->host.ended)
        lapic->host.ended(lapic->host.context, effect.vector);
}

void lapic_access(struct lapic *lapic, bool is_write, unsigned offset,
                  unsigned size, uint8_t *data)
{
    if (!is_write)
        read_part(lapic, offset, size, data);
    else if (size == 4 && !(offset & 0xf))
        write_whole(lapic, offset, data);
}

void lapic_set_cr8(struct lapic *lapic, uint8_t cr8)
{
    if (cr8 == lapic_cr8(lapic))
        return;
    (void)lapic_begin(lapic);
    lapic->state.tpr = (uint8_t)(cr8 << 4);
    lapic_device_end(lapic);
}

void lapic_change_base(struct lapic *lapic, uint64_t base)
{
    if (base == lapic->state.base)
        return;
    (void)lapic_begin(lapic);
    lapic_set_base(&lapic->state, base);
    lapic_device_end(lapic);
}

struct lapic_taken lapic_take(struct lapic *lapic)
{
    (void)lapic_begin(lapic);
    lapic->taken = lapic_acknowledge(&lapic->state);
    lapic_device_end(lapic);
    return lapic->taken;
}

void lapic_give_back(struct lapic *lapic)
{
    (void)lapic_begin(lapic);
    lapic_unacknowledge(&lapic->state, &lapic->taken);
    lapic_device_end(lapic);
}

bool lapic_take_nmi(struct lapic *lapic)
{
    bool was;

    (void)lapic_begin(lapic);
    was = lapic->state.nmi;
    lapic->state.nmi = false;
    lapic_device_end(lapic);
    return was;
}

bool lapic_take_init(struct lapic *lapic)
{
    bool was;

    (void)lapic_begin(lapic);
    was = lapic->state.init;
    lapic->state.init = false;
    lapic_device_end(lapic);
    return was;
}

void lapic_give_back_nmi(struct lapic *lapic)
{
    (void)lapic_begin(lapic);
    lapic->state.nmi = true;
    lapic_device_end(lapic);
}

uint64_t lapic_settle(struct lapic *lapic)
{
    uint64_t deadline;
    bool rose;

    (void)lapic_begin(lapic);
    deadline = lapic_deadline(&lapic->state);
    rose = update(lapic);
    chip_end(&lapic->chip);
    lapic_tell(lapic, rose);
    return deadline;
}

/* --- for others --- */

bool lapic_is_meant(struct lapic *lapic, const struct apic_message *message,
                    bool sender)
{
    bool matches;

    (void)chip_begin(&lapic->chip);
    matches = lapic_matches(&lapic->state, message, sender);
    chip_end(&lapic->chip);
    return matches;
}

bool lapic_get(struct lapic *lapic, const struct apic_message *message)
{
    bool taken;

    (void)lapic_begin(lapic);
    taken = lapic_receive(&lapic->state, message);
    lapic_device_end(lapic);
    return taken;
}

bool lapic_is_heeding(struct lapic *lapic, const struct apic_message *message)
{
    bool heeds;

    (void)chip_begin(&lapic->chip);
    heeds = lapic_heeds(&lapic->state, message);
    chip_end(&lapic->chip);
    return heeds;
}

bool lapic_is_heeding_pin(struct lapic *lapic)
{
    bool heeds;

    (void)chip_begin(&lapic->chip);
    heeds = lapic_heeds_pin(&lapic->state);
    chip_end(&lapic->chip);
    return heeds;
}

uint8_t lapic_get_priority(struct lapic *lapic)
{
    uint8_t priority;

    (void)chip_begin(&lapic->chip);
    priority = lapic_priority(&lapic->state);
    chip_end(&lapic->chip);
    return priority;
}

void lapic_drive_pin(struct lapic *lapic, unsigned n, bool high)
{
    (void)lapic_begin(lapic);
    lapic_set_pin(&lapic->state, n, high);
    lapic_device_end(lapic);
}
