/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_IOAPIC_H
#define KVM_DEVICE_IOAPIC_H

/*
 * The I/O APIC of a PC (Intel 82093AA, as version 0x20: with a register for the
 * end of an interrupt): each pin becomes a message to local APICs, as its entry
 * of the redirection table says.
 *
 * struct ioapic_state is all that the chip knows. It may be copied to save it
 * and copied back; the functions on it are pure. struct ioapic is the device: a
 * lock, its pins as sinks of lines, and whom its messages go to.
 */

#include <stdbool.h>
#include <stdint.h>

#include "kvm/device/apic.h"
#include "kvm/device/chip.h"
#include "kvm/device/device.h"

enum {
    IOAPIC_PINS = 24,
    IOAPIC_VERSION = 0x20,
    IOAPIC_ID = 0,      /* at power-on */
    IOAPIC_SIZE = 0x100 /* of its only block, in bytes */
};

struct ioapic_state {
    uint8_t index; /* of the register that the window shows */
    uint8_t id;
    uint64_t entry[IOAPIC_PINS]; /* the redirection table */
    uint32_t high;               /* pins; bit n is pin n */
};

/* A pin's message, or none, after a change. Who sends it says whether anybody
 * has taken it: ioapic_sent(). */
struct ioapic_state ioapic_power_on(void);
/* Returns the pins whose message is to be sent now: a set, as below. */
uint32_t ioapic_set_pin(struct ioapic_state *s, unsigned n, bool high);
/* offset: 0 to IOAPIC_SIZE - 1, of a register of 32 bits. */
uint32_t ioapic_read(const struct ioapic_state *s, unsigned offset);
uint32_t ioapic_write(struct ioapic_state *s, unsigned offset, uint32_t value);
/* A local APIC says that this level-triggered interrupt was served. */
uint32_t ioapic_end(struct ioapic_state *s, uint8_t vector);

struct apic_message ioapic_message(const struct ioapic_state *s, unsigned n);
/* The message of pin n was taken by somebody. */
void ioapic_sent(struct ioapic_state *s, unsigned n);
/* Pin n becomes high: its message would be sent. */
bool ioapic_heeds(const struct ioapic_state *s, unsigned n);

struct ioapic_host {
    /* To the local APICs; true when one has taken it. Under the lock: it must
     * not call back. */
    bool (*send)(void *context, const struct apic_message *message);
    /* Before a register is accessed: pins that are late are to come now. */
    void (*before_access)(void *context);
    void *context;
};

struct ioapic {
    struct chip chip;
    struct ioapic_state state;
    struct ioapic_host host;
};

/* Its device is a struct ioapic. */
extern const struct device_kind ioapic_kind;

/* changes is borrowed. */
void ioapic_init(struct ioapic *ioapic, atomic_uint *changes,
                 struct ioapic_host host);
void ioapic_drive_pin(struct ioapic *ioapic, unsigned n, bool high);
/* For the local APICs, without their locks. */
void ioapic_hear_end(struct ioapic *ioapic, uint8_t vector);
/* True, and its message: a rise of pin n would be sent. */
bool ioapic_is_heeding(struct ioapic *ioapic, unsigned n,
                       struct apic_message *ret);

#endif
