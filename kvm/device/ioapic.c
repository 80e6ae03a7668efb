/* SPDX-License-Identifier: MIT */
#include "kvm/device/ioapic.h"

/*
 * Intel 82093AA data sheet (290566-001), 3.1 and 3.2. The register for the end
 * of an interrupt and version 0x20: Intel 82801EB (ICH5) data sheet, 11.5.
 *
 * What is not as in the chip: a message takes no time, so the delivery status
 * is always idle. One that nobody takes is forgotten if it was an edge's; a
 * level tries again when something changes.
 */

enum {
    /* Memory-mapped. */
    AT_INDEX = 0x00,
    AT_WINDOW = 0x10,
    AT_END = 0x40,
    /* By index. */
    REG_ID = 0,
    REG_VERSION = 1,
    REG_ARBITRATION = 2,
    REG_ENTRIES = 0x10, /* two for each pin */

    VERSION = IOAPIC_VERSION | (IOAPIC_PINS - 1) << 16,
    ID_MASK = 0xf,
    ID = 24, /* its shift */
};

/* A redirection entry (3.2.4). */
enum {
    ENTRY_MODE = 8, /* its shift */
    ENTRY_LOGICAL = 1 << 11,
    ENTRY_ACTIVE_LOW = 1 << 13,
    ENTRY_REMOTE_IRR = 1 << 14,
    ENTRY_LEVEL = 1 << 15,
    ENTRY_MASKED = 1 << 16,
    ENTRY_WRITABLE = 0x1afff,
    ENTRY_DESTINATION = 56, /* its shift */
};

struct ioapic_state ioapic_power_on(void)
{
    struct ioapic_state s = {.id = 0};

    for (unsigned n = 0; n < IOAPIC_PINS; n++)
        s.entry[n] = ENTRY_MASKED;
    return s;
}

/* --- pins --- */

static uint32_t ioapic_bit(unsigned n)
{
    return UINT32_C(1) << n;
}

static bool ioapic_is_active(const struct ioapic_state *s, unsigned n)
{
    return !(s->high & ioapic_bit(n)) == !!(s->entry[n] & ENTRY_ACTIVE_LOW);
}

static bool is_level(const struct ioapic_state *s, unsigned n)
{
    return s->entry[n] & ENTRY_LEVEL;
}

/* A level asks until it was taken, and again when it was served. */
static uint32_t ask_by_level(const struct ioapic_state *s, unsigned n)
{
    bool asks = is_level(s, n) && ioapic_is_active(s, n) &&
                !(s->entry[n] & (ENTRY_MASKED | ENTRY_REMOTE_IRR));

    return asks ? ioapic_bit(n) : 0;
}

/* "Edge-sensitive interrupts signaled on a masked interrupt pin are ignored
 * (i.e., not delivered or held pending)." */
uint32_t ioapic_set_pin(struct ioapic_state *s, unsigned n, bool high)
{
    bool was_active = ioapic_is_active(s, n);

    s->high &= ~ioapic_bit(n);
    if (high)
        s->high |= ioapic_bit(n);
    if (is_level(s, n))
        return ask_by_level(s, n);
    return ioapic_is_active(s, n) && !was_active &&
                   !(s->entry[n] & ENTRY_MASKED)
               ? ioapic_bit(n)
               : 0;
}

bool ioapic_heeds(const struct ioapic_state *s, unsigned n)
{
    return !(s->entry[n] &
             (ENTRY_MASKED | ENTRY_REMOTE_IRR | ENTRY_ACTIVE_LOW)) &&
           !(s->high & ioapic_bit(n) && is_level(s, n));
}

struct apic_message ioapic_message(const struct ioapic_state *s, unsigned n)
{
    uint64_t entry = s->entry[n];

    return (struct apic_message){
        .mode = (enum apic_mode)(entry >> ENTRY_MODE & 7),
        .vector = (uint8_t)entry,
        .level = entry & ENTRY_LEVEL,
        .logical = entry & ENTRY_LOGICAL,
        .destination = (uint8_t)(entry >> ENTRY_DESTINATION),
    };
}

/* The remote IRR is that of the modes whose end is told. */
void ioapic_sent(struct ioapic_state *s, unsigned n)
{
    enum apic_mode mode = ioapic_message(s, n).mode;

    if (is_level(s, n) && (mode == APIC_FIXED || mode == APIC_LOWEST))
        s->entry[n] |= ENTRY_REMOTE_IRR;
}

uint32_t ioapic_end(struct ioapic_state *s, uint8_t vector)
{
    uint32_t send = 0;

    for (unsigned n = 0; n < IOAPIC_PINS; n++) {
        if ((uint8_t)s->entry[n] != vector || !(s->entry[n] & ENTRY_REMOTE_IRR))
            continue;
        s->entry[n] &= ~(uint64_t)ENTRY_REMOTE_IRR;
        send |= ask_by_level(s, n);
    }
    return send;
}

/* --- registers --- */

static uint32_t read_window(const struct ioapic_state *s)
{
    unsigned half = s->index - (unsigned)REG_ENTRIES;

    if (s->index == REG_ID || s->index == REG_ARBITRATION)
        return (uint32_t)s->id << ID;
    if (s->index == REG_VERSION)
        return VERSION;
    if (s->index < REG_ENTRIES || half / 2 >= IOAPIC_PINS)
        return UINT32_MAX;
    return (uint32_t)(s->entry[half / 2] >> (half % 2 ? 32 : 0));
}

/* An edge has no remote IRR: kernels that lack the register for it end an
 * interrupt by making it an edge for a moment (Linux, arch/x86/kernel/apic/
 * io_apic.c, __eoi_ioapic_pin()). */
static uint32_t write_entry(struct ioapic_state *s, unsigned half,
                            uint32_t value)
{
    unsigned n = half / 2;
    uint64_t was = s->entry[n];

    if (half % 2) {
        s->entry[n] = (was & UINT32_MAX) | (uint64_t)(value & 0xff000000) << 32;
        return ask_by_level(s, n);
    }
    s->entry[n] = (was & ~(uint64_t)UINT32_MAX) | (value & ENTRY_WRITABLE);
    if (is_level(s, n))
        s->entry[n] |= was & ENTRY_REMOTE_IRR;
    return ask_by_level(s, n);
}

static uint32_t write_window(struct ioapic_state *s, uint32_t value)
{
    unsigned half = s->index - (unsigned)REG_ENTRIES;

    if (s->index == REG_ID)
        s->id = value >> ID & ID_MASK;
    if (s->index < REG_ENTRIES || half / 2 >= IOAPIC_PINS)
        return 0;
    return write_entry(s, half, value);
}

uint32_t ioapic_read(const struct ioapic_state *s, unsigned offset)
{
    if (offset == AT_INDEX)
        return s->index;
    return offset == AT_WINDOW ? read_window(s) : UINT32_MAX;
}

uint32_t ioapic_write(struct ioapic_state *s, unsigned offset, uint32_t value)
{
    if (offset == AT_INDEX)
        s->index = (uint8_t)value;
    if (offset == AT_WINDOW)
        return write_window(s, value);
    return offset == AT_END ? ioapic_end(s, (uint8_t)value) : 0;
}
