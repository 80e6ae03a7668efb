/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_KBC_H
#define KVM_DEVICE_KBC_H

/*
 * The keyboard controller (Intel 8042) with a keyboard and no mouse, and the
 * port 0x92 of the PS/2: what boot code waits for and writes to when it turns
 * on address line 20. That line is always on, whatever is written. The
 * interrupt, if it is enabled, is that of a full output buffer.
 *
 * struct kbc_state is all that it knows. It may be copied to save it and copied
 * back; the functions on it are pure, of it and of the time in ns of the
 * machine's clock, which never goes back. struct kbc is the device.
 *
 * Both can reset the machine: kvm/device/guest_end.h.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "kvm/device/chip.h"
#include "kvm/device/device.h"
#include "kvm/device/keyboard.h"

/* Blocks, of one port each; a PC has them at 0x60, 0x64 and 0x92. */
enum { KBC_DATA, KBC_COMMAND, KBC_SYSTEM_CONTROL, KBC_BLOCKS };

/* What goes where a byte written to port 0x60 goes. */
enum kbc_target {
    KBC_TO_KEYBOARD,
    KBC_TO_CONFIG,
    KBC_TO_OUTPUT_PORT,
    KBC_TO_OUTPUT_BUFFER, /* as if it had come from the keyboard */
    KBC_TO_MOUSE,         /* which there is not */
};

struct kbc_state {
    struct keyboard keyboard;
    uint8_t output;              /* what port 0x60 reads as */
    uint8_t answer;              /* of the controller itself, */
    bool has_output, has_answer; /* which comes before a key */
    uint8_t output_port;         /* bits 0 and 1: reset and line 20 */
    uint8_t config;              /* the command byte */
    bool was_command;            /* the last byte was to port 0x64 */
    enum kbc_target target;      /* of the next one to port 0x60 */
    bool resets;                 /* it was told to */
    uint64_t quiet_until;        /* no interrupt before */
};

/* As a BIOS leaves it: interrupt and translation on. */
struct kbc_state kbc_power_on(void);
uint8_t kbc_read_status(const struct kbc_state *s);
uint8_t kbc_read_data(struct kbc_state *s, uint64_t now);
void kbc_write_command(struct kbc_state *s, uint8_t value);
void kbc_write_data(struct kbc_state *s, uint8_t value);
/* After each of them, and after a key: what the keyboard has comes into an
 * empty output buffer. */
void kbc_refill(struct kbc_state *s);
/* Its interrupt's line. */
bool kbc_interrupts(const struct kbc_state *s, uint64_t now);
/* A full output buffer would raise it. */
bool kbc_would_interrupt(const struct kbc_state *s);
/* When that rises by itself; CLOCK_NEVER. */
uint64_t kbc_deadline(const struct kbc_state *s);

struct kbc {
    struct chip chip;
    struct irq_line *irq;
    atomic_int *end_code; /* takes a reset: enum guest_end */
    struct kbc_state state;
};

/* Its device is a struct kbc. */
extern const struct device_kind kbc_kind;

/* All borrowed. */
void kbc_init(struct kbc *kbc, struct machine_clock *clock,
              atomic_uint *changes, atomic_int *end_code);
/* What is due by now happens. Returns when something will be: CLOCK_NEVER. */
uint64_t kbc_settle(struct kbc *kbc);
/* Keys, 1 to KBC_MAX_CHORD, go down one after another and up in the opposite
 * order; all of that or, for want of room (false), nothing. Any thread. */
enum { KBC_MAX_CHORD = 8 };
bool kbc_press(struct kbc *kbc, const struct key *const *keys, size_t n);
/* A key would be told by an interrupt. Any thread. */
bool kbc_heeds_keys(struct kbc *kbc);
/* One goes down, or up; false: there is no room for that. Any thread. */
bool kbc_key(struct kbc *kbc, const struct key *key, bool down);

#endif
