/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_LAPIC_H
#define KVM_DEVICE_LAPIC_H

/*
 * A CPU's local APIC, in xAPIC mode (Intel SDM 3A chapter 11): its priorities,
 * its own interrupts, its timer at 1 GHz, and the messages that it sends to
 * others and gets.
 *
 * struct lapic_state is all that the chip knows. It may be copied to save it
 * and copied back; the functions on it are pure, of it and of the time in ns of
 * the machine's clock, which never goes back. struct lapic is the device. It is
 * on no bus: each CPU finds its own one at the same address. What comes in and
 * what the CPU gets of it is kvm/device/lapic_interrupt.h.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "kvm/device/chip.h"
#include "kvm/device/lapic_interrupt.h"

enum { LAPIC_PAGE = 0x1000, LAPIC_HZ = 1000000000 };

/* At power-on: all masked, and switched off by software. The CPU that starts
 * the machine is 0. */
struct lapic_state lapic_power_on(unsigned id);
/* As a BIOS leaves it: on, with the PC's other controller behind LINT0
 * ("virtual wire", MultiProcessor Specification 1.4, 3.6.2.2), NMI at LINT1. */
void lapic_post(struct lapic_state *s);

/* A new IA32_APIC_BASE. Who switches it on finds it as after power-on. */
void lapic_set_base(struct lapic_state *s, uint64_t base);

/* A register of 32 bits, at a multiple of 16. */
uint32_t lapic_read(struct lapic_state *s, uint64_t now, unsigned offset);
struct lapic_effect lapic_write(struct lapic_state *s, uint64_t now,
                                unsigned offset, uint32_t value);

/* What is due by now happens. */
void lapic_run(struct lapic_state *s, uint64_t now);
/* When the timer asks for an interrupt that nothing holds off; CLOCK_NEVER. */
uint64_t lapic_deadline(const struct lapic_state *s);

/* All are called without the lock. */
struct lapic_host {
    /* More waits for the CPU than before; on whichever thread it was, perhaps
     * within a sink: it must not call back. */
    void (*rose)(void *context);
    /* Of the CPU's own accesses. */
    void (*send)(void *context, const struct apic_message *message);
    void (*ended)(void *context, uint8_t vector);
    void *context;
};

struct lapic {
    struct chip chip;
    struct lapic_state state;
    struct lapic_taken taken; /* the last lapic_take() */
    atomic_uint asks;
    struct lapic_host host;
};

void lapic_init(struct lapic *lapic, unsigned id, struct machine_clock *clock,
                atomic_uint *changes, struct lapic_host host);

/* Its state is another one now: what it asks for follows. Nobody is told. */
void lapic_restored(struct lapic *lapic);

/* --- for the CPU --- */

/* Is gpa in its page? */
bool lapic_is_at(const struct lapic *lapic, uint64_t gpa);
/* size bytes at data, 1 to 8, as KVM has them; the whole is in the page. */
void lapic_access(struct lapic *lapic, bool is_write, unsigned offset,
                  unsigned size, uint8_t *data);
/* What the CPU has made of CR8, or MOV CR8 is to see (11.8.6). */
void lapic_set_cr8(struct lapic *lapic, uint8_t cr8);
static inline uint8_t lapic_cr8(const struct lapic *lapic)
{
    return lapic->state.tpr >> 4;
}
void lapic_change_base(struct lapic *lapic, uint64_t base);

static inline unsigned lapic_is_asking(const struct lapic *lapic)
{
    return atomic_load_explicit(&lapic->asks, memory_order_acquire);
}

struct lapic_taken lapic_take(struct lapic *lapic);
void lapic_give_back(struct lapic *lapic);
/* True: there was an NMI, which is the CPU's now. */
bool lapic_take_nmi(struct lapic *lapic);
void lapic_give_back_nmi(struct lapic *lapic);
/* The same of an INIT. */
bool lapic_take_init(struct lapic *lapic);
/* What is due by now happens. Returns lapic_deadline(). */
uint64_t lapic_settle(struct lapic *lapic);

/* --- for others, under their locks --- */

bool lapic_is_meant(struct lapic *lapic, const struct apic_message *message,
                    bool sender);
bool lapic_get(struct lapic *lapic, const struct apic_message *message);
bool lapic_is_heeding(struct lapic *lapic, const struct apic_message *message);
bool lapic_is_heeding_pin(struct lapic *lapic);
uint8_t lapic_get_priority(struct lapic *lapic);
void lapic_drive_pin(struct lapic *lapic, unsigned n, bool high);

#endif
