/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_LAPIC_INTERRUPT_H
#define KVM_DEVICE_LAPIC_INTERRUPT_H

/* What comes into a local APIC, by its pins, its timer and messages, and what
 * of it the CPU gets (Intel SDM 3A 11.5 to 11.8). Pure functions. */

#include "kvm/device/lapic_state.h"

static inline bool lapic_is_on(const struct lapic_state *s)
{
    return s->base & LAPIC_BASE_ON;
}

/* Input LINT0 or LINT1. */
void lapic_set_pin(struct lapic_state *s, unsigned n, bool high);
/* Is it for this one? sender: this one has sent it. */
bool lapic_matches(const struct lapic_state *s,
                   const struct apic_message *message, bool sender);
/* False: it is not taken. */
bool lapic_receive(struct lapic_state *s, const struct apic_message *message);
/* Would it make the CPU be asked for something new? */
bool lapic_heeds(const struct lapic_state *s,
                 const struct apic_message *message);
/* Would a rising LINT0? */
bool lapic_heeds_pin(const struct lapic_state *s);
/* The priority of what the CPU does, 0 to 255 (11.8.3.1). */
uint8_t lapic_priority(const struct lapic_state *s);
/* LAPIC_INTERRUPT and so on. */
unsigned lapic_asks(const struct lapic_state *s);

struct lapic_taken lapic_acknowledge(struct lapic_state *s);
/* It has not, nor executed anything since. */
void lapic_unacknowledge(struct lapic_state *s,
                         const struct lapic_taken *taken);

/* --- for the registers --- */

/* An interrupt of its own, or by a message. False: it is not taken. */
bool lapic_take_vector(struct lapic_state *s, uint8_t vector, bool level);
/* ESR_*: it is found, and interrupts. */
void lapic_note_error(struct lapic_state *s, uint32_t error);
/* LINT0 or LINT1 is a level that has not asked yet, perhaps. */
void lapic_ask_by_level(struct lapic_state *s, unsigned n);
/* The interrupt that is served ends. */
void lapic_end(struct lapic_state *s, struct lapic_effect *effect);

#endif
